using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>How a peer's certificate is checked (<c>tls.v3.CertificateValidationContext</c>). Immutable.</summary>
public sealed record CertificateValidationConfig
{
    internal const uint DeepestVerifyDepth = 100;

    /// <summary>PEM: the certificates that may sign; one in the middle of a chain suffices. Null (default): the chain is not checked.</summary>
    public DataSourceConfig? TrustedCa { get; init; }

    /// <summary>The system's own roots are trusted, instead of <see cref="TrustedCa"/>. Default false.</summary>
    public bool SystemRootCerts { get; init; }

    /// <summary>Base64 of the SHA-256 of public keys, one of which it must have; or one of <see cref="VerifyCertificateHash"/>.</summary>
    public ValueList<string> VerifyCertificateSpki { get; init; } = [];

    /// <summary>Hexadecimal SHA-256 of certificates, of which it must be one, with or without colons; or one of <see cref="VerifyCertificateSpki"/>.</summary>
    public ValueList<string> VerifyCertificateHash { get; init; } = [];

    /// <summary>Conditions, one of which one of its names must meet.</summary>
    public ValueList<SubjectNameMatcherConfig> SubjectNames { get; init; } = [];

    /// <summary>PEM: lists of revoked certificates; a chain then needs a list of each of its issuers. Null (default): none.</summary>
    public DataSourceConfig? Crl { get; init; }

    /// <summary>Only the peer's own certificate is looked up in the lists. Default false: the whole chain.</summary>
    public bool OnlyVerifyLeafCertCrl { get; init; }

    /// <summary>A certificate may have expired. Default false.</summary>
    public bool AllowExpiredCertificate { get; init; }

    /// <summary>A certificate that fails is accepted and marked as not validated. Default false.</summary>
    public bool AcceptUntrusted { get; init; }

    /// <summary>How many certificates there may be between the peer's and a trusted one. Default 100; at most 100.</summary>
    public uint MaxVerifyDepth { get; init; } = DeepestVerifyDepth;
}
