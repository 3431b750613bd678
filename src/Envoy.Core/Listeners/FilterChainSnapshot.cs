using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.TransportSockets;

namespace Envoy.Listeners;

/// <summary>A filter chain's compiled configuration, shared by all workers. Immutable.</summary>
/// <param name="Config">What was asked for.</param>
/// <param name="Filters">Its filters, in order.</param>
/// <param name="Socket">Its transport socket; null: none.</param>
internal sealed record FilterChainSnapshot(FilterChainConfig Config, IReadOnlyList<INetworkFilterSnapshot> Filters, IDownstreamTransportSocketSnapshot? Socket)
{
    public static FilterChainSnapshot Compile(FilterChainConfig config, FilterCompileContext filters, TransportSocketContext sockets) =>
        new(config, [.. config.Filters.Select(f => f.Options.Compile(filters))], config.TransportSocket?.Options.Compile(sockets));
}
