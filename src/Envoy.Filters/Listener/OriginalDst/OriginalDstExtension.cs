using Envoy.Extensions;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.OriginalDst;

/// <summary><c>envoy.filters.listener.original_dst</c> in the catalogue. Immutable.</summary>
internal sealed class OriginalDstExtension : ListenerFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.listener.original_dst";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.listener.original_dst"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.listener.original_dst.v3.OriginalDst", "envoy.config.filter.listener.original_dst.v2.OriginalDst"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(OriginalDstOptions);

    /// <inheritdoc/>
    public override ListenerFilterOptions Read(ConfigNode node, ConfigReadContext context) => OriginalDstOptions.Fields.Read(node, context);
}
