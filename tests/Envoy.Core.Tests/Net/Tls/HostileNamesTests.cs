using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Envoy.Net.Tls;

namespace Envoy.Core.Tests.Net.Tls;

/// <summary>Names in certificates that are not what they should be: nobody's, never an exception.</summary>
[TestFixture]
public sealed class HostileNamesTests
{
    [TestCase("3003020105", "")]
    [TestCase("3003820161", "a")]
    [TestCase("3006020105820161", "a")]
    [TestCase("300382ff61", "")]
    [TestCase("30038201ff", "")]
    [TestCase("3005a003060100", "")]
    [TestCase("", "")]
    public void AlternativeNames_OfBrokenBytes_AreThoseThatCanBeRead(string hex, string dns)
    {
        var request = Request(new X500DistinguishedName("CN=x"));
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", Convert.FromHexString(hex), critical: false));
        using var certificate = SelfSigned(request);
        Assert.That(string.Join(',', SubjectAlternativeNames.Of(certificate).Dns), Is.EqualTo(dns));
    }

    // A star in a PrintableString, a byte above 127 in an IA5String, and one of several values of a part.
    [TestCase("300d310b300906035504031302" + "2a61")]
    [TestCase("300c310a300806035504031601" + "ff")]
    [TestCase("3015311330080603550403130121" + "3007060355040a0c00")]
    public void Subject_ThatIsNotWhatItsTypesSay_IsItsBytes(string hex)
    {
        var raw = Convert.FromHexString(hex);
        Assert.That(DistinguishedNames.Format(new X500DistinguishedName(raw)), Does.StartWith("#" + hex.ToUpperInvariant()).Or.StartWith("CN="));
    }

    [Test]
    public void Names_OfRandomBytes_ThrowNothing()
    {
        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(1, 40)];
            random.NextBytes(bytes);
            bytes[0] = 0x30;
            if (bytes.Length > 1)
                bytes[1] = (byte)(bytes.Length - 2);
            Assert.That(DistinguishedNames.Format(new X500DistinguishedName(bytes)), Is.Not.Null);
        }
    }

    private static CertificateRequest Request(X500DistinguishedName name) => new(name, ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);

    private static X509Certificate2 SelfSigned(CertificateRequest request) => request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1));
}
