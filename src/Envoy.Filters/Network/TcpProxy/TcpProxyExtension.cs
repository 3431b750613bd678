using Envoy.Extensions;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.TcpProxy;

/// <summary><c>envoy.filters.network.tcp_proxy</c> in the catalogue. Immutable.</summary>
internal sealed class TcpProxyExtension : NetworkFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.network.tcp_proxy";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.tcp_proxy"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "envoy.config.filter.network.tcp_proxy.v2.TcpProxy"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(TcpProxyOptions);

    /// <inheritdoc/>
    public override NetworkFilterOptions Read(ConfigNode node, ConfigReadContext context) => TcpProxyReader.Fields.Read(node, context);
}
