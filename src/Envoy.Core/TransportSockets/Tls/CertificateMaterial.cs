using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Envoy.Net.Tls;

namespace Envoy.TransportSockets.Tls;

/// <summary>A loaded certificate with its key and those above it. Thread-safe.</summary>
internal sealed class CertificateMaterial : IDisposable
{
    private readonly X509Certificate2Collection _above;

    private CertificateMaterial(X509Certificate2 certificate, X509Certificate2Collection above, SslCertificateTrust? trust)
    {
        Certificate = certificate;
        _above = above;
        Context = SslStreamCertificateContext.Create(certificate, above, offline: true, trust);
        Curve = CurveOf(certificate);
        Details = new CertificateDetails(certificate);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>What is known of it. Its values are found when they are first asked for, which any worker may do: twice found is found alike.</summary>
    public CertificateDetails Details { get; }

    /// <summary>What the framework presents, and keeps the system library's own context in: sessions can be resumed on any worker.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>The group of an ECDSA key (IANA's number); 0: RSA.</summary>
    public ushort Curve { get; }

    /// <summary>Reads and checks it.</summary>
    /// <param name="config">Where it lies.</param>
    /// <param name="trusted">Whose certificates a server asks its clients for; null: anybody's.</param>
    /// <exception cref="TlsMaterialException">Something of it is missing, broken or does not fit together.</exception>
    public static CertificateMaterial Load(TlsCertificateConfig config, X509Certificate2Collection? trusted = null)
    {
        var password = config.Password is null ? null : Encoding.UTF8.GetString(config.Password.Load());
        try
        {
            var all = new X509Certificate2Collection();
            X509Certificate2 own;
            if (config.Pkcs12 is { } pkcs12)
            {
                all = X509CertificateLoader.LoadPkcs12Collection(pkcs12.Load(), password);
                own = all.FirstOrDefault(c => c.HasPrivateKey) ?? throw new TlsMaterialException($"{pkcs12} holds no certificate with a private key");
                all.Remove(own);
            }
            else
            {
                if (config.CertificateChain is not { } chain || config.PrivateKey is not { } key)
                    throw new TlsMaterialException("a certificate needs certificate_chain and private_key, or pkcs12");
                var pem = Encoding.UTF8.GetString(chain.Load());
                var keyPem = Encoding.UTF8.GetString(key.Load());
                all.ImportFromPem(pem);
                if (all.Count == 0)
                    throw new TlsMaterialException($"certificate_chain ({chain}) holds no certificate in PEM");
                own = password is null ? X509Certificate2.CreateFromPem(pem, keyPem) : X509Certificate2.CreateFromEncryptedPem(pem, keyPem, password);
                all.RemoveAt(0);
            }

            // Named to clients, so that they can choose; few systems can, and none needs to.
            var trust = trusted is { Count: > 0 } && OperatingSystem.IsLinux() ? SslCertificateTrust.CreateForX509Collection(trusted, sendTrustInHandshake: true) : null;
            return new CertificateMaterial(own, all, trust);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The framework's words are about a format or a mismatch; they hold nothing of the key.
            throw new TlsMaterialException($"the certificate ({config.Pkcs12 ?? config.CertificateChain}) and its key cannot be used: {e.Message}");
        }
    }

    /// <summary>The host names that it is for: those of its alternative names, or else its common name (RFC 6125 section 6.4.4).</summary>
    public IEnumerable<string> Names()
    {
        var names = SubjectAlternativeNames.Of(Certificate);
        if (Certificate.Extensions["2.5.29.17"] is not null)
            return names.Dns;
        var common = Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return common.Length > 0 ? [common] : [];
    }

    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var certificate in _above)
            certificate.Dispose();
    }

    private static ushort CurveOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPublicKey();
        if (key is null)
        {
            using var rsa = certificate.GetRSAPublicKey();
            return rsa is not null ? (ushort)0 : throw new TlsMaterialException("a key must be RSA or ECDSA");
        }

        var curve = key.ExportParameters(includePrivateParameters: false).Curve;
        return (curve.IsNamed ? curve.Oid.Value : "one without a name") switch
        {
            "1.2.840.10045.3.1.7" => 23,
            "1.3.132.0.34" => 24,
            "1.3.132.0.35" => 25,
            var other => throw new TlsMaterialException($"an ECDSA key must be on P-256, P-384 or P-521, not {other}"),
        };
    }
}
