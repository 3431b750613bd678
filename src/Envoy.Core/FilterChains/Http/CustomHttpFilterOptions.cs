namespace Envoy.FilterChains.Http;

/// <summary>An HTTP filter of the host program's own. Immutable.</summary>
/// <param name="Create">Makes the filter of each stream; called on the stream's worker.</param>
/// <param name="Terminal">True if it answers the request itself, so that it can be the last of its chain.</param>
public sealed record CustomHttpFilterOptions(Func<IHttpFilter> Create, bool Terminal = false) : HttpFilterOptions
{
    /// <inheritdoc/>
    public override bool IsTerminal => Terminal;

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new Snapshot(Create);

    private sealed class Snapshot(Func<IHttpFilter> create) : IHttpFilterSnapshot, IHttpFilterFactory
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public IHttpFilter Create() => create();
    }
}
