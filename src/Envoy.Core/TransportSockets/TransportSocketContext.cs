using Envoy.TransportSockets.Tls;
using Microsoft.Extensions.Logging;

namespace Envoy.TransportSockets;

/// <summary>What transport sockets are compiled with. Immutable.</summary>
/// <param name="Name">Whose it is, for messages: <c>listener 'x'</c>.</param>
/// <param name="TimeProvider">The proxy's clock.</param>
/// <param name="Logger">Told of certificates that could not be read again.</param>
/// <param name="Reloads">What has been read from files adds itself.</param>
/// <param name="Secrets">The proxy's secrets.</param>
internal sealed record TransportSocketContext(string Name, TimeProvider TimeProvider, ILogger Logger, TlsReloads Reloads, SecretSet Secrets);
