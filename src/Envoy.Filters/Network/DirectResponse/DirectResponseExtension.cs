using Envoy.Extensions;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.DirectResponse;

/// <summary><c>envoy.filters.network.direct_response</c> in the catalogue. Immutable.</summary>
internal sealed class DirectResponseExtension : NetworkFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.network.direct_response";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.network.direct_response.v3.Config", "envoy.config.filter.network.direct_response.v2.Config"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(DirectResponseOptions);

    /// <inheritdoc/>
    public override NetworkFilterOptions Read(ConfigNode node, ConfigReadContext context) => DirectResponseOptions.Fields.Read(node, context);
}
