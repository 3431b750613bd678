using Envoy.Extensions;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.TlsInspector;

/// <summary><c>envoy.filters.listener.tls_inspector</c> in the catalogue. Immutable.</summary>
internal sealed class TlsInspectorExtension : ListenerFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.listener.tls_inspector";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.listener.tls_inspector"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", "envoy.config.filter.listener.tls_inspector.v2.TlsInspector"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(TlsInspectorOptions);

    /// <inheritdoc/>
    public override ListenerFilterOptions Read(ConfigNode node, ConfigReadContext context) => TlsInspectorOptions.Fields.Read(node, context);
}
