using Envoy.Matching;

namespace Envoy.Routing;

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

    /// <summary>The new path (with its query, if it names one); empty (default) keeps it. Exclusive with the rewrites.</summary>
    public string PathRedirect { get; init; } = "";

    /// <summary>Replaces the matched prefix or path; empty (default): no change.</summary>
    public string PrefixRewrite { get; init; } = "";

    /// <summary>Replaces every match in the path; null (default): no change.</summary>
    public RegexMatchAndSubstituteConfig? RegexRewrite { get; init; }

    /// <summary>Default 301.</summary>
    public RedirectResponseCode ResponseCode { get; init; } = RedirectResponseCode.MovedPermanently;

    /// <summary>Drop the query. Default false.</summary>
    public bool StripQuery { get; init; }
}
