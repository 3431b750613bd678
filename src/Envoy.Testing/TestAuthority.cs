using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Envoy.Testing;

/// <summary>A certificate authority that exists as long as a test: issues certificates for any names and times, and revokes them. Thread-safe.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Long = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestAuthority? _above;
    private int _number;

    /// <summary>An authority that signs itself.</summary>
    public TestAuthority(string name = "Test CA")
        : this(name, null)
    {
    }

    private TestAuthority(string name, TestAuthority? above)
    {
        _above = above;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (above is null)
        {
            Certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, Long);
            return;
        }

        using var signed = request.Create(above.Certificate, DateTimeOffset.UnixEpoch, Long, above.NextSerial());
        Certificate = signed.CopyWithPrivateKey(key);
    }

    /// <summary>Its own certificate, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Its own certificate in PEM.</summary>
    public string CertificatePem => Certificate.ExportCertificatePem();

    /// <summary>An authority that this one has signed.</summary>
    public TestAuthority Intermediate(string name = "Test intermediate") => new(name, this);

    /// <summary>Issues a certificate for server and client alike.</summary>
    /// <param name="name">The subject's common name.</param>
    /// <param name="options">Names, times, kind of key; null: a host name of 127.0.0.1 and localhost, and an ECDSA key.</param>
    public TestCertificate Issue(string name, TestCertificateOptions? options = null)
    {
        options ??= new TestCertificateOptions { DnsNames = ["localhost"], Addresses = [IPAddress.Loopback] };
        using AsymmetricAlgorithm key = options.Rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA rsa
            ? new CertificateRequest("CN=" + name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=" + name, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, false));
        var uses = new OidCollection();
        if (options.ForServers)
            uses.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        if (options.ForClients)
            uses.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, critical: false));
        AddNames(request, options);
        using var signed = request.Create(
            Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(Certificate.GetECDsaPrivateKey()!), options.NotBefore, options.NotAfter, NextSerial());
        var own = key is RSA r ? signed.CopyWithPrivateKey(r) : signed.CopyWithPrivateKey((ECDsa)key);
        var chain = own.ExportCertificatePem() + "\n";
        for (var authority = this; authority._above is not null; authority = authority._above)
            chain += authority.CertificatePem + "\n";
        return new TestCertificate(own, chain, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A list, in PEM, that revokes these certificates.</summary>
    public string Revoke(DateTimeOffset nextUpdate, params IReadOnlyList<TestCertificate> certificates)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var certificate in certificates)
            builder.AddEntry(certificate.Certificate, DateTimeOffset.UnixEpoch);
        var list = builder.Build(
            Certificate, BigInteger.One, nextUpdate, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, nextUpdate.AddYears(-1));
        return PemEncoding.WriteString("X509 CRL", list);
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private static void AddNames(CertificateRequest request, TestCertificateOptions options)
    {
        if (options.DnsNames.Count + options.Uris.Count + options.Emails.Count + options.Addresses.Count == 0)
            return;
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in options.DnsNames)
            names.AddDnsName(name);
        foreach (var uri in options.Uris)
            names.AddUri(new Uri(uri));
        foreach (var mail in options.Emails)
            names.AddEmailAddress(mail);
        foreach (var address in options.Addresses)
            names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
    }

    private byte[] NextSerial() => [1, 0, 0, (byte)Interlocked.Increment(ref _number)];
}
