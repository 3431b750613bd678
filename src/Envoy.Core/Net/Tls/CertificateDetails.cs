using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Envoy.Net.Tls;

/// <summary>What access logs, headers and rules want to know of a certificate; each value is found when it is first asked for. Worker-owned.</summary>
public sealed class CertificateDetails
{
    private string? _subject;
    private string? _issuer;
    private string? _sha256;
    private string? _sha1;
    private string? _pem;
    private string? _spki;
    private SubjectAlternativeNames? _names;

    internal CertificateDetails(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>Its subject, as RFC 2253 writes it.</summary>
    public string Subject => _subject ??= DistinguishedNames.Format(Certificate.SubjectName);

    /// <summary>Its issuer, as RFC 2253 writes it.</summary>
    public string Issuer => _issuer ??= DistinguishedNames.Format(Certificate.IssuerName);

    /// <summary>Its serial number in lower-case hexadecimal, without leading zeros.</summary>
    public string SerialNumber
    {
        get
        {
            var digits = Certificate.SerialNumber.TrimStart('0').ToLowerInvariant();
            return digits.Length == 0 ? "0" : digits;
        }
    }

    /// <summary>SHA-256 of the certificate, in lower-case hexadecimal.</summary>
    public string Sha256 => _sha256 ??= Convert.ToHexStringLower(SHA256.HashData(Certificate.RawDataMemory.Span));

    /// <summary>SHA-1 of the certificate, in lower-case hexadecimal: a name, not a proof.</summary>
    public string Sha1 => _sha1 ??= Certificate.Thumbprint.ToLowerInvariant();

    /// <summary>SHA-256 of its public key's SubjectPublicKeyInfo, in base64.</summary>
    public string SpkiSha256 => _spki ??= Convert.ToBase64String(SHA256.HashData(Certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>The names that it is for.</summary>
    public SubjectAlternativeNames Names => _names ??= SubjectAlternativeNames.Of(Certificate);

    /// <summary>Valid from.</summary>
    public DateTimeOffset NotBefore => new(Certificate.NotBefore.ToUniversalTime());

    /// <summary>Valid until.</summary>
    public DateTimeOffset NotAfter => new(Certificate.NotAfter.ToUniversalTime());

    internal X509Certificate2 Certificate { get; }

    /// <summary>PEM with its line ends, percent-encoded for a header.</summary>
    internal string UrlEncodedPem => _pem ??= Uri.EscapeDataString(Certificate.ExportCertificatePem() + "\n");
}
