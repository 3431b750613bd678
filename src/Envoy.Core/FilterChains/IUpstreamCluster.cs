using Envoy.FilterChains.Network;
using Envoy.Http.Headers;

namespace Envoy.FilterChains;

/// <summary>A cluster as filters may see it. Worker-owned.</summary>
internal interface IUpstreamCluster
{
    string Name { get; }

    /// <summary>How many hosts it has.</summary>
    int HostCount { get; }

    /// <summary>How many of them are healthy or degraded.</summary>
    int HealthyHostCount { get; }

    /// <summary>Chooses a host and begins to connect to it; the outcome arrives in a later turn.</summary>
    UpstreamStart TryConnect(IUpstreamConnectionHandler handler, out IUpstreamConnection? connection);

    /// <summary>
    /// Chooses a host and asks it for a tunnel with <paramref name="request"/>, which stays the caller's and unchanged meanwhile; the outcome
    /// arrives in a later turn.
    /// </summary>
    UpstreamStart TryTunnel(IUpstreamConnectionHandler handler, HeaderMap request, out IUpstreamConnection? connection);

    /// <summary>A user has tried as often as it may; counted.</summary>
    void OnConnectAttemptsExceeded();
}

/// <summary>How asking a cluster for something began.</summary>
internal enum UpstreamStart
{
    /// <summary>Under way; the handler is told.</summary>
    Pending,

    /// <summary>The cluster has no host to offer (flag UH).</summary>
    NoHealthyHost,

    /// <summary>A limit of the cluster is reached (flag UO).</summary>
    Overflow,
}
