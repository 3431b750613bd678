using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>One route (<c>route.v3.Route</c>). Immutable.</summary>
public sealed record RouteConfig
{
    /// <summary>A name for messages and access logs; may be empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>What it matches.</summary>
    public required RouteMatchConfig Match { get; init; }

    /// <summary>What it does.</summary>
    public required RouteActionConfig Action { get; init; }

    /// <summary>Header changes for its requests and responses. Default: none.</summary>
    public HeaderMutationsConfig Headers { get; init; } = HeaderMutationsConfig.None;

    /// <summary>Options of HTTP filters for this route. Default: none.</summary>
    public ValueList<RouteFilterConfig> FilterOptions { get; init; } = [];

    /// <summary>How much of a request's body is kept for retries and mirrors, in bytes; null (default): the virtual host's.</summary>
    public ulong? RequestBodyBufferLimit { get; init; }

    /// <summary>Statistics under <c>vhost.HOST.route.PREFIX.</c>; empty (default): none.</summary>
    public string StatPrefix { get; init; } = "";
}

/// <summary>What a route matches (<c>route.v3.RouteMatch</c>); all conditions must hold. Immutable.</summary>
public sealed record RouteMatchConfig
{
    /// <summary>The path condition.</summary>
    public required PathMatchConfig Path { get; init; }

    /// <summary>For prefix and path; a regular expression says it itself. Default true.</summary>
    public bool CaseSensitive { get; init; } = true;

    /// <summary>Conditions on headers. Default: none.</summary>
    public ValueList<HeaderMatcherConfig> Headers { get; init; } = [];

    /// <summary>Conditions on query parameters. Default: none.</summary>
    public ValueList<QueryParameterMatcherConfig> QueryParameters { get; init; } = [];

    /// <summary>Conditions on cookies. Default: none.</summary>
    public ValueList<CookieMatcherConfig> Cookies { get; init; } = [];

    /// <summary>Only this share of requests; null (default): all.</summary>
    public RuntimeFractionConfig? RuntimeFraction { get; init; }

    /// <summary>Only gRPC requests. Default false.</summary>
    public bool Grpc { get; init; }

    /// <summary>
    /// Keys of filter-state objects that must be there with some value. No filter here sets filter state, so that a route which asks for any
    /// matches nothing. Default: none.
    /// </summary>
    public ValueList<string> FilterStateKeys { get; init; } = [];

    /// <summary>Conditions on the client's certificate; null (default): none.</summary>
    public TlsContextMatchConfig? TlsContext { get; init; }
}

/// <summary>Conditions on the client's certificate (<c>RouteMatch.TlsContextMatchOptions</c>). Immutable.</summary>
/// <param name="Presented">A certificate was presented, or was not; null: either.</param>
/// <param name="Validated">It was validated, or was not; null: either.</param>
public sealed record TlsContextMatchConfig(bool? Presented = null, bool? Validated = null);

/// <summary>A condition on the path without its query (<c>path_specifier</c>). Immutable.</summary>
public abstract record PathMatchConfig;

/// <summary>The path begins with <paramref name="Prefix"/>.</summary>
public sealed record PrefixMatchConfig(string Prefix) : PathMatchConfig;

/// <summary>The path is <paramref name="Path"/>.</summary>
public sealed record ExactPathMatchConfig(string Path) : PathMatchConfig;

/// <summary>The whole path matches <paramref name="Regex"/> (RE2 syntax, linear time).</summary>
public sealed record RegexMatchConfig(string Regex) : PathMatchConfig;

/// <summary>The path is <paramref name="Prefix"/> or goes on behind it with a slash: <c>/api/dev</c> is not <c>/api/developer</c>.</summary>
public sealed record PathSeparatedPrefixMatchConfig(string Prefix) : PathMatchConfig;

/// <summary>The path matches a template such as <c>/videos/{id}/*</c> (<c>envoy.path.match.uri_template.uri_template_matcher</c>).</summary>
public sealed record PathTemplateMatchConfig(string Template) : PathMatchConfig;

/// <summary>CONNECT requests, whatever their path (<c>connect_matcher</c>).</summary>
public sealed record ConnectMatchConfig : PathMatchConfig;
