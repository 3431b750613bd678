namespace Envoy.TransportSockets.Tls;

/// <summary>Something that TLS contexts refer to by name (<c>tls.v3.Secret</c>): a certificate, or how certificates are checked. Immutable.</summary>
/// <param name="Name">Unique among secrets.</param>
public sealed record SecretConfig(string Name)
{
    /// <summary>A certificate with its key; null: it is <see cref="Validation"/>.</summary>
    public TlsCertificateConfig? TlsCertificate { get; init; }

    /// <summary>How a peer's certificate is checked; null: it is <see cref="TlsCertificate"/>.</summary>
    public CertificateValidationConfig? Validation { get; init; }
}
