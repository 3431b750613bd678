using Envoy.Net;
using Envoy.Runtime;
using Envoy.Stats;

namespace Envoy.TransportSockets;

/// <summary>A cluster's compiled transport socket, shared by all workers. Thread-safe.</summary>
internal interface IUpstreamTransportSocketSnapshot : IDisposable
{
    /// <summary>One worker's part, which counts below <paramref name="stats"/>.</summary>
    IUpstreamTransportSocket CreateFor(Worker worker, StatsScope stats);
}
