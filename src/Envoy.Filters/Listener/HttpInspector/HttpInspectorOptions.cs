using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.HttpInspector;

/// <summary>
/// Options of <c>envoy.filters.listener.http_inspector</c>, which finds out whether a connection without TLS speaks HTTP, and which version. It has none.
/// Immutable.
/// </summary>
public sealed record HttpInspectorOptions : ListenerFilterOptions
{
    internal static readonly FieldTable<HttpInspectorOptions> Fields = new("envoy.extensions.filters.listener.http_inspector.v3.HttpInspector", new HttpInspectorOptions());

    /// <inheritdoc/>
    protected internal override IListenerFilterSnapshot Compile(FilterCompileContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new HttpInspectorFilter.Snapshot(context.Stats);
    }
}
