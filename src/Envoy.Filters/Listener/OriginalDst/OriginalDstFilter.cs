using Envoy.FilterChains;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.OriginalDst;

/// <summary>Asks the system where the connection was going. Thread-safe: it keeps nothing.</summary>
internal sealed class OriginalDstFilter : IListenerFilter
{
    public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
    {
        if (callbacks.Connection.OriginalDestination is { } destination && !destination.Equals(callbacks.Connection.LocalAddress))
            callbacks.RestoreLocalAddress(destination);
        return ListenerFilterStatus.Continue;
    }

    /// <summary>One filter serves all connections. Thread-safe.</summary>
    internal sealed class Factory : IListenerFilterSnapshot, IListenerFilterFactory
    {
        private readonly OriginalDstFilter _filter = new();

        public static Factory Instance { get; } = new();

        public IListenerFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public IListenerFilter Create() => _filter;
    }
}
