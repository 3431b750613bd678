using Envoy.Buffers;
using Envoy.Matching;
using Envoy.Net;
using Envoy.Net.Tls;
using Envoy.Runtime;

namespace Envoy.TransportSockets.Tls;

/// <summary>One worker's part of a filter chain's TLS. Worker-owned.</summary>
internal sealed class DownstreamTls(DownstreamTlsSnapshot snapshot, Worker worker, TlsStats stats) : IDownstreamTransportSocket
{
    public DownstreamTlsSnapshot Snapshot => snapshot;

    public TlsStats Stats => stats;

    public MatchScratch Scratch { get; } = MatchScratch.Of(worker);

    public Transport Wrap(Worker worker, Transport inner, ByteQueue received) => TlsTransport.Accept(worker, inner, new ServerHandshaker(this), received);
}
