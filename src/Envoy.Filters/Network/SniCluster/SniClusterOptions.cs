using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.SniCluster;

/// <summary>
/// Options of <c>envoy.filters.network.sni_cluster</c>, which sends a connection to the cluster that is called as the server that the client asks for. It
/// goes before <c>tcp_proxy</c>, and needs the listener filter <c>tls_inspector</c> or TLS. It has none. Immutable.
/// </summary>
public sealed record SniClusterOptions : NetworkFilterOptions
{
    internal static readonly FieldTable<SniClusterOptions> Fields = new("envoy.extensions.filters.network.sni_cluster.v3.SniCluster", new SniClusterOptions());

    /// <inheritdoc/>
    protected internal override INetworkFilterSnapshot Compile(FilterCompileContext context) => SniClusterFilter.Factory.Instance;
}
