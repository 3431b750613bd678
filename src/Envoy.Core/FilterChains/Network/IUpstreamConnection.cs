using Envoy.Net;

namespace Envoy.FilterChains.Network;

/// <summary>A plain connection to a host of a cluster, made for one user. Worker-owned.</summary>
internal interface IUpstreamConnection
{
    /// <summary>The connection; usable once <see cref="ConnectionEvent.Connected"/> was told.</summary>
    Connection Connection { get; }

    /// <summary>The host's address as text.</summary>
    string HostAddress { get; }

    /// <summary>Whether connecting was given up because of the cluster's connect timeout.</summary>
    bool ConnectTimedOut { get; }
}

/// <summary>What the user of an <see cref="IUpstreamConnection"/> is told; on its worker.</summary>
internal interface IUpstreamConnectionHandler : IConnectionHandler;
