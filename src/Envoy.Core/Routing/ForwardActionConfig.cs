using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Net;

namespace Envoy.Routing;

/// <summary>The priority of a request's pool and limits (<c>core.v3.RoutingPriority</c>).</summary>
public enum RoutingPriority
{
    /// <summary>The default.</summary>
    Default,

    /// <summary>Connections and limits of its own.</summary>
    High,
}

/// <summary>
/// Forward to a cluster (<c>route.v3.RouteAction</c>). Exactly one of <see cref="Cluster"/>, <see cref="ClusterHeader"/> and
/// <see cref="WeightedClusters"/>. Immutable.
/// </summary>
public sealed record ForwardActionConfig : RouteActionConfig
{
    /// <summary>The cluster's name; empty (default): one of the others says it.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>The request header that holds the cluster's name; empty (default): none.</summary>
    public string ClusterHeader { get; init; } = "";

    /// <summary>Several clusters with a share each; null (default): none.</summary>
    public WeightedClustersConfig? WeightedClusters { get; init; }

    /// <summary>The status when there is no such cluster: 503 (default), 404 or 500.</summary>
    public int ClusterNotFoundResponseCode { get; init; } = 503;

    /// <summary>
    /// From the end of the request to the end of the response, over all attempts. Default 15 s; <see cref="TimeSpan.Zero"/>: none.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The stream's idle timeout, instead of the connection manager's; null (default): that one; zero: none.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Limit of the whole stream; null (default): the connection manager's.</summary>
    public MaxStreamDurationConfig? MaxStreamDuration { get; init; }

    /// <summary>Upper limit of a <c>grpc-timeout</c> header that then takes <see cref="Timeout"/>'s place; zero: no limit; null (default): it is not looked at.</summary>
    public TimeSpan? MaxGrpcTimeout { get; init; }

    /// <summary>Taken off <c>grpc-timeout</c>, for the way back. Null (default): nothing.</summary>
    public TimeSpan? GrpcTimeoutOffset { get; init; }

    /// <summary>Takes the place of what the route's condition matched; empty (default): no change.</summary>
    public string PrefixRewrite { get; init; } = "";

    /// <summary>Replaces every match in the path (without query); null (default): no change.</summary>
    public RegexMatchAndSubstituteConfig? RegexRewrite { get; init; }

    /// <summary>The new path as a template with the variables of the route's <see cref="PathTemplateMatchConfig"/>; empty (default): no change.</summary>
    public string PathTemplateRewrite { get; init; } = "";

    /// <summary>The new path, in which <c>%OPERATORS%</c> stand for what they name; empty (default): no change.</summary>
    public string PathRewrite { get; init; } = "";

    /// <summary>The upstream's host; null (default): as it came.</summary>
    public HostRewriteConfig? HostRewrite { get; init; }

    /// <summary>The host as it was goes behind <c>x-forwarded-host</c> when it is rewritten. Default false.</summary>
    public bool AppendXForwardedHost { get; init; }

    /// <summary>Retries; null (default): the virtual host's, or none.</summary>
    public RetryPolicyConfig? RetryPolicy { get; init; }

    /// <summary>Hedging; null (default): the virtual host's, or none.</summary>
    public HedgePolicyConfig? HedgePolicy { get; init; }

    /// <summary>Copies of requests; empty (default): the virtual host's, or the table's.</summary>
    public ValueList<RequestMirrorPolicyConfig> RequestMirrorPolicies { get; init; } = [];

    /// <summary>The priority. Default <see cref="RoutingPriority.Default"/>.</summary>
    public RoutingPriority Priority { get; init; }

    /// <summary>What rate-limit filters are told of a request. Default: nothing.</summary>
    public ValueList<RateLimitConfig> RateLimits { get; init; } = [];

    /// <summary>The virtual host's rate limits count too. Default false: only where the route has none.</summary>
    public bool IncludeVirtualHostRateLimits { get; init; }

    /// <summary>What balancers that hash look at. Default: nothing.</summary>
    public ValueList<HashPolicyConfig> HashPolicies { get; init; } = [];

    /// <summary>Upgrades that this route allows or forbids, whatever the connection manager says. Default: none.</summary>
    public ValueList<RouteUpgradeConfig> UpgradeConfigs { get; init; } = [];

    /// <summary>The cors filter's policy in its old place; the new one is <see cref="RouteConfig.FilterOptions"/>. Default: none.</summary>
    public ValueList<RouteFilterConfig> Cors { get; init; } = [];

    /// <summary>Redirects of the upstream that are followed here; null (default): none.</summary>
    public InternalRedirectPolicyConfig? InternalRedirectPolicy { get; init; }
}

/// <summary>Limits of a whole stream (<c>RouteAction.MaxStreamDuration</c>). Immutable.</summary>
public sealed record MaxStreamDurationConfig
{
    /// <summary>Limit of the stream; zero: none; null (default): the connection manager's.</summary>
    public TimeSpan? MaxStreamDuration { get; init; }

    /// <summary>Upper limit of a <c>grpc-timeout</c> header that then takes the limit's place; zero: no limit; null (default): it is not looked at.</summary>
    public TimeSpan? GrpcTimeoutHeaderMax { get; init; }

    /// <summary>Taken off <c>grpc-timeout</c>, for the way back. Null (default): nothing.</summary>
    public TimeSpan? GrpcTimeoutHeaderOffset { get; init; }
}

/// <summary>Where the upstream's host comes from (<c>host_rewrite_specifier</c>). Immutable.</summary>
public abstract record HostRewriteConfig;

/// <summary>It is <paramref name="Host"/> (<c>host_rewrite_literal</c>).</summary>
public sealed record LiteralHostRewriteConfig(string Host) : HostRewriteConfig;

/// <summary>It is the chosen endpoint's name (<c>auto_host_rewrite</c>).</summary>
public sealed record AutoHostRewriteConfig : HostRewriteConfig;

/// <summary>It is what a request header holds (<c>host_rewrite_header</c>).</summary>
public sealed record HeaderHostRewriteConfig(string Header) : HostRewriteConfig;

/// <summary>It is made from the path (<c>host_rewrite_path_regex</c>).</summary>
public sealed record PathHostRewriteConfig(RegexMatchAndSubstituteConfig Rewrite) : HostRewriteConfig;

/// <summary>It is what a format with <c>%OPERATORS%</c> yields (<c>host_rewrite</c>).</summary>
public sealed record FormatHostRewriteConfig(string Format) : HostRewriteConfig;

/// <summary>An upgrade that a route allows or forbids (<c>RouteAction.UpgradeConfig</c>). Immutable.</summary>
/// <param name="UpgradeType">Such as <c>websocket</c>; in any case.</param>
/// <param name="Enabled">Default true.</param>
public sealed record RouteUpgradeConfig(string UpgradeType, bool Enabled = true)
{
    /// <summary>End CONNECT requests here, and send what they carry to the cluster as plain TCP; null (default): they are forwarded as they are.</summary>
    public ConnectConfig? Connect { get; init; }
}

/// <summary>How CONNECT requests are ended here (<c>RouteAction.UpgradeConfig.ConnectConfig</c>). Immutable.</summary>
public sealed record ConnectConfig
{
    /// <summary>A PROXY protocol header that goes before what a tunnel carries; null (default): none.</summary>
    public ProxyProtocolConfig? ProxyProtocol { get; init; }

    /// <summary>Requests with POST become tunnels too. Default false.</summary>
    public bool AllowPost { get; init; }
}

/// <summary>Which of an upstream's redirects are followed here instead of by the client (<c>InternalRedirectPolicy</c>). Immutable.</summary>
public sealed record InternalRedirectPolicyConfig
{
    /// <summary>How many may follow one another. Default 1.</summary>
    public uint MaxInternalRedirects { get; init; } = 1;

    /// <summary>The statuses, of 301, 302, 303, 307 and 308; empty (default): 302.</summary>
    public ValueList<int> RedirectResponseCodes { get; init; } = [];

    /// <summary>Conditions on the route that the new location leads to; all must hold. Default: none.</summary>
    public ValueList<InternalRedirectPredicateConfig> Predicates { get; init; } = [];

    /// <summary>A redirect may change between http and https. Default false.</summary>
    public bool AllowCrossSchemeRedirect { get; init; }

    /// <summary>Headers of the redirect that the new request gets. Default: none.</summary>
    public ValueList<string> ResponseHeadersToCopy { get; init; } = [];
}

/// <summary>A condition on an internal redirect (<c>envoy.internal_redirect_predicates</c>). Immutable.</summary>
public abstract record InternalRedirectPredicateConfig;

/// <summary>The new route is one of these, by name (<c>allow_listed_routes</c>).</summary>
public sealed record AllowListedRoutesConfig(ValueList<string> RouteNames) : InternalRedirectPredicateConfig;

/// <summary>The new route was not the target of an earlier redirect of this request (<c>previous_routes</c>).</summary>
public sealed record PreviousRoutesConfig : InternalRedirectPredicateConfig;

/// <summary>The redirect does not lead from https to http (<c>safe_cross_scheme</c>).</summary>
public sealed record SafeCrossSchemeConfig : InternalRedirectPredicateConfig;
