using Envoy.Stats;

namespace Envoy.Filters.Listener.TlsInspector;

/// <summary>Statistics of TLS inspectors, <c>tls_inspector.</c>, which all of a proxy share. Worker-owned.</summary>
internal sealed class TlsInspectorStats
{
    public readonly CounterCell ClientHelloTooLarge;
    public readonly CounterCell TlsFound;
    public readonly CounterCell TlsNotFound;
    public readonly CounterCell AlpnFound;
    public readonly CounterCell AlpnNotFound;
    public readonly CounterCell SniFound;
    public readonly CounterCell SniNotFound;
    public readonly HistogramCell BytesProcessed;

    public TlsInspectorStats(StatsScope root, int shard)
    {
        var scope = root.Scope("tls_inspector");
        ClientHelloTooLarge = scope.Counter("client_hello_too_large", shard);
        TlsFound = scope.Counter("tls_found", shard);
        TlsNotFound = scope.Counter("tls_not_found", shard);
        AlpnFound = scope.Counter("alpn_found", shard);
        AlpnNotFound = scope.Counter("alpn_not_found", shard);
        SniFound = scope.Counter("sni_found", shard);
        SniNotFound = scope.Counter("sni_not_found", shard);
        BytesProcessed = scope.Histogram("bytes_processed", shard, HistogramUnit.Bytes);
    }
}
