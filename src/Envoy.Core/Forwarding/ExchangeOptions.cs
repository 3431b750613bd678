using Envoy.Clusters;
using Envoy.Clusters.Pools;
using Envoy.Http.Headers;
using Envoy.Net;
using Envoy.Routing;

namespace Envoy.Forwarding;

/// <summary>What a request's exchange is to be like; filled afresh for each. Worker-owned.</summary>
internal sealed class ExchangeOptions
{
    /// <summary>Where to.</summary>
    public Cluster Cluster { get; set; } = null!;

    /// <summary>Which protocol it goes over.</summary>
    public PoolKind Kind { get; set; }

    /// <summary>The host that connections are made for, where the cluster's TLS goes by the request; null: it does not.</summary>
    public ServerName? ServerName { get; set; }

    /// <summary>Connections and limits of the high priority.</summary>
    public bool HighPriority { get; set; }

    /// <summary>From the end of the request to the end of the response, over all tries, in milliseconds; 0: none.</summary>
    public long Timeout { get; set; }

    /// <summary>As <see cref="Timeout"/>, for each try; 0: none.</summary>
    public long PerTryTimeout { get; set; }

    /// <summary>How long a try may be silent, in milliseconds; 0: for ever.</summary>
    public long PerTryIdleTimeout { get; set; }

    /// <summary>When to try again.</summary>
    public RetryConditions RetryOn { get; set; }

    /// <summary>How often at most.</summary>
    public ulong Retries { get; set; }

    /// <summary>The rest of what is said about retries.</summary>
    public RetryPolicy Policy { get; set; } = RetryPolicy.Default;

    /// <summary>Statuses to retry besides the policy's, from the request's own header; null: none.</summary>
    public List<uint>? MoreStatuses { get; set; }

    /// <summary>Names of response headers to retry besides the policy's, from the request's own header; null: none.</summary>
    public List<HeaderName>? MoreHeaders { get; set; }

    /// <summary>A try whose time is up goes on beside its retry.</summary>
    public bool Hedge { get; set; }

    /// <summary>How much may wait for a connection before the source is held back, in bytes; 0: no limit.</summary>
    public long BufferLimit { get; set; }

    /// <summary>How much of the body is kept for another try, in bytes.</summary>
    public long KeepLimit { get; set; }

    /// <summary>The status of a request whose time is up: 504, or 204 where the request asks for that.</summary>
    public int TimeoutStatus { get; set; } = 504;

    /// <summary>The request asks to change to another protocol: it has no end, and its time runs from when it is sent until that is granted.</summary>
    public bool Upgrades { get; set; }

    /// <summary>The request is CONNECT: what follows it waits until the upstream has granted the tunnel.</summary>
    public bool Connects { get; set; }

    /// <summary>The tunnel ends here, and goes on as a plain connection; null: the request goes to an upstream that speaks HTTP.</summary>
    public ConnectConfig? Tunnel { get; set; }

    /// <summary>The request is gRPC's: its outcome stands in the trailers.</summary>
    public bool IsGrpc { get; set; }

    /// <summary>Statuses are not counted one by one, nor by class, in the cluster's own statistics.</summary>
    public bool ExcludesCodes { get; set; }

    /// <summary>The client's connection, which PROXY protocol headers tell of; null: the request came without one.</summary>
    public Connection? Client { get; set; }

    /// <summary>The cluster's transport socket may tell of it.</summary>
    public bool TellsClient { get; set; }

    /// <summary>The route follows redirects, for which the body may be needed again.</summary>
    public bool MayRedirect { get; set; }

    /// <summary>The body may be needed again.</summary>
    public bool KeepsBody => RetryOn != RetryConditions.None || MayRedirect;

    /// <summary>What is counted of the virtual cluster's requests; null: there is none.</summary>
    public RequestClassStats? VirtualCluster { get; set; }

    /// <summary>What is counted of the route's requests; null: nothing.</summary>
    public RequestClassStats? Route { get; set; }
}
