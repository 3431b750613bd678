namespace Envoy.TransportSockets.Tls;

/// <summary>A certificate, key or list that cannot be used; the message says which and why. Immutable.</summary>
internal sealed class TlsMaterialException(string message) : Exception(message);
