namespace Envoy.TransportSockets.Tls;

/// <summary>A version of TLS (<c>TlsParameters.TlsProtocol</c>). Versions before 1.2 are not offered.</summary>
public enum TlsVersion
{
    /// <summary>Envoy's default: from 1.2, for servers to 1.3, for clients to 1.2.</summary>
    Auto,

    /// <summary>TLS 1.2.</summary>
    Tls12,

    /// <summary>TLS 1.3.</summary>
    Tls13,
}
