using Envoy.FilterChains;
using Envoy.Listeners.Filters;
using Envoy.Net.Tls;
using Envoy.Stats;

namespace Envoy.Filters.Listener.TlsInspector;

/// <summary>Reads the ClientHello without taking it. Worker-owned.</summary>
internal sealed class TlsInspectorFilter(TlsInspectorOptions options, TlsInspectorStats stats) : IListenerFilter
{
    // Each record's five bytes come on top of the message; of such a small message nobody makes more records than this.
    private const int MostRecordHeaders = 64 * 5;

    private const string MetadataName = "envoy.filters.listener.tls_inspector";

    private ListenerFilterCallbacks _callbacks = null!;

    public int MostBytes => options.MaxClientHelloSize + MostRecordHeaders;

    public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
    {
        _callbacks = callbacks;
        return ListenerFilterStatus.Wait;
    }

    public ListenerFilterStatus OnData(ReadOnlySpan<byte> received)
    {
        var status = ClientHelloReader.Read(received, options.MaxClientHelloSize, out var hello);
        if (status == ClientHelloStatus.NeedMore && received.Length >= MostBytes)
            status = ClientHelloStatus.TooLarge;
        if (status == ClientHelloStatus.NeedMore)
            return ListenerFilterStatus.Wait;
        stats.BytesProcessed.Record(received.Length);
        switch (status)
        {
            case ClientHelloStatus.Found:
                Note(hello!);
                return ListenerFilterStatus.Continue;
            case ClientHelloStatus.TooLarge:
                stats.ClientHelloTooLarge.Inc();
                _callbacks.SetMetadata(MetadataName, "failure_reason", "ClientHelloTooLarge");
                return ListenerFilterStatus.Close;
            default:
                stats.TlsNotFound.Inc();
                if (options.CloseConnectionOnClientHelloParsingErrors)
                    return ListenerFilterStatus.Close;
                _callbacks.SetMetadata(MetadataName, "failure_reason", "ClientHelloNotDetected");
                _callbacks.SetTransportFailure(status == ClientHelloStatus.NotTls ? "TLS_error|not TLS:TLS_error_end" : "TLS_error|malformed ClientHello:TLS_error_end");
                return ListenerFilterStatus.Continue;
        }
    }

    private void Note(ClientHello hello)
    {
        stats.TlsFound.Inc();
        _callbacks.SetTransportProtocol("tls");
        if (hello.ServerName is { Length: > 0 } name)
        {
            stats.SniFound.Inc();
            _callbacks.SetServerName(name);
        }
        else
        {
            stats.SniNotFound.Inc();
        }

        if (hello.ApplicationProtocols.Count > 0)
        {
            stats.AlpnFound.Inc();
            _callbacks.SetApplicationProtocols(hello.ApplicationProtocols);
        }
        else
        {
            stats.AlpnNotFound.Inc();
        }

        if (options.EnableJa3Fingerprinting || options.EnableJa4Fingerprinting)
            _callbacks.SetFingerprints(options.EnableJa3Fingerprinting ? hello.Ja3() : null, options.EnableJa4Fingerprinting ? hello.Ja4() : null);
    }

    /// <summary>The options with the store that statistics go to. Immutable.</summary>
    internal sealed class Snapshot(TlsInspectorOptions options, StatsStore store) : IListenerFilterSnapshot
    {
        public IListenerFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(options, new TlsInspectorStats(store.Root, context.Worker.Index));
    }

    private sealed class Factory(TlsInspectorOptions options, TlsInspectorStats stats) : IListenerFilterFactory
    {
        public IListenerFilter Create() => new TlsInspectorFilter(options, stats);
    }
}
