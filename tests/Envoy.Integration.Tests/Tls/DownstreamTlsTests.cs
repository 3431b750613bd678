using System.Net.Security;
using System.Security.Authentication;
using Envoy.ConnectionManager;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.Tls;

/// <summary>Clients that come by TLS.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class DownstreamTlsTests(EngineKind engine) : TlsFixture(engine)
{
    [TestCase(SslProtocols.Tls12)]
    [TestCase(SslProtocols.Tls13)]
    public async Task Request_OverEitherVersion_IsForwardedAsHttps(SslProtocols version)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls());
        var tls = TrustingClient();
        tls.EnabledSslProtocols = version;
        using var client = await proxy.ConnectAsync(tls);
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        var request = await upstream.ReceivedAsync();
        var name = version == SslProtocols.Tls12 ? "TLSv1.2" : "TLSv1.3";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Headers["x-forwarded-proto"], Is.EqualTo("https"));
            Assert.That(client.Tls!.SslProtocol, Is.EqualTo(version));
            Assert.That(proxy.Statistics[Listener(proxy, "handshake")], Is.EqualTo(1));
            Assert.That(proxy.Statistics[Listener(proxy, "no_certificate")], Is.EqualTo(1));
            Assert.That(proxy.Statistics[Listener(proxy, "versions." + name)], Is.EqualTo(1));
            Assert.That(proxy.Statistics[Listener(proxy, "curves.X25519")], Is.EqualTo(1));
            Assert.That(proxy.Statistics[Listener(proxy, "connection_error")], Is.Zero);
        }
    }

    [Test]
    public async Task Bodies_BothWays_ArriveWhole([Values(0, 1, 16_384, 16_385, 3_000_000)] int size)
    {
        var body = Bytes(size);
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await Start(upstream, ServerTls());
        using var client = await proxy.ConnectAsync(TrustingClient());
        var sending = Task.Run(async () =>
        {
            await client.SendAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {size}\r\n\r\n");
            await client.SendAsync(body);
        });
        var response = await client.ReadResponseAsync();
        await sending;
        Assert.That(response.Status, Is.EqualTo(200));
        Assert.That(response.Body, Is.EqualTo(body));
    }

    [Test]
    public async Task Requests_OneByteARecord_AreServed()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls());
        using var client = await proxy.ConnectAsync(TrustingClient());
        foreach (var c in Get)
            await client.SendAsync(c.ToString());
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        await AssertQuiet(proxy);
    }

    [TestCase("h2", "h2")]
    [TestCase("http/1.1", "http/1.1")]
    [TestCase("h2,http/1.1", "h2")]
    [TestCase("http/1.1,h2", "h2", Description = "the server's order counts")]
    [TestCase("foo", "", Description = "nothing in common: served without, as in Envoy")]
    [TestCase("", "")]
    public async Task Alpn_IsTheServersFirstThatTheClientHas(string offered, string agreed)
    {
        await using var upstream = new FakeUpstream();
        var options = ServerTls();
        await using var proxy = await Start(upstream, options with { Common = options.Common with { AlpnProtocols = ["h2", "http/1.1"] } });
        var tls = TrustingClient();
        if (offered.Length > 0)
            tls.ApplicationProtocols = [.. offered.Split(',').Select(p => new SslApplicationProtocol(p))];
        using var client = await proxy.ConnectAsync(tls);
        Assert.That(client.Tls!.NegotiatedApplicationProtocol.ToString(), Is.EqualTo(agreed));
        if (agreed == "h2")
            return;
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Session_OfOneWorker_IsResumedOnAnother()
    {
        // The client keeps its sessions by the server's name, for the whole process.
        var name = $"{Options.Engine}.resumed.test".ToLowerInvariant();
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls(Authority.Issue("resumed", new TestCertificateOptions { DnsNames = [name] })), Options with { Concurrency = 2 });
        // The connections spread over the workers; each after the first resumes, whichever worker it meets.
        for (var i = 0; i < 12; i++)
        {
            using var client = await proxy.ConnectAsync(TrustingClient(name));
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        }

        // One may be missed: other tests fill the framework's store of clients' sessions, too. Were workers apart, about half would be.
        Assert.That(proxy.Statistics[Listener(proxy, "session_reused")], Is.GreaterThanOrEqualTo(10));
    }

    [Test]
    public async Task SessionResumption_Disabled_EachHandshakeIsFull()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls() with { DisableSessionResumption = true });
        for (var i = 0; i < 3; i++)
        {
            using var client = await proxy.ConnectAsync(TrustingClient());
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        }

        Assert.That(proxy.Statistics[Listener(proxy, "session_reused")], Is.Zero);
    }

    [TestCase("a.test", "a")]
    [TestCase("x.wild.test", "wild")]
    [TestCase("x.y.wild.test", "a", Description = "a wildcard is for one label")]
    [TestCase("other.test", "a", Description = "the first, as in Envoy")]
    public async Task Certificate_IsChosenByServerName(string asked, string shown)
    {
        await using var upstream = new FakeUpstream();
        var a = Authority.Issue("a", new TestCertificateOptions { DnsNames = ["a.test"] });
        var wild = Authority.Issue("wild", new TestCertificateOptions { DnsNames = ["*.wild.test"] });
        await using var proxy = await Start(upstream, ServerTls(a, wild));
        Assert.That(await Shown(proxy, asked), Is.EqualTo("CN=" + shown));
    }

    [TestCase(true, "ecdsa")]
    [TestCase(false, "rsa")]
    public async Task Certificate_IsChosenByTheClientsKinds(bool takesEcdsa, string shown)
    {
        await using var upstream = new FakeUpstream();
        var rsa = Authority.Issue("rsa", new TestCertificateOptions { DnsNames = ["localhost"], Rsa = true });
        var ecdsa = Authority.Issue("ecdsa", new TestCertificateOptions { DnsNames = ["localhost"] });
        await using var proxy = await Start(upstream, ServerTls(rsa, ecdsa));
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("Only Linux lets a client choose its suites.");
            return;
        }

        var tls = TrustingClient();
        tls.EnabledSslProtocols = SslProtocols.Tls12;
        tls.CipherSuitesPolicy = new CipherSuitesPolicy(
            takesEcdsa
                ? [TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
                : [TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]);
        using var client = await proxy.ConnectAsync(tls);
        Assert.That(client.Tls!.RemoteCertificate!.Subject, Is.EqualTo("CN=" + shown));
    }

    [Test]
    public async Task Sni_Required_RefusesClientsWithout()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls() with { RequireSni = true });
        await AssertRefused(proxy, TrustingClient("127.0.0.1"));
        using var client = await proxy.ConnectAsync(TrustingClient());
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That(proxy.Statistics[Listener(proxy, "connection_error")], Is.EqualTo(1));
    }

    [Test]
    public async Task CipherSuites_AreTheOnesListed()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Ignore("Other systems choose their suites themselves.");
        await using var upstream = new FakeUpstream();
        var options = ServerTls();
        var parameters = new TlsParametersConfig { MaximumVersion = TlsVersion.Tls12, CipherSuites = ["[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-RSA-AES128-GCM-SHA256]"] };
        await using var proxy = await Start(upstream, options with { Common = options.Common with { Parameters = parameters } });
        using var client = await proxy.ConnectAsync(TrustingClient());
        Assert.That(client.Tls!.NegotiatedCipherSuite, Is.EqualTo(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256));
        // The client is done with the server's last message, which the server counts after it was sent.
        await proxy.WaitForAsync(Listener(proxy, "ciphers.ECDHE-ECDSA-AES128-GCM-SHA256"));
    }

    [Test]
    public async Task Version_BelowTheMinimum_IsRefused()
    {
        await using var upstream = new FakeUpstream();
        var options = ServerTls();
        await using var proxy = await Start(upstream, options with { Common = options.Common with { Parameters = new TlsParametersConfig { MinimumVersion = TlsVersion.Tls13 } } });
        var tls = TrustingClient();
        tls.EnabledSslProtocols = SslProtocols.Tls12;
        await AssertRefused(proxy, tls);
        await proxy.WaitForAsync(Listener(proxy, "connection_error"));
    }

    [TestCase("GET / HTTP/1.1\r\nhost: test\r\n\r\n")]
    [TestCase("\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u0000", Description = "a ClientHello that is too short")]
    [TestCase("\u0016\u0003\u0001\u00ff\u00ff", Description = "a record longer than any may be")]
    [TestCase("\u0080\u002e\u0001\u0003\u0001")]
    public async Task Garbage_InsteadOfAHello_EndsTheConnection(string garbage)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(garbage);
        await client.ReadToEndAsync();
        await proxy.WaitForAsync(Listener(proxy, "connection_error"));
        await AssertServesTls(proxy);
    }

    [Test]
    public async Task Garbage_AfterTheHandshake_EndsTheConnection()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls());
        using var client = await proxy.ConnectAsync(TrustingClient());
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        await client.SendBelowTlsAsync(Bytes(100));
        await client.ReadToEndAsync();
        await proxy.WaitForAsync("http.ingress.downstream_cx_active", v => v == 0);
        await AssertServesTls(proxy);
    }

    [Test]
    public async Task Handshake_ThatNeverEnds_IsEndedByItsTimeout()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls(), Options with
        {
            Configure = config => config with
            {
                Listeners = [config.Listeners[0] with { FilterChains = [config.Listeners[0].FilterChains[0] with { TransportSocketConnectTimeout = TimeSpan.FromSeconds(5) }] }],
            },
        });
        using var silent = await proxy.ConnectAsync();
        using var served = await proxy.ConnectAsync(TrustingClient());
        Assert.That((await served.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        await silent.SendAsync("\u0016\u0003\u0001");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(4999));
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_active"], Is.EqualTo(2));
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        await silent.ReadToEndAsync();
        Assert.That(proxy.Statistics[Listener(proxy, "handshake")], Is.EqualTo(1));
        Assert.That(proxy.Statistics[Listener(proxy, "handshake").Replace("ssl.handshake", "downstream_cx_transport_socket_connect_timeout", StringComparison.Ordinal)], Is.EqualTo(1));
        Assert.That((await served.ExchangeAsync(Get)).Status, Is.EqualTo(200), "its handshake was in time");
    }

    [Test]
    public async Task Client_ThatLeavesWithinTheHandshake_IsNoError()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls());
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync("\u0016\u0003\u0001");
            await proxy.WaitForAsync("http.ingress.downstream_cx_total");
        }

        await proxy.WaitForAsync("http.ingress.downstream_cx_active", v => v == 0);
        Assert.That(proxy.Statistics[Listener(proxy, "connection_error")], Is.Zero);
    }

    [Test]
    public async Task CertificateFiles_Changed_AreReadAgainAndConnectionsStay()
    {
        var folder = Directory.CreateTempSubdirectory("envoy-tls");
        try
        {
            var (chain, key) = (Path.Combine(folder.FullName, "chain.pem"), Path.Combine(folder.FullName, "key.pem"));
            Write(Authority.Issue("first"));
            await using var upstream = new FakeUpstream();
            await using var proxy = await Start(upstream, new DownstreamTlsOptions
            {
                Common = new CommonTlsConfig
                {
                    Certificates = [new TlsCertificateConfig { CertificateChain = DataSourceConfig.File(chain), PrivateKey = DataSourceConfig.File(key) }],
                },
            });
            using var old = await proxy.ConnectAsync(TrustingClient());
            Assert.That(await Shown(proxy, "localhost"), Is.EqualTo("CN=first"));
            await File.WriteAllTextAsync(chain, "broken");
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
            Assert.That(await Shown(proxy, "localhost"), Is.EqualTo("CN=first"), "what cannot be read changes nothing");
            Write(Authority.Issue("the second"));
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
            Assert.That(await Shown(proxy, "localhost"), Is.EqualTo("CN=the second"));
            Assert.That((await old.ExchangeAsync(Get)).Status, Is.EqualTo(200), "the connection lives on");

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

    [TestCase(ForwardClientCertDetails.Sanitize, null)]
    [TestCase(ForwardClientCertDetails.ForwardOnly, "By=x")]
    [TestCase(ForwardClientCertDetails.AlwaysForwardOnly, "By=x")]
    [TestCase(ForwardClientCertDetails.SanitizeSet, "Hash=H;Subject=\"CN=client\";URI=spiffe://test/client;DNS=client.test")]
    [TestCase(ForwardClientCertDetails.AppendForward, "By=x,Hash=H;Subject=\"CN=client\";URI=spiffe://test/client;DNS=client.test")]
    public async Task ClientCertificate_IsToldUpstream(ForwardClientCertDetails mode, string? expected)
    {
        await using var upstream = new FakeUpstream();
        var options = ServerTls();
        await using var proxy = await Start(upstream, options with { Common = options.Common with { Validation = Trusts() }, RequireClientCertificate = true }, Options with
        {
            ConfigureHttp = http => http with { ForwardClientCertDetails = mode, CurrentClientCertDetails = new ClientCertDetailsConfig { Subject = true, Dns = true, Uri = true } },
        });
        using var client = await proxy.ConnectAsync(TrustingClient(certificate: Client));
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-forwarded-client-cert: By=x\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        var hash = Client.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant();
        Assert.That(request.Headers["x-forwarded-client-cert"], Is.EqualTo(expected?.Replace("Hash=H", "Hash=" + hash, StringComparison.Ordinal)));
    }

    private async Task<string> Shown(TestProxy proxy, string asked)
    {
        var tls = TrustingClient(asked);
        tls.AllowTlsResume = false;
        // What is shown is the question, not whether it is right.
        tls.CertificateChainPolicy = null;
        tls.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        using var client = await proxy.ConnectAsync(tls);
        return client.Tls!.RemoteCertificate!.Subject;
    }

    private async Task AssertServesTls(TestProxy proxy)
    {
        using var client = await proxy.ConnectAsync(TrustingClient());
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200), "the proxy serves on");
    }
}
