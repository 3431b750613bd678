using Envoy.Extensions;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.Rbac;

/// <summary><c>envoy.filters.network.rbac</c> in the catalogue. Immutable.</summary>
internal sealed class NetworkRbacExtension : NetworkFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.network.rbac";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.network.rbac.v3.RBAC", "envoy.config.filter.network.rbac.v2.RBAC"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(NetworkRbacOptions);

    /// <inheritdoc/>
    public override NetworkFilterOptions Read(ConfigNode node, ConfigReadContext context) => NetworkRbacOptions.Fields.Read(node, context);
}
