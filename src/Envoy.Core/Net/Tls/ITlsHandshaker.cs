using System.Net.Security;
using Envoy.Buffers;

namespace Envoy.Net.Tls;

/// <summary>What one connection's handshake needs of its configuration, and whom it tells of its outcome. Worker-owned; lives as long as the handshake.</summary>
internal interface ITlsHandshaker
{
    bool IsServer { get; }

    /// <summary>The alert to refuse with (RFC 8446 section 6); 0: none.</summary>
    byte RefusalAlert { get; }

    /// <summary>Server: looks at what the client has sent, to choose by it. A client is always ready.</summary>
    TlsPreparation Prepare(ByteQueue received);

    /// <summary>Begins the handshake; it runs on the worker, between reads that wait.</summary>
    Task BeginAsync(SslStream stream);

    /// <summary>The handshake is done.</summary>
    TlsConnectionInfo Complete(SslStream stream, HandshakeObserver observer);

    /// <summary>The handshake has failed, or was refused; returns why, in Envoy's words.</summary>
    /// <param name="error">What was thrown; null: it was refused, or the peer ended the connection.</param>
    string Fail(Exception? error);
}
