using Envoy.Extensions;
using Envoy.Http.Http1;
using Envoy.Http.Http2;
using Envoy.Net;
using Envoy.TransportSockets;

namespace Envoy.Clusters;

/// <summary>How a cluster finds its hosts (<c>Cluster.DiscoveryType</c>).</summary>
public enum DiscoveryType
{
    /// <summary>The addresses are in the configuration.</summary>
    Static,

    /// <summary>Every address that a name resolves to is a host; resolved again every <see cref="ClusterConfig.DnsRefreshRate"/>.</summary>
    StrictDns,
}

/// <summary>How a host is chosen (<c>Cluster.LbPolicy</c>).</summary>
public enum LoadBalancingPolicy
{
    /// <summary>In turn, per worker; by weight when weights differ. The default.</summary>
    RoundRobin,

    /// <summary>Uniformly at random; weights do not count, as in Envoy.</summary>
    Random,
}

/// <summary>Which addresses of a name are used (<c>Cluster.DnsLookupFamily</c>).</summary>
public enum DnsLookupFamily
{
    /// <summary>IPv6 if there is any, else IPv4. The default.</summary>
    Auto,

    /// <summary>IPv4 only.</summary>
    V4Only,

    /// <summary>IPv6 only.</summary>
    V6Only,

    /// <summary>IPv4 if there is any, else IPv6.</summary>
    V4Preferred,

    /// <summary>Both.</summary>
    All,
}

/// <summary>Which protocol a cluster's requests go over (<c>upstreams.http.v3.HttpProtocolOptions</c>).</summary>
public enum UpstreamHttpProtocol
{
    /// <summary>HTTP/1.1. The default.</summary>
    Http1,

    /// <summary>HTTP/2, of which the upstream knows without being told.</summary>
    Http2,

    /// <summary>Whichever the client speaks (<c>use_downstream_protocol_config</c>).</summary>
    Downstream,

    /// <summary>Whichever the upstream agrees to in its TLS handshake (<c>auto_config</c>); HTTP/2 is preferred.</summary>
    Negotiated,
}

/// <summary>An upstream cluster (<c>envoy.config.cluster.v3.Cluster</c>). Immutable.</summary>
public sealed record ClusterConfig
{
    /// <summary>Unique among clusters; routes and filters use it.</summary>
    public required string Name { get; init; }

    /// <summary>Name used in statistics instead of <see cref="Name"/>; empty (default) for none.</summary>
    public string AltStatName { get; init; } = "";

    /// <summary>Default <see cref="DiscoveryType.Static"/>.</summary>
    public DiscoveryType Type { get; init; }

    /// <summary>Default <see cref="LoadBalancingPolicy.RoundRobin"/>.</summary>
    public LoadBalancingPolicy LbPolicy { get; init; }

    /// <summary>Time for a new upstream connection to be made. Default 5 s; must be above 0.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Soft limit of an upstream connection's buffers in bytes. Default 1 MiB.</summary>
    public uint PerConnectionBufferLimitBytes { get; init; } = 1024 * 1024;

    /// <summary>The hosts or the names to resolve.</summary>
    public ValueList<LocalityEndpointsConfig> Endpoints { get; init; } = [];

    /// <summary>How often names are resolved. Default 5 s; above 1 ms.</summary>
    public TimeSpan DnsRefreshRate { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Default <see cref="DnsLookupFamily.Auto"/>: IPv6 first.</summary>
    public DnsLookupFamily DnsLookupFamily { get; init; }

    /// <summary>Limits (<c>circuit_breakers.thresholds</c>, default priority).</summary>
    public CircuitBreakerConfig CircuitBreakers { get; init; } = new();

    /// <summary>Limits for requests of high priority (<c>circuit_breakers.thresholds</c>, high priority).</summary>
    public CircuitBreakerConfig HighPriorityCircuitBreakers { get; init; } = new();

    /// <summary>Idle time after which a pooled upstream connection is closed. Default 1 h; <see cref="TimeSpan.Zero"/>: never.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many requests one connection carries at most; 0 (default): no limit.</summary>
    public uint MaxRequestsPerConnection { get; init; }

    /// <summary>How long a connection is given requests; those under way are finished. <see cref="TimeSpan.Zero"/> (default): no limit.</summary>
    public TimeSpan MaxConnectionDuration { get; init; }

    /// <summary>Which protocol requests go over. Default <see cref="UpstreamHttpProtocol.Http1"/>.</summary>
    public UpstreamHttpProtocol HttpProtocol { get; init; }

    /// <summary>The request's host is the server name that TLS asks for, unless it is an IP address (<c>auto_sni</c>). Default false.</summary>
    public bool AutoSni { get; init; }

    /// <summary>The upstream's certificate must be for the request's host (<c>auto_san_validation</c>). Default false.</summary>
    public bool AutoSanValidation { get; init; }

    /// <summary>The header that holds the host for <see cref="AutoSni"/> and <see cref="AutoSanValidation"/>; empty (default): the request's own host.</summary>
    public string AutoSniHeader { get; init; } = "";

    /// <summary>Connections that are made before requests ask for them. Default: none.</summary>
    public PreconnectConfig Preconnect { get; init; } = new();

    /// <summary>Where its connections come from; null (default): wherever the system chooses.</summary>
    public UpstreamBindConfig? UpstreamBind { get; init; }

    /// <summary>Probes of silent connections (<c>upstream_connection_options.tcp_keepalive</c>); null (default): none.</summary>
    public TcpKeepaliveConfig? TcpKeepalive { get; init; }

    /// <summary>Limits and windows of HTTP/2. Default: Envoy's.</summary>
    public Http2ProtocolOptions Http2 { get; init; } = new();

    /// <summary>What lies between its connections and their users, such as TLS; null (default): nothing.</summary>
    public UpstreamTransportSocketConfig? TransportSocket { get; init; }

    /// <summary>Other sockets for hosts whose metadata match, the first that does; where none does, <see cref="TransportSocket"/>. Default: none.</summary>
    public ValueList<TransportSocketMatchConfig> TransportSocketMatches { get; init; } = [];

    /// <summary>How the names of a request's headers are written, and whether how a response's were is passed on. Default <see cref="HeaderKeyFormat.LowerCase"/>.</summary>
    public HeaderKeyFormat HeaderKeyFormat { get; init; }
}

/// <summary>Limits over all workers (<c>CircuitBreakers.Thresholds</c>); Envoy's defaults. Immutable.</summary>
public sealed record CircuitBreakerConfig
{
    /// <summary>Connections to the cluster. Default 1024.</summary>
    public uint MaxConnections { get; init; } = 1024;

    /// <summary>Requests waiting for a connection. Default 1024.</summary>
    public uint MaxPendingRequests { get; init; } = 1024;

    /// <summary>Requests under way. Default 1024.</summary>
    public uint MaxRequests { get; init; } = 1024;

    /// <summary>Retries under way. Default 3.</summary>
    public uint MaxRetries { get; init; } = 3;

    /// <summary>A share of the requests under way that may be retries, instead of <see cref="MaxRetries"/>; null (default): none.</summary>
    public RetryBudgetConfig? RetryBudget { get; init; }
}

/// <summary>The endpoints of one locality (<c>endpoint.v3.LocalityLbEndpoints</c>). Immutable.</summary>
public sealed record LocalityEndpointsConfig
{
    /// <summary>The endpoints.</summary>
    public ValueList<EndpointConfig> LbEndpoints { get; init; } = [];

    /// <summary>0 (default) is the highest priority.</summary>
    public uint Priority { get; init; }

    /// <summary>What is said of all of them; an endpoint's own counts first. Default: nothing.</summary>
    public MetadataConfig Metadata { get; init; } = MetadataConfig.Empty;
}

/// <summary>One endpoint (<c>endpoint.v3.LbEndpoint</c>). Immutable.</summary>
/// <param name="Address">Its address, or the name that a DNS cluster resolves.</param>
public sealed record EndpointConfig(AddressConfig Address)
{
    /// <summary>1 (default) to 2^32-1.</summary>
    public uint LoadBalancingWeight { get; init; } = 1;

    /// <summary>A host name for rewriting; empty (default) for none.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>What is said of it. Default: nothing.</summary>
    public MetadataConfig Metadata { get; init; } = MetadataConfig.Empty;

    /// <summary>
    /// Its own extensions of the PROXY protocol's header (<c>core.v3.PerHostConfig</c>), instead of those of the same types that the socket adds. Default: none.
    /// </summary>
    public ValueList<ProxyProtocolTlv> ProxyProtocolTlvs { get; init; } = [];
}

/// <summary>How many connections are made before requests ask for them (<c>Cluster.PreconnectPolicy</c>). Immutable.</summary>
/// <param name="PerUpstreamRatio">
/// Of a host with so many requests there are connections for this many times as many, 1 (default) to 3 (<c>per_upstream_preconnect_ratio</c>).
/// </param>
/// <param name="PredictiveRatio">
/// The same of the cluster as a whole, 1 (default) to 3: hosts that come next by the policy get a connection in advance
/// (<c>predictive_preconnect_ratio</c>).
/// </param>
public sealed record PreconnectConfig(double PerUpstreamRatio = 1, double PredictiveRatio = 1)
{
    internal const double LeastRatio = 1;
    internal const double MostRatio = 3;
}

/// <summary>How many requests may be retries at the same time (<c>CircuitBreakers.Thresholds.RetryBudget</c>). Immutable.</summary>
/// <param name="BudgetPercent">Per cent of the requests that are under way or wait, 0 to 100. Default 20.</param>
/// <param name="MinRetryConcurrency">So many always. Default 3.</param>
public sealed record RetryBudgetConfig(double BudgetPercent = 20, uint MinRetryConcurrency = 3);
