using Envoy.FilterChains;

namespace Envoy.Listeners.Filters;

/// <summary>A listener filter of the host program's own. Immutable.</summary>
/// <param name="Create">Makes the filter of each connection; called on the connection's worker.</param>
public sealed record CustomListenerFilterOptions(Func<IListenerFilter> Create) : ListenerFilterOptions
{
    /// <inheritdoc/>
    protected internal override IListenerFilterSnapshot Compile(FilterCompileContext context) => new Snapshot(Create);

    private sealed class Snapshot(Func<IListenerFilter> create) : IListenerFilterSnapshot, IListenerFilterFactory
    {
        public IListenerFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public IListenerFilter Create() => create();
    }
}
