using Envoy.Extensions;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>When and how a request is tried again (<c>route.v3.RetryPolicy</c>). Immutable.</summary>
public sealed record RetryPolicyConfig
{
    /// <summary>Envoy's <c>retry_on</c> and <c>retry_grpc_on</c> names, separated by commas; those that Envoy does not know are ignored, as there.</summary>
    public string RetryOn { get; init; } = "";

    /// <summary>How often at most. Default 1.</summary>
    public uint NumRetries { get; init; } = 1;

    /// <summary>Limit of one try, from the end of the request; zero (default): none. One that is not below the route's timeout is ignored.</summary>
    public TimeSpan PerTryTimeout { get; init; }

    /// <summary>Limit of one try's silence; zero (default): none.</summary>
    public TimeSpan PerTryIdleTimeout { get; init; }

    /// <summary>Statuses for <c>retriable-status-codes</c>. Default: none.</summary>
    public ValueList<uint> RetriableStatusCodes { get; init; } = [];

    /// <summary>Response headers for <c>retriable-headers</c>; any of them. Default: none.</summary>
    public ValueList<HeaderMatcherConfig> RetriableHeaders { get; init; } = [];

    /// <summary>Only requests of which any of these headers is true are retried; empty (default): all.</summary>
    public ValueList<HeaderMatcherConfig> RetriableRequestHeaders { get; init; } = [];

    /// <summary>The least back-off; a random part of 1, 2, 4 … times this. Default 25 ms (at least 1 ms).</summary>
    public TimeSpan? BackOffBaseInterval { get; init; }

    /// <summary>The longest back-off; null (default): ten times the base.</summary>
    public TimeSpan? BackOffMaxInterval { get; init; }

    /// <summary>Response headers that say when to come again; the first that parses is followed. Default: none.</summary>
    public ValueList<RateLimitResetHeaderConfig> RateLimitResetHeaders { get; init; } = [];

    /// <summary>A wait longer than this, asked for by such a header, is not followed. Default 300 s.</summary>
    public TimeSpan RateLimitMaxInterval { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Hosts that a retry avoids. Default: none.</summary>
    public ValueList<RetryHostPredicateConfig> HostPredicates { get; init; } = [];

    /// <summary>How many hosts are drawn before one that a predicate rejects is taken. Default 1.</summary>
    public uint HostSelectionMaxAttempts { get; init; } = 1;

    /// <summary>After this many retries other priorities are preferred (<c>previous_priorities</c>'s <c>update_frequency</c>); 0 (default): never.</summary>
    public uint PreviousPrioritiesUpdateFrequency { get; init; }
}

/// <summary>Hosts that a retry avoids (<c>envoy.retry_host_predicates</c>). Immutable.</summary>
public enum RetryHostPredicateConfig
{
    /// <summary>Hosts that were tried already (<c>previous_hosts</c>).</summary>
    PreviousHosts,

    /// <summary>Canary hosts (<c>omit_canary_hosts</c>).</summary>
    OmitCanaryHosts,
}

/// <summary>How a header says when to come again (<c>RetryPolicy.ResetHeaderFormat</c>).</summary>
public enum RateLimitResetFormat
{
    /// <summary>In how many seconds. The default.</summary>
    Seconds,

    /// <summary>At which second of Unix time.</summary>
    UnixTimestamp,
}

/// <summary>A response header that says when to come again (<c>RetryPolicy.ResetHeader</c>). Immutable.</summary>
public sealed record RateLimitResetHeaderConfig(string Name, RateLimitResetFormat Format = RateLimitResetFormat.Seconds);

/// <summary>Sending a request to a second host while the first is still at it (<c>route.v3.HedgePolicy</c>). Immutable.</summary>
/// <param name="HedgeOnPerTryTimeout">A try whose time is up goes on beside its retry; the first good answer wins. Default false.</param>
public sealed record HedgePolicyConfig(bool HedgeOnPerTryTimeout = false);

/// <summary>
/// Copies of requests that go to another cluster, whose answers nobody waits for (<c>RouteAction.RequestMirrorPolicy</c>). Exactly one of
/// <see cref="Cluster"/> and <see cref="ClusterHeader"/>. Immutable.
/// </summary>
public sealed record RequestMirrorPolicyConfig
{
    /// <summary>The cluster's name; empty (default): <see cref="ClusterHeader"/> says it.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>The request header that holds the cluster's name; empty (default): none.</summary>
    public string ClusterHeader { get; init; } = "";

    /// <summary>Only this share of requests; null (default): all.</summary>
    public RuntimeFractionConfig? RuntimeFraction { get; init; }

    /// <summary>Leave the host as it is instead of putting <c>-shadow</c> behind its name. Default false.</summary>
    public bool DisableShadowHostSuffixAppend { get; init; }

    /// <summary>The copy's host; empty (default): the request's.</summary>
    public string HostRewriteLiteral { get; init; } = "";
}
