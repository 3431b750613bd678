using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Envoy.Matching;
using Envoy.Net.Tls;
using Envoy.TransportSockets.Tls;

namespace Envoy.Core.Tests.Net.Tls;

/// <summary>Chains that end at somebody who is trusted, and such that only look like it.</summary>
[TestFixture]
public sealed class CertificateValidatorTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly (X509Certificate2 Certificate, ECDsa Key) _root;
    private readonly (X509Certificate2 Certificate, ECDsa Key) _middle;

    public CertificateValidatorTests()
    {
        _root = Issue("CN=root", null, isAuthority: true);
        _middle = Issue("CN=middle", _root, isAuthority: true);
    }

    [Test]
    public void Chain_ToATrustedRoot_IsGood([Values(true, false)] bool trustsRoot)
    {
        var leaf = Issue("CN=leaf", _middle, isAuthority: false).Certificate;
        Assert.That(Check(trustsRoot ? _root.Certificate : _middle.Certificate, leaf, _middle.Certificate), Is.EqualTo(CertificateVerdict.Valid));
    }

    [Test]
    public void Chain_ToOneWithTheTrustedOnesNameAndSerial_IsBad([Values(true, false)] bool ofTheRoot)
    {
        // Everything of the trusted one but its key.
        var real = ofTheRoot ? _root : _middle;
        var issuer = ofTheRoot ? null : ((X509Certificate2 Certificate, ECDsa Key)?)Issue("CN=root", null, isAuthority: true);
        var fake = Issue(real.Certificate.Subject, issuer, isAuthority: true, serial: Convert.FromHexString(real.Certificate.SerialNumber));
        var leaf = Issue("CN=leaf", fake, isAuthority: false).Certificate;
        Assert.That(Check(real.Certificate, leaf, fake.Certificate), Is.EqualTo(CertificateVerdict.Chain));
        Assert.That(Check(real.Certificate, fake.Certificate), Is.EqualTo(CertificateVerdict.Chain));
    }

    [Test]
    public void Chain_ThatTheTrustedOneHasNotSigned_IsBad([Values(true, false)] bool ofTheRoot)
    {
        var real = ofTheRoot ? _root : _middle;
        var impostor = Issue(real.Certificate.Subject, null, isAuthority: true);
        var leaf = Issue("CN=leaf", impostor, isAuthority: false).Certificate;
        Assert.That(Check(real.Certificate, leaf), Is.EqualTo(CertificateVerdict.Chain));
    }

    private static CertificateVerdict Check(X509Certificate2 trusted, X509Certificate2 leaf, params X509Certificate2[] sent)
    {
        var validator = CertificateValidator.Load(new CertificateValidationConfig { TrustedCa = DataSourceConfig.Inline(trusted.ExportCertificatePem()) });
        using var chain = new X509Chain { ChainPolicy = validator.ChainPolicy(ofClients: false, Now) };
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.Build(leaf);
        return validator.Check(new CertificateDetails(leaf), chain, default, Now, new MatchScratch(), out _);
    }

    private static (X509Certificate2 Certificate, ECDsa Key) Issue(string name, (X509Certificate2 Certificate, ECDsa Key)? issuer, bool isAuthority, byte[]? serial = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
        var generator = X509SignatureGenerator.CreateForECDsa(issuer?.Key ?? key);
        var certificate = request.Create(
            issuer?.Certificate.SubjectName ?? request.SubjectName, generator, Now.AddDays(-1), Now.AddDays(1), serial ?? RandomNumberGenerator.GetBytes(8));
        return (certificate, key);
    }
}
