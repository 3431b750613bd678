using Envoy.FilterChains;
using Envoy.Listeners.Filters;
using Envoy.Stats;

namespace Envoy.Filters.Listener.HttpInspector;

/// <summary>Finds out which HTTP a connection speaks, without taking a byte of it. Worker-owned.</summary>
internal sealed class HttpInspectorFilter(HttpInspectorStats stats) : IListenerFilter
{
    // Envoy's: a request line that does not end in so many bytes is none.
    private const int MostRequestLine = 64 * 1024;

    private ListenerFilterCallbacks _callbacks = null!;

    public int MostBytes => MostRequestLine;

    public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
    {
        _callbacks = callbacks;
        return callbacks.Connection.DetectedTransportProtocol is null or "raw_buffer" ? ListenerFilterStatus.Wait : ListenerFilterStatus.Continue;
    }

    public ListenerFilterStatus OnData(ReadOnlySpan<byte> received)
    {
        switch (RequestLine.TryReadProtocol(received, out var protocol))
        {
            case true:
                (protocol switch
                {
                    "h2c" => stats.Http2Found,
                    "http/1.1" => stats.Http11Found,
                    _ => stats.Http10Found,
                }).Inc();
                _callbacks.SetApplicationProtocols([protocol]);
                return ListenerFilterStatus.Continue;
            case false:
                stats.HttpNotFound.Inc();
                return ListenerFilterStatus.Continue;
            default:
                if (received.Length < MostRequestLine)
                    return ListenerFilterStatus.Wait;
                stats.ReadError.Inc();
                return ListenerFilterStatus.Close;
        }
    }

    /// <summary>The store that statistics go to. Immutable.</summary>
    internal sealed class Snapshot(StatsStore store) : IListenerFilterSnapshot
    {
        public IListenerFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(new HttpInspectorStats(store.Root, context.Worker.Index));
    }

    private sealed class Factory(HttpInspectorStats stats) : IListenerFilterFactory
    {
        public IListenerFilter Create() => new HttpInspectorFilter(stats);
    }
}
