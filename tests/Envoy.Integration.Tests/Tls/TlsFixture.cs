using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Envoy.Clusters;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.Tls;

/// <summary>What the fixtures of TLS share: an authority, certificates of both sides, and proxies that use them.</summary>
public abstract class TlsFixture(EngineKind engine) : HttpFixture(engine)
{
    protected TestAuthority Authority { get; private set; } = null!;

    protected TestCertificate Server { get; private set; } = null!;

    protected TestCertificate Client { get; private set; } = null!;

    [SetUp]
    public void Issue()
    {
        Authority = new TestAuthority();
        Server = Authority.Issue("server");
        Client = Authority.Issue("client", new TestCertificateOptions { DnsNames = ["client.test"], Uris = ["spiffe://test/client"], ForServers = false });
    }

    [TearDown]
    public void Forget() => Authority.Dispose();

    protected static TlsCertificateConfig Pem(TestCertificate certificate) => new()
    {
        CertificateChain = DataSourceConfig.Inline(certificate.ChainPem),
        PrivateKey = DataSourceConfig.Inline(certificate.PrivateKeyPem),
    };

    protected CertificateValidationConfig Trusts(TestAuthority? authority = null) =>
        new() { TrustedCa = DataSourceConfig.Inline((authority ?? Authority).CertificatePem) };

    protected DownstreamTlsOptions ServerTls(params TestCertificate[] certificates) => new()
    {
        Common = new CommonTlsConfig { Certificates = [.. (certificates.Length > 0 ? certificates : [Server]).Select(Pem)] },
    };

    /// <summary>A proxy that clients reach by TLS.</summary>
    protected Task<TestProxy> Start(FakeUpstream upstream, DownstreamTlsOptions tls, TestProxyOptions? options = null)
    {
        options ??= Options;
        return TestProxy.ForwardTo(upstream, options with
        {
            Configure = config =>
            {
                config = options.Configure?.Invoke(config) ?? config;
                var listener = config.Listeners[0];
                var chain = listener.FilterChains[0] with { TransportSocket = new DownstreamTransportSocketConfig("tls", tls) };
                return config with { Listeners = [listener with { FilterChains = [chain] }] };
            },
        });
    }

    /// <summary>A proxy that reaches its upstream by TLS.</summary>
    protected Task<TestProxy> Start(FakeUpstream upstream, UpstreamTlsOptions tls, Func<ClusterConfig, ClusterConfig>? cluster = null) => TestProxy.ForwardTo(upstream, Options with
    {
        ConfigureCluster = c => (cluster?.Invoke(c) ?? c) with { TransportSocket = new UpstreamTransportSocketConfig("tls", tls) },
    });

    /// <summary>A client that trusts the authority.</summary>
    protected SslClientAuthenticationOptions TrustingClient(string host = "localhost", TestCertificate? certificate = null, TestAuthority? authority = null)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add((authority ?? Authority).Certificate);
        return new SslClientAuthenticationOptions
        {
            TargetHost = host,
            CertificateChainPolicy = policy,
            ClientCertificates = certificate is null ? null : [certificate.Certificate],
        };
    }

    /// <summary>A certificate as its holder presents it, with those above it.</summary>
    protected static SslStreamCertificateContext Presented(TestCertificate certificate)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificate.ChainPem);
        chain.RemoveAt(0);
        return SslStreamCertificateContext.Create(certificate.Certificate, chain, offline: true);
    }

    /// <summary>What an upstream's TLS is set up with.</summary>
    protected SslServerAuthenticationOptions UpstreamServer(TestCertificate? certificate = null) => new()
    {
        ServerCertificateContext = Presented(certificate ?? Server),
    };

    /// <summary>The client's handshake fails, or the first thing it reads says so, as with TLS 1.3, where the client is done first.</summary>
    protected static async Task AssertRefused(TestProxy proxy, SslClientAuthenticationOptions tls)
    {
        try
        {
            using var client = await proxy.ConnectAsync(tls);
            await client.SendAsync(Get);
            var (bytes, end) = await client.ReadToEndAsync();
            Assert.That(bytes, Is.Empty);
            Assert.That(end, Is.Not.EqualTo(ConnectionEnd.Open));
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // Refused within the handshake.
        }
    }

    protected static string Listener(TestProxy proxy, string name) => $"listener.{proxy.Address.ToString()!.Replace(':', '_')}.ssl.{name}";
}
