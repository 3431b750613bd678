using Envoy.Buffers;
using Envoy.Runtime;

namespace Envoy.Net;

/// <summary>What a filter chain's transport socket makes of accepted connections, on one worker. Worker-owned.</summary>
internal interface IDownstreamTransportSocket
{
    /// <summary>
    /// Goes between <paramref name="inner"/> and its handler; <see cref="ITransportHandler.OnConnected"/> says, from the loop, when bytes can flow.
    /// </summary>
    /// <param name="worker">The connection's worker.</param>
    /// <param name="inner">The transport that carries the bytes.</param>
    /// <param name="received">What has come already; emptied by the call.</param>
    Transport Wrap(Worker worker, Transport inner, ByteQueue received);
}
