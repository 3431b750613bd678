using Envoy.Extensions;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.OriginalSrc;

/// <summary><c>envoy.filters.listener.original_src</c> in the catalogue. Immutable.</summary>
internal sealed class OriginalSrcExtension : ListenerFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.listener.original_src";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.listener.original_src"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.listener.original_src.v3.OriginalSrc", "envoy.config.filter.listener.original_src.v2alpha1.OriginalSrc"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(OriginalSrcOptions);

    /// <inheritdoc/>
    public override ListenerFilterOptions Read(ConfigNode node, ConfigReadContext context) => OriginalSrcOptions.Fields.Read(node, context);
}
