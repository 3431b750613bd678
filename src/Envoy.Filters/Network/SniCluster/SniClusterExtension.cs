using Envoy.Extensions;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.SniCluster;

/// <summary><c>envoy.filters.network.sni_cluster</c> in the catalogue. Immutable.</summary>
internal sealed class SniClusterExtension : NetworkFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.network.sni_cluster";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.network.sni_cluster.v3.SniCluster", "envoy.config.filter.network.sni_cluster.v2.SniCluster"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(SniClusterOptions);

    /// <inheritdoc/>
    public override NetworkFilterOptions Read(ConfigNode node, ConfigReadContext context) => SniClusterOptions.Fields.Read(node, context);
}
