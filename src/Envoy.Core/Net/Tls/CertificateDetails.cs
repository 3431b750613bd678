using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Envoy.Net.Tls;

/// <summary>
/// What access logs, headers and rules want to know of a certificate; each value is found when it is first asked for. Thread-safe: two that ask at the
/// same time find the same.
/// </summary>
public sealed class CertificateDetails
{
    private readonly X509Certificate2? _certificate;

    internal CertificateDetails(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>One whose values are all given, for tests of what shows them.</summary>
    internal CertificateDetails()
    {
    }

    /// <summary>Its subject, as RFC 2253 writes it.</summary>
    public string Subject
    {
        get => field ??= _certificate is null ? "" : DistinguishedNames.Format(_certificate.SubjectName);
        internal init;
    }

    /// <summary>Its issuer, as RFC 2253 writes it.</summary>
    public string Issuer
    {
        get => field ??= _certificate is null ? "" : DistinguishedNames.Format(_certificate.IssuerName);
        internal init;
    }

    /// <summary>Its serial number in lower-case hexadecimal, without leading zeros.</summary>
    public string SerialNumber
    {
        get => field ??= _certificate is null ? "" : _certificate.SerialNumber.TrimStart('0') is { Length: > 0 } digits ? digits.ToLowerInvariant() : "0";
        internal init;
    }

    /// <summary>SHA-256 of the certificate, in lower-case hexadecimal.</summary>
    public string Sha256
    {
        get => field ??= _certificate is null ? "" : Convert.ToHexStringLower(SHA256.HashData(_certificate.RawDataMemory.Span));
        internal init;
    }

    /// <summary>SHA-1 of the certificate, in lower-case hexadecimal: a name, not a proof.</summary>
    public string Sha1
    {
        get => field ??= _certificate is null ? "" : _certificate.Thumbprint.ToLowerInvariant();
        internal init;
    }

    /// <summary>SHA-256 of its public key's SubjectPublicKeyInfo, in base64.</summary>
    public string SpkiSha256 => field ??= _certificate is null ? "" : Convert.ToBase64String(SHA256.HashData(_certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>The names that it is for.</summary>
    public SubjectAlternativeNames Names
    {
        get => field ??= _certificate is null ? new SubjectAlternativeNames() : SubjectAlternativeNames.Of(_certificate);
        internal init;
    }

    /// <summary>Valid from; null: it does not say.</summary>
    public DateTimeOffset? NotBefore
    {
        get => field ?? (_certificate is null ? null : new DateTimeOffset(_certificate.NotBefore.ToUniversalTime()));
        internal init;
    }

    /// <summary>Valid until; null: it does not say.</summary>
    public DateTimeOffset? NotAfter
    {
        get => field ?? (_certificate is null ? null : new DateTimeOffset(_certificate.NotAfter.ToUniversalTime()));
        internal init;
    }

    /// <summary>PEM with its line ends, percent-encoded for a header.</summary>
    internal string UrlEncodedPem
    {
        get => field ??= _certificate is null ? "" : Uri.EscapeDataString(_certificate.ExportCertificatePem() + "\n");
        init;
    }
}
