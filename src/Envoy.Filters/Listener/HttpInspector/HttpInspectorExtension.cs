using Envoy.Extensions;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.HttpInspector;

/// <summary><c>envoy.filters.listener.http_inspector</c> in the catalogue. Immutable.</summary>
internal sealed class HttpInspectorExtension : ListenerFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.listener.http_inspector";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.listener.http_inspector"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.listener.http_inspector.v3.HttpInspector", "envoy.config.filter.listener.http_inspector.v2.HttpInspector"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(HttpInspectorOptions);

    /// <inheritdoc/>
    public override ListenerFilterOptions Read(ConfigNode node, ConfigReadContext context) => HttpInspectorOptions.Fields.Read(node, context);
}
