namespace Envoy.Runtime;

/// <summary>Options of an outgoing connection. Immutable.</summary>
/// <param name="NoDelay">Send small segments at once (TCP_NODELAY).</param>
/// <param name="Source">Where it comes from; null: wherever the system chooses. Not for Unix sockets.</param>
/// <param name="Keepalive">Probes while it is silent; null: none. Not for Unix sockets.</param>
internal readonly record struct ConnectOptions(bool NoDelay, SourceBinding? Source = null, TcpKeepalive? Keepalive = null);
