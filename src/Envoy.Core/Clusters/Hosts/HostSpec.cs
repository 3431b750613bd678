using System.Net;
using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.Clusters.Hosts;

/// <summary>A host as discovery wants it. Immutable.</summary>
/// <param name="EndPoint">Where it listens.</param>
/// <param name="Hostname">Its name; empty for none.</param>
/// <param name="Weight">1 or more.</param>
/// <param name="Priority">0 is the highest.</param>
internal readonly record struct HostSpec(EndPoint EndPoint, string Hostname, uint Weight = 1, uint Priority = 0)
{
    /// <summary>Which of the cluster's transport sockets its connections have.</summary>
    public int SocketIndex { get; init; } = ClusterSockets.DefaultIndex;

    /// <summary>Its own extensions of the PROXY protocol's header.</summary>
    public ValueList<ProxyProtocolTlv> ProxyProtocolTlvs { get; init; } = [];
}
