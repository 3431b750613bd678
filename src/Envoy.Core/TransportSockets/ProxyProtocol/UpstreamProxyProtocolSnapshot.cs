using Envoy.Net;
using Envoy.Runtime;
using Envoy.Stats;

namespace Envoy.TransportSockets.ProxyProtocol;

/// <summary>A cluster's PROXY protocol, compiled. Thread-safe.</summary>
/// <param name="options">What was asked for.</param>
/// <param name="inner">What comes after the header; null: the bytes as they are.</param>
internal sealed class UpstreamProxyProtocolSnapshot(UpstreamProxyProtocolOptions options, IUpstreamTransportSocketSnapshot? inner) : IUpstreamTransportSocketSnapshot
{
    public IUpstreamTransportSocket CreateFor(Worker worker, StatsScope stats) =>
        new UpstreamProxyProtocol(options, inner?.CreateFor(worker, stats), stats.Counter("upstream.proxyprotocol.v2_tlvs_exceed_max_length", worker.Index));

    public void Dispose() => inner?.Dispose();
}
