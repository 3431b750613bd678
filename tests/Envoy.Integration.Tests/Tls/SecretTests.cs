using System.Net.Security;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.Tls;

/// <summary>Certificates, and ways to check some, that both sides refer to by name.</summary>
[TestFixtureSource(typeof(Support.TestEngines), nameof(Support.TestEngines.All))]
public sealed class SecretTests(EngineKind engine) : TlsFixture(engine)
{
    [Test]
    public async Task OneSecret_ServesBothSides_AndIsReadAgainWhenItsFileChanges()
    {
        var folder = Directory.CreateTempSubdirectory("secrets");
        try
        {
            var (chain, key) = (Path.Combine(folder.FullName, "chain.pem"), Path.Combine(folder.FullName, "key.pem"));
            Write(Authority.Issue("first"));
            var seen = new List<string>();
            var server = UpstreamServer();
            server.ClientCertificateRequired = true;
            server.RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                lock (seen)
                    seen.Add(shown!.Subject);
                return shown!.Issuer == Authority.Certificate.Subject;
            };
            await using var upstream = new FakeUpstream(server);
            await using var proxy = await Start(
                upstream,
                new SecretConfig("own") { TlsCertificate = new TlsCertificateConfig { CertificateChain = DataSourceConfig.File(chain), PrivateKey = DataSourceConfig.File(key) } },
                new SecretConfig("peers") { Validation = Trusts() },
                new CommonTlsConfig { CertificateSecrets = [new("own")] },
                new CommonTlsConfig { CertificateSecrets = [new("own")], ValidationSecret = new("peers") });
            using var old = await proxy.ConnectAsync(TrustingClient());
            Assert.That((await old.ExchangeAsync(Get)).Status, Is.EqualTo(200));
            Write(Authority.Issue("second"));
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
            var shown = "";
            var tls = TrustingClient();
            tls.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                shown = certificate!.Subject;
                return errors == SslPolicyErrors.None;
            };
            using var client = await proxy.ConnectAsync(tls);
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
            Assert.That(shown, Is.EqualTo("CN=second"));
            lock (seen)
                Assert.That(seen, Is.EqualTo(new[] { "CN=first", "CN=second" }));

            void Write(TestCertificate certificate)
            {
                File.WriteAllText(chain, certificate.ChainPem);
                File.WriteAllText(key, certificate.PrivateKeyPem);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // The default names who may come, the secret who may sign.
    [TestCase("client.test", true)]
    [TestCase("other.test", false)]
    public async Task CombinedContext_ChecksBoth(string name, bool accepted)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream,
            new SecretConfig("own") { TlsCertificate = Pem(Server) },
            new SecretConfig("peers") { Validation = Trusts() },
            new CommonTlsConfig
            {
                CertificateSecrets = [new("own")],
                Validation = new CertificateValidationConfig { SubjectNames = [new SubjectNameMatcherConfig(SubjectNameKind.Dns, Matching.StringMatcherConfig.Exact(name))] },
                ValidationSecret = new("peers"),
            },
            null);
        if (!accepted)
        {
            await AssertRefused(proxy, TrustingClient(certificate: Client));
            return;
        }

        using var client = await proxy.ConnectAsync(TrustingClient(certificate: Client));
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        using var stranger = new TestAuthority();
        await AssertRefused(proxy, TrustingClient(certificate: stranger.Issue("client", new TestCertificateOptions { DnsNames = [name], ForServers = false })));
    }

    private Task<TestProxy> Start(FakeUpstream upstream, SecretConfig own, SecretConfig peers, CommonTlsConfig server, CommonTlsConfig? client) =>
        Start(upstream, new DownstreamTlsOptions { Common = server, RequireClientCertificate = server.ValidationSecret is not null }, Options with
        {
            Configure = c => c with { Secrets = [own, peers] },
            // A handshake for each request.
            ConfigureCluster = c => client is null ? c : c with { MaxRequestsPerConnection = 1, TransportSocket = new UpstreamTransportSocketConfig("tls", new UpstreamTlsOptions { Common = client }) },
        });
}
