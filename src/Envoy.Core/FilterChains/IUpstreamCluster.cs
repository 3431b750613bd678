using Envoy.FilterChains.Network;
using Envoy.Http.Headers;
using Envoy.Net;

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
    /// <param name="handler">Told of the outcome, and of all that follows.</param>
    /// <param name="client">Whom it is for; null: nobody.</param>
    /// <param name="connection">It; null unless <see cref="UpstreamStart.Pending"/>.</param>
    UpstreamStart TryConnect(IUpstreamConnectionHandler handler, ClientAddresses? client, out IUpstreamConnection? connection);

    /// <summary>
    /// Chooses a host and asks it for a tunnel with <paramref name="request"/>, which stays the caller's and unchanged meanwhile; the outcome
    /// arrives in a later turn.
    /// </summary>
    /// <param name="handler">Told of the outcome, and of all that follows.</param>
    /// <param name="request">The tunnel's.</param>
    /// <param name="client">Whom it is for; null: nobody.</param>
    /// <param name="connection">It; null unless <see cref="UpstreamStart.Pending"/>.</param>
    UpstreamStart TryTunnel(IUpstreamConnectionHandler handler, HeaderMap request, ClientAddresses? client, out IUpstreamConnection? connection);

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
