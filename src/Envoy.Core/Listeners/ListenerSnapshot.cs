using System.Net;
using Envoy.FilterChains.Network;

namespace Envoy.Listeners;

/// <summary>A listener's compiled configuration. Immutable.</summary>
/// <param name="Config">What was asked for.</param>
/// <param name="EndPoint">Where to bind.</param>
/// <param name="Filters">The compiled filters of its chain, in order.</param>
internal sealed record ListenerSnapshot(ListenerConfig Config, EndPoint EndPoint, IReadOnlyList<INetworkFilterSnapshot> Filters);
