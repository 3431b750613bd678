namespace Envoy.FilterChains.Network;

/// <summary>A filter of the host program's own. Immutable.</summary>
/// <param name="Create">Makes the filter of each connection; called on the connection's worker.</param>
/// <param name="Terminal">True if it consumes what arrives, so that it can be the last of its chain.</param>
public sealed record CustomNetworkFilterOptions(Func<INetworkFilter> Create, bool Terminal = false) : NetworkFilterOptions
{
    /// <inheritdoc/>
    public override bool IsTerminal => Terminal;

    /// <inheritdoc/>
    protected internal override INetworkFilterSnapshot Compile(FilterCompileContext context) => new Snapshot(Create);

    private sealed class Snapshot(Func<INetworkFilter> create) : INetworkFilterSnapshot, INetworkFilterFactory
    {
        public INetworkFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public INetworkFilter Create() => create();
    }
}
