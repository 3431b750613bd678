using Envoy.Extensions;
using Envoy.Matching;

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

    /// <summary>Header changes for every request and response of the table. Default: none.</summary>
    public HeaderMutationsConfig Headers { get; init; } = HeaderMutationsConfig.None;

    /// <summary>Request headers that only internal requests may bring; taken off all others. Default: none.</summary>
    public ValueList<string> InternalOnlyHeaders { get; init; } = [];

    /// <summary>
    /// Header changes run from the table to the route, so that the route's have the last word. Default false: from the route to the table.
    /// </summary>
    public bool MostSpecificHeaderMutationsWins { get; init; }

    /// <summary>Limit of a direct response's body in bytes. Default 4096.</summary>
    public uint MaxDirectResponseBodySizeBytes { get; init; } = 4096;

    /// <summary>Copies of requests, for virtual hosts and routes that have no mirrors of their own. Default: none.</summary>
    public ValueList<RequestMirrorPolicyConfig> RequestMirrorPolicies { get; init; } = [];

    /// <summary>The port of the request's host does not count when the virtual host is searched. Default false.</summary>
    public bool IgnorePortInHostMatching { get; init; }

    /// <summary>What follows the first semicolon of a path does not count for routes. Default false.</summary>
    public bool IgnorePathParametersInPathMatching { get; init; }

    /// <summary>The request header that holds the host to search by; empty (default): <c>:authority</c>.</summary>
    public string VhostHeader { get; init; } = "";

    /// <summary>Options of HTTP filters for this table (<c>typed_per_filter_config</c>). Default: none.</summary>
    public ValueList<RouteFilterConfig> FilterOptions { get; init; } = [];
}

/// <summary>Which requests of a virtual host have to come over TLS (<c>VirtualHost.TlsRequirementType</c>); others are redirected with 301.</summary>
public enum TlsRequirement
{
    /// <summary>None. The default.</summary>
    None,

    /// <summary>Those that are not internal.</summary>
    ExternalOnly,

    /// <summary>All.</summary>
    All,
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

    /// <summary>Which requests have to come over TLS. Default none.</summary>
    public TlsRequirement RequireTls { get; init; }

    /// <summary>Classes of requests with statistics of their own. Default: none.</summary>
    public ValueList<VirtualClusterConfig> VirtualClusters { get; init; } = [];

    /// <summary>What rate-limit filters are told of a request. Default: nothing.</summary>
    public ValueList<RateLimitConfig> RateLimits { get; init; } = [];

    /// <summary>Header changes for the host's requests and responses. Default: none.</summary>
    public HeaderMutationsConfig Headers { get; init; } = HeaderMutationsConfig.None;

    /// <summary>Options of HTTP filters for this host. Default: none.</summary>
    public ValueList<RouteFilterConfig> FilterOptions { get; init; } = [];

    /// <summary>Requests say <c>x-envoy-attempt-count</c> to the upstream. Default false.</summary>
    public bool IncludeRequestAttemptCount { get; init; }

    /// <summary>Responses say <c>x-envoy-attempt-count</c> to the client. Default false.</summary>
    public bool IncludeAttemptCountInResponse { get; init; }

    /// <summary>A retry after a per-try timeout says <c>x-envoy-is-timeout-retry: true</c>. Default false.</summary>
    public bool IncludeIsTimeoutRetryHeader { get; init; }

    /// <summary>Retries of routes that have no policy of their own; null (default): none.</summary>
    public RetryPolicyConfig? RetryPolicy { get; init; }

    /// <summary>Hedging of routes that have no policy of their own; null (default): none.</summary>
    public HedgePolicyConfig? HedgePolicy { get; init; }

    /// <summary>How much of a request's body is kept for retries and mirrors, in bytes; null (default): the connection's buffer limit.</summary>
    public ulong? RequestBodyBufferLimit { get; init; }

    /// <summary>Copies of requests, for routes that have no mirrors of their own. Default: none.</summary>
    public ValueList<RequestMirrorPolicyConfig> RequestMirrorPolicies { get; init; } = [];
}

/// <summary>
/// Requests that are counted under <c>vhost.HOST.vcluster.NAME.</c> (<c>route.v3.VirtualCluster</c>); the first that matches counts, and
/// <c>other</c> when there are some and none does. Immutable.
/// </summary>
/// <param name="Name">Name for the statistics.</param>
public sealed record VirtualClusterConfig(string Name)
{
    /// <summary>Conditions, all of which must hold; at least one. <c>:path</c> and <c>:method</c> are headers too.</summary>
    public ValueList<HeaderMatcherConfig> Headers { get; init; } = [];
}
