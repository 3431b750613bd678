using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>What both sides' TLS is set up with (<c>tls.v3.CommonTlsContext</c>). Immutable.</summary>
public sealed record CommonTlsConfig
{
    /// <summary>Versions and cipher suites.</summary>
    public TlsParametersConfig Parameters { get; init; } = new();

    /// <summary>Certificates of our own; a server chooses by the name asked for and the kinds of key that the client takes, a client has one at most.</summary>
    public ValueList<TlsCertificateConfig> Certificates { get; init; } = [];

    /// <summary>Certificates that are secrets of the proxy, behind <see cref="Certificates"/>. Default: none.</summary>
    public ValueList<SecretReferenceConfig> CertificateSecrets { get; init; } = [];

    /// <summary>How the peer's certificate is checked; null (default), and no <see cref="ValidationSecret"/>: not at all, as in Envoy.</summary>
    public CertificateValidationConfig? Validation { get; init; }

    /// <summary>
    /// The proxy's secret that says how the peer's certificate is checked; beside <see cref="Validation"/> both are merged, and what the secret sets counts
    /// (<c>combined_validation_context</c>). Null (default): none.
    /// </summary>
    public SecretReferenceConfig? ValidationSecret { get; init; }

    /// <summary>Protocols of the application, the preferred one first (ALPN). Default: none.</summary>
    public ValueList<string> AlpnProtocols { get; init; } = [];
}
