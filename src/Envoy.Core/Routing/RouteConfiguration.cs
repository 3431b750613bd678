using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>A route table (<c>envoy.config.route.v3.RouteConfiguration</c>). Immutable.</summary>
public sealed record RouteConfiguration
{
    /// <summary>Its name; may be empty for one written in place.</summary>
    public string Name { get; init; } = "";

    /// <summary>The virtual hosts; a domain may appear once over all of them.</summary>
    public ValueList<VirtualHostConfig> VirtualHosts { get; init; } = [];

    /// <summary>Refuse routes to unknown clusters. Null (default): true for a table written in place.</summary>
    public bool? ValidateClusters { get; init; }
}

/// <summary>The routes of some domains (<c>route.v3.VirtualHost</c>). Immutable.</summary>
public sealed record VirtualHostConfig
{
    /// <summary>Name for statistics and messages.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Exact (<c>www.foo.com</c>), suffix (<c>*.foo.com</c>, <c>*-bar.foo.com</c>), prefix (<c>foo.*</c>) or <c>*</c>. Searched in that
    /// order, the longest wildcard first; a wildcard stands for at least one character.
    /// </summary>
    public required ValueList<string> Domains { get; init; }

    /// <summary>The routes; the first that matches wins.</summary>
    public ValueList<RouteConfig> Routes { get; init; } = [];
}

/// <summary>One route (<c>route.v3.Route</c>). Immutable.</summary>
public sealed record RouteConfig
{
    /// <summary>A name for messages and access logs; may be empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>What it matches.</summary>
    public required RouteMatchConfig Match { get; init; }

    /// <summary>What it does.</summary>
    public required RouteActionConfig Action { get; init; }
}

/// <summary>What a route matches (<c>route.v3.RouteMatch</c>). Immutable.</summary>
public sealed record RouteMatchConfig
{
    /// <summary>The path condition.</summary>
    public required PathMatchConfig Path { get; init; }

    /// <summary>For prefix and path; a regular expression says it itself. Default true.</summary>
    public bool CaseSensitive { get; init; } = true;
}

/// <summary>A condition on the path without its query (<c>path_specifier</c>). Immutable.</summary>
public abstract record PathMatchConfig;

/// <summary>The path begins with <paramref name="Prefix"/>.</summary>
public sealed record PrefixMatchConfig(string Prefix) : PathMatchConfig;

/// <summary>The path is <paramref name="Path"/>.</summary>
public sealed record ExactPathMatchConfig(string Path) : PathMatchConfig;

/// <summary>The whole path matches <paramref name="Regex"/> (RE2 syntax, linear time).</summary>
public sealed record RegexMatchConfig(string Regex) : PathMatchConfig;

/// <summary>What a route does (<c>action</c> of <c>route.v3.Route</c>). Immutable.</summary>
public abstract record RouteActionConfig;

/// <summary>Forward to a cluster (<c>route.v3.RouteAction</c>). Immutable.</summary>
public sealed record ForwardActionConfig : RouteActionConfig
{
    /// <summary>The cluster's name.</summary>
    public required string Cluster { get; init; }

    /// <summary>
    /// From the end of the request to the end of the response, over all attempts. Default 15 s; <see cref="TimeSpan.Zero"/>: none.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The stream's idle timeout, instead of the connection manager's; null (default): that one; zero: none.</summary>
    public TimeSpan? IdleTimeout { get; init; }
}

/// <summary>The status of a redirect (<c>RedirectAction.RedirectResponseCode</c>).</summary>
public enum RedirectResponseCode
{
    /// <summary>301, the default.</summary>
    MovedPermanently = 301,

    /// <summary>302.</summary>
    Found = 302,

    /// <summary>303.</summary>
    SeeOther = 303,

    /// <summary>307.</summary>
    TemporaryRedirect = 307,

    /// <summary>308.</summary>
    PermanentRedirect = 308,
}

/// <summary>Answer with a redirect (<c>route.v3.RedirectAction</c>). Immutable.</summary>
public sealed record RedirectActionConfig : RouteActionConfig
{
    /// <summary>Scheme becomes https. Exclusive with <see cref="SchemeRedirect"/>.</summary>
    public bool HttpsRedirect { get; init; }

    /// <summary>The new scheme; empty (default) keeps it.</summary>
    public string SchemeRedirect { get; init; } = "";

    /// <summary>The new host; empty (default) keeps it.</summary>
    public string HostRedirect { get; init; } = "";

    /// <summary>The new port; 0 (default) keeps it.</summary>
    public int PortRedirect { get; init; }

    /// <summary>The new path (with its query, if it names one); empty (default) keeps it. Exclusive with <see cref="PrefixRewrite"/>.</summary>
    public string PathRedirect { get; init; } = "";

    /// <summary>Replaces the matched prefix or path; empty (default): no change.</summary>
    public string PrefixRewrite { get; init; } = "";

    /// <summary>Default 301.</summary>
    public RedirectResponseCode ResponseCode { get; init; } = RedirectResponseCode.MovedPermanently;

    /// <summary>Drop the query. Default false.</summary>
    public bool StripQuery { get; init; }
}

/// <summary>Answer without an upstream (<c>route.v3.DirectResponseAction</c>). Immutable.</summary>
/// <param name="Status">200 to 599.</param>
public sealed record DirectResponseActionConfig(int Status) : RouteActionConfig
{
    /// <summary>The body, UTF-8; at most 4096 bytes, Envoy's <c>max_direct_response_body_size_bytes</c>. Empty (default): none.</summary>
    public string Body { get; init; } = "";
}
