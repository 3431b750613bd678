namespace Envoy.Runtime;

/// <summary>Options of an outgoing connection. Immutable.</summary>
/// <param name="NoDelay">Send small segments at once (TCP_NODELAY).</param>
internal readonly record struct ConnectOptions(bool NoDelay = true);
