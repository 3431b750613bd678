using System.Net.Security;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.Tls;

/// <summary>Certificates of clients and of upstreams, good and bad: who is let in, and what is said and counted of who is not.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class CertificateMatrixTests(EngineKind engine) : TlsFixture(engine)
{
    private const string VerifyFailed = "TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_";

    /// <summary>Name, how the certificate is made, how it is checked, the statistic that counts its refusal (empty: it is good), and what is said.</summary>
    public static IEnumerable<TestCaseData> Cases()
    {
        yield return Case("good", a => Issue(a), a => Trust(a), "", "");
        yield return Case("by an intermediate authority", a => Issue(a.Intermediate()), a => Trust(a), "", "");
        yield return Case("an authority in the middle is the trusted one", a => Issue(Middle(a)), a => Trust(Middle(a)), "", "");
        yield return Case("another authority", _ => Issue(Foreign), a => Trust(a), "fail_verify_error", "depth_0:_unable_to_get_local_issuer_certificate");
        yield return Case(
            "expired", a => Issue(a, new TestCertificateOptions { DnsNames = ["peer.test"], NotAfter = DateTimeOffset.UnixEpoch.AddYears(30) }), a => Trust(a),
            "fail_verify_error", "depth_0:_certificate_has_expired");
        yield return Case(
            "expired, which may be", a => Issue(a, new TestCertificateOptions { DnsNames = ["peer.test"], NotAfter = DateTimeOffset.UnixEpoch.AddYears(30) }),
            a => Trust(a) with { AllowExpiredCertificate = true }, "", "");
        yield return Case(
            "not valid yet", a => Issue(a, new TestCertificateOptions { DnsNames = ["peer.test"], NotBefore = new DateTimeOffset(2090, 1, 1, 0, 0, 0, default) }), a => Trust(a),
            "fail_verify_error", "depth_0:_certificate_is_not_yet_valid");
        yield return Case(
            "for another use", a => Issue(a, new TestCertificateOptions { DnsNames = ["peer.test"], ForClients = false, ForServers = false }), a => Trust(a),
            "fail_verify_error", "depth_0:_unsuitable_certificate_purpose");
        yield return Case("right name", a => Issue(a), a => Trust(a) with { SubjectNames = [Dns("peer.test")] }, "", "");
        yield return Case("right URI", a => Issue(a), a => Trust(a) with { SubjectNames = [new(SubjectNameKind.Uri, StringMatcherConfig.Prefix("spiffe://test/"))] }, "", "");
        yield return Case("one of the names", a => Issue(a), a => Trust(a) with { SubjectNames = [Dns("other.test"), Dns("peer.test")] }, "", "");
        yield return Case(
            "wildcard", a => Issue(a, new TestCertificateOptions { DnsNames = ["*.test"] }), a => Trust(a) with { SubjectNames = [Dns("peer.test")] }, "", "");
        yield return Case("wrong name", a => Issue(a), a => Trust(a) with { SubjectNames = [Dns("other.test")] }, "fail_verify_san", "SAN_matcher");
        yield return Case(
            "wrong kind of name", a => Issue(a), a => Trust(a) with { SubjectNames = [new(SubjectNameKind.Email, StringMatcherConfig.Exact("peer.test"))] }, "fail_verify_san", "SAN_matcher");
        yield return Case("right hash", a => Issue(a), a => Trust(a) with { VerifyCertificateHash = [Hash(Issue(a))] }, "", "");
        yield return Case("right key", a => Issue(a), a => Trust(a) with { VerifyCertificateSpki = [Spki(Issue(a))] }, "", "");
        yield return Case("hash alone, without an authority", a => Issue(a), a => new CertificateValidationConfig { VerifyCertificateHash = [Hash(Issue(a))] }, "", "");
        yield return Case(
            "wrong hash", a => Issue(a), a => Trust(a) with { VerifyCertificateHash = [new string('0', 64)] }, "fail_verify_cert_hash", "cert_hash_and_spki");
        yield return Case("revoked", a => Issue(a), a => Trust(a) with { Crl = Crl(a, Issue(a)) }, "fail_verify_error", "depth_0:_certificate_revoked");
        yield return Case("another one is revoked", a => Issue(a), a => Trust(a) with { Crl = Crl(a, Revoked(a)) }, "", "");
        yield return Case(
            "no list of its authority", a => Issue(Middle(a)), a => Trust(a) with { Crl = Crl(a, Revoked(a)) }, "fail_verify_error", "depth_0:_unable_to_get_certificate_CRL");
        yield return Case(
            "untrusted, which may be", _ => Issue(Foreign), a => Trust(a) with { AcceptUntrusted = true }, "", "");
        yield return Case(
            "chain too long", a => Issue(Middle(a)), a => Trust(a) with { MaxVerifyDepth = 0 }, "fail_verify_error", "depth_1:_certificate_chain_too_long");
    }

    [TestCaseSource(nameof(Cases))]
    public async Task ClientCertificate_IsLetInOrRefused(
        Func<TestAuthority, TestCertificate> issue, Func<TestAuthority, CertificateValidationConfig> validation, string statistic, string why)
    {
        await using var upstream = new FakeUpstream();
        var options = ServerTls();
        await using var proxy = await Start(
            upstream, options with { RequireClientCertificate = true, Common = options.Common with { Validation = validation(Shared) } });
        if (statistic.Length == 0)
        {
            // The second may resume the first one's session, which must find it as good.
            for (var i = 1; i <= 2; i++)
            {
                using var client = await proxy.ConnectAsync(WithCertificate(issue(Shared)));
                Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
                Assert.That(proxy.Statistics[Listener(proxy, "handshake")], Is.EqualTo(i));
            }

            return;
        }

        Assert.That(why, Is.Not.Empty);
        await AssertRefused(proxy, WithCertificate(issue(Shared)));
        await proxy.WaitForAsync(Listener(proxy, statistic));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics[Listener(proxy, "connection_error")], Is.Zero, "counted once");
            Assert.That(upstream.Requests, Is.Empty);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task UpstreamCertificate_IsTakenOrRefused(
        Func<TestAuthority, TestCertificate> issue, Func<TestAuthority, CertificateValidationConfig> validation, string statistic, string why)
    {
        await using var upstream = new FakeUpstream(UpstreamServer(issue(Shared)));
        await using var proxy = await Start(upstream, new UpstreamTlsOptions { Common = new CommonTlsConfig { Validation = validation(Shared) } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        if (statistic.Length == 0)
        {
            Assert.That(response.Status, Is.EqualTo(200));
            return;
        }

        var record = await proxy.AccessLog.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(503));
            Assert.That(record.Flags, Is.EqualTo(ResponseFlags.UpstreamConnectionFailure));
            Assert.That(record.Details, Does.StartWith("upstream_reset_before_response_started{remote_connection_failure|TLS_error:|268435581:"));
            Assert.That(record.Details?.Replace(' ', '_'), Does.Contain(VerifyFailed).And.Contain(why).And.EndWith(":TLS_error_end}"));
            Assert.That(proxy.Statistics["cluster.upstream.ssl." + statistic], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.ssl.connection_error"], Is.Zero);
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_fail"], Is.EqualTo(1));
            Assert.That(upstream.Requests, Is.Empty);
        }
    }

    [Test]
    public async Task ClientCertificate_Missing_IsRefusedWhereRequired()
    {
        await using var upstream = new FakeUpstream();
        var options = ServerTls();
        options = options with { Common = options.Common with { Validation = Trust(Shared) } };
        await using var strict = await Start(upstream, options with { RequireClientCertificate = true });
        await AssertRefused(strict, WithCertificate(null));
        await strict.WaitForAsync(Listener(strict, "fail_verify_no_cert"));
        await using var lenient = await Start(upstream, options);
        using var client = await lenient.ConnectAsync(WithCertificate(null));
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
    }

    // One for all cases, which are made before any fixture is.
    private static TestAuthority Shared { get; } = new("Shared");

    private static TestAuthority Foreign { get; } = new("Foreign");

    private static readonly Dictionary<TestAuthority, TestAuthority> Middles = [];

    private static readonly Dictionary<TestAuthority, TestCertificate> Issued = [];

    private static TestCaseData Case(
        string name, Func<TestAuthority, TestCertificate> issue, Func<TestAuthority, CertificateValidationConfig> validation, string statistic, string why) =>
        new TestCaseData(issue, validation, statistic, why).SetArgDisplayNames(name);

    private static TestAuthority Middle(TestAuthority authority)
    {
        lock (Middles)
        {
            if (!Middles.TryGetValue(authority, out var middle))
                Middles.Add(authority, middle = authority.Intermediate());
            return middle;
        }
    }

    private static TestCertificate Issue(TestAuthority authority, TestCertificateOptions? options = null)
    {
        if (options is not null)
            return authority.Issue("peer", options);
        lock (Issued)
        {
            if (!Issued.TryGetValue(authority, out var issued))
                Issued.Add(authority, issued = authority.Issue("peer", new TestCertificateOptions { DnsNames = ["peer.test"], Uris = ["spiffe://test/peer"] }));
            return issued;
        }
    }

    private static TestCertificate Revoked(TestAuthority authority) => authority.Issue("revoked");

    private static CertificateValidationConfig Trust(TestAuthority authority) => new() { TrustedCa = DataSourceConfig.Inline(authority.CertificatePem) };

    private static SubjectNameMatcherConfig Dns(string name) => new(SubjectNameKind.Dns, StringMatcherConfig.Exact(name));

    private static DataSourceConfig Crl(TestAuthority authority, TestCertificate revoked) =>
        DataSourceConfig.Inline(authority.Revoke(new DateTimeOffset(2098, 1, 1, 0, 0, 0, default), revoked));

    private static string Hash(TestCertificate certificate) =>
        string.Join(':', certificate.Certificate.GetCertHash(System.Security.Cryptography.HashAlgorithmName.SHA256).Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    private static string Spki(TestCertificate certificate) =>
        Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(certificate.Certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    private SslClientAuthenticationOptions WithCertificate(TestCertificate? certificate)
    {
        var tls = TrustingClient();
        if (certificate is not null)
            tls.ClientCertificateContext = Presented(certificate);
        return tls;
    }
}
