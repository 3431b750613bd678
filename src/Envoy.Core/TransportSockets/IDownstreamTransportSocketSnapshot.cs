using Envoy.Net;
using Envoy.Runtime;
using Envoy.Stats;

namespace Envoy.TransportSockets;

/// <summary>A filter chain's compiled transport socket, shared by all workers. Thread-safe.</summary>
internal interface IDownstreamTransportSocketSnapshot : IDisposable
{
    /// <summary>One worker's part, which counts below <paramref name="stats"/>.</summary>
    IDownstreamTransportSocket CreateFor(Worker worker, StatsScope stats);
}
