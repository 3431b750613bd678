namespace Envoy.TransportSockets.Tls;

/// <summary>A certificate and its key (<c>tls.v3.TlsCertificate</c>): PEM in two parts, or PKCS #12. Immutable.</summary>
public sealed record TlsCertificateConfig
{
    /// <summary>PEM: the certificate, then those above it. Null: it is in <see cref="Pkcs12"/>.</summary>
    public DataSourceConfig? CertificateChain { get; init; }

    /// <summary>PEM: the private key, RSA or ECDSA. Null: it is in <see cref="Pkcs12"/>.</summary>
    public DataSourceConfig? PrivateKey { get; init; }

    /// <summary>PKCS #12 with certificate, key and those above it; null (default): PEM.</summary>
    public DataSourceConfig? Pkcs12 { get; init; }

    /// <summary>The password of the key, or of the PKCS #12; null (default): none.</summary>
    public DataSourceConfig? Password { get; init; }
}
