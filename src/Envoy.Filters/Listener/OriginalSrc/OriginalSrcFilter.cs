using System.Net;
using Envoy.FilterChains;
using Envoy.Listeners.Filters;
using Envoy.Runtime;

namespace Envoy.Filters.Listener.OriginalSrc;

/// <summary>Has upstream connections come from the client's address. Thread-safe: it keeps nothing of a connection.</summary>
internal sealed class OriginalSrcFilter(uint mark) : IListenerFilter
{
    public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
    {
        // As in Envoy without the port: two connections from one to the same host could not be told apart.
        if (callbacks.Connection.RemoteAddress is IPEndPoint client)
            callbacks.SetUpstreamSource(new SourceBinding(new IPEndPoint(client.Address, 0), Transparent: true, Mark: mark));
        return ListenerFilterStatus.Continue;
    }

    /// <summary>One filter serves all connections. Thread-safe.</summary>
    internal sealed class Factory(uint mark) : IListenerFilterSnapshot, IListenerFilterFactory
    {
        private readonly OriginalSrcFilter _filter = new(mark);

        public IListenerFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public IListenerFilter Create() => _filter;
    }
}
