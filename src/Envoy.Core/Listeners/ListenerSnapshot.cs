using System.Net;

namespace Envoy.Listeners;

/// <summary>A listener's compiled configuration. Immutable.</summary>
/// <param name="Config">What was asked for.</param>
/// <param name="EndPoint">Where to bind.</param>
/// <param name="Chain">Its compiled filter chain.</param>
internal sealed record ListenerSnapshot(ListenerConfig Config, EndPoint EndPoint, FilterChainSnapshot Chain);
