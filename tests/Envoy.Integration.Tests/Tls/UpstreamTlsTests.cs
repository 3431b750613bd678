using System.Net.Security;
using System.Security.Authentication;
using Envoy.Clusters;
using Envoy.Clusters.Pools;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Formatting;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.Tls;

/// <summary>Upstreams that are reached by TLS.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class UpstreamTlsTests(EngineKind engine) : TlsFixture(engine)
{
    [Test]
    public async Task Request_WithoutChecks_TakesAnyCertificateAndTls12([Values] bool tls13)
    {
        await using var upstream = new FakeUpstream(UpstreamServer());
        var parameters = tls13 ? new TlsParametersConfig { MaximumVersion = TlsVersion.Tls13 } : new TlsParametersConfig();
        await using var proxy = await Start(upstream, new UpstreamTlsOptions { Sni = "asked.test", Common = new CommonTlsConfig { Parameters = parameters } });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        var connection = await upstream.ConnectedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(connection.Tls!.SslProtocol, Is.EqualTo(tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12));
            Assert.That(connection.Tls.TargetHostName, Is.EqualTo("asked.test"));
            Assert.That(proxy.Statistics["cluster.upstream.ssl.handshake"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.ssl.versions." + (tls13 ? "TLSv1.3" : "TLSv1.2")], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Bodies_BothWays_ArriveWhole([Values(0, 1, 16_384, 3_000_000)] int size)
    {
        var body = Bytes(size);
        await using var upstream = new FakeUpstream(UpstreamServer()).Answer(Answers.Echo());
        await using var proxy = await Start(upstream, new UpstreamTlsOptions());
        using var client = await proxy.ConnectAsync();
        var sending = Task.Run(async () =>
        {
            await client.SendAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {size}\r\n\r\n");
            await client.SendAsync(body);
        });
        var response = await client.ReadResponseAsync();
        await sending;
        Assert.That(response.Body, Is.EqualTo(body));
    }

    [Test]
    public async Task ClientCertificate_IsShownToUpstreamsThatAsk()
    {
        var server = UpstreamServer();
        server.ClientCertificateRequired = true;
        server.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=client";
        await using var upstream = new FakeUpstream(server);
        await using var proxy = await Start(upstream, new UpstreamTlsOptions { Common = new CommonTlsConfig { Certificates = [Pem(Client)] } });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Session_IsResumedOnTheNextConnection([Values(0u, 1u)] uint keys)
    {
        await using var upstream = new FakeUpstream(UpstreamServer()).Answer(Answers.OkThenClose());
        await using var proxy = await Start(upstream, new UpstreamTlsOptions { Sni = $"resumed-{keys}.{Options.Engine}.test".ToLowerInvariant(), MaxSessionKeys = keys });
        using var client = await proxy.ConnectAsync();
        for (var i = 1; i <= 3; i++)
        {
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
            await upstream.EndedAsync(i);
        }

        Assert.That(proxy.Statistics["cluster.upstream.ssl.session_reused"], Is.EqualTo(keys * 2));
    }

    [Test]
    public async Task Upstream_WithoutTls_IsAConnectionFailure()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c => await c.SendAsync("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"));
        await using var proxy = await Start(upstream, new UpstreamTlsOptions());
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(503));
        await AssertLogged(
            proxy, 503, ResponseFlags.UpstreamConnectionFailure,
            "upstream_reset_before_response_started{remote_connection_failure|TLS_error:|268435703:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end}");
        Assert.That(proxy.Statistics["cluster.upstream.ssl.connection_error"], Is.EqualTo(1));
    }

    [Test]
    public async Task Upstream_ThatNeverAnswersTheHandshake_IsAConnectTimeout()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.WaitForEndAsync());
        await using var proxy = await Start(upstream, new UpstreamTlsOptions());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ConnectedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(503));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_timeout"], Is.EqualTo(1));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Upstream_ThatLeavesWithinTheHandshake_IsAConnectionFailure()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await c.ReadExactlyAsync(5);
            c.Close();
        });
        await using var proxy = await Start(upstream, new UpstreamTlsOptions());
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(503));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_fail"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["cluster.upstream.ssl.connection_error"], Is.Zero);
        await AssertQuiet(proxy);
    }

    [TestCase("h2,http/1.1", "h2")]
    [TestCase("http/1.1", "http/1.1")]
    [TestCase("", "http/1.1")]
    public async Task AutoConfig_SpeaksWhatTheHandshakeAgreedOn(string spoken, string expected)
    {
        var server = UpstreamServer();
        if (spoken.Length > 0)
            server.ApplicationProtocols = [.. spoken.Split(',').Select(p => new SslApplicationProtocol(p))];
        await using var upstream = new FakeUpstream(server);
        if (expected == "h2")
        {
            upstream.OnConnection(async c =>
            {
                var http2 = await Http2Server.AcceptAsync(c);
                for (var i = 0; i < 2; i++)
                {
                    var request = await http2.ReadAsync(Http2FrameType.Headers);
                    await http2.SendAsync(http2.Headers(request.Header.StreamId, end: true, [(":status", "200")]));
                }

                await c.WaitForEndAsync();
            });
        }

        await using var proxy = await Start(upstream, new UpstreamTlsOptions(), c => c with { HttpProtocol = UpstreamHttpProtocol.Negotiated });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_http2_total"], Is.EqualTo(expected == "h2" ? 1 : 0));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_http1_total"], Is.EqualTo(expected == "h2" ? 0 : 1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_pending_total"], Is.EqualTo(1));
        }

        await AssertQuiet(proxy);
    }

    [Test]
    public async Task AutoConfig_ManyAtOnce_WaitForOneHandshake()
    {
        await using var upstream = new FakeUpstream(UpstreamServer());
        await using var proxy = await Start(upstream, new UpstreamTlsOptions(), c => c with { HttpProtocol = UpstreamHttpProtocol.Negotiated });
        var clients = new List<RawClient>();
        for (var i = 0; i < 5; i++)
        {
            clients.Add(await proxy.ConnectAsync());
            await clients[i].SendAsync(Get);
        }

        foreach (var client in clients)
        {
            Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
            client.Dispose();
        }

        await AssertQuiet(proxy);
    }

    [Test]
    public async Task AutoConfig_UpstreamThatRefuses_FailsThoseThatWait()
    {
        await using var upstream = FakeUpstream.ThatRefuses();
        await using var proxy = await Start(upstream, new UpstreamTlsOptions(), c => c with { HttpProtocol = UpstreamHttpProtocol.Negotiated });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(503));
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_active"], Is.Zero);
    }

    [Test]
    public async Task AutoSni_AsksForTheRequestsHostAndChecksIt()
    {
        var server = Authority.Issue("hosts", new TestCertificateOptions { DnsNames = ["a.test", "b.test"] });
        await using var upstream = new FakeUpstream(UpstreamServer(server));
        await using var proxy = await Start(
            upstream, new UpstreamTlsOptions { Common = new CommonTlsConfig { Validation = Trusts() } }, c => c with { AutoSni = true, AutoSanValidation = true });
        using var client = await proxy.ConnectAsync();
        foreach (var (host, status) in new[] { ("a.test", 200), ("B.test:443", 200), ("a.test", 200), ("c.test", 503) })
            Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: {host}\r\n\r\n")).Status, Is.EqualTo(status), host);
        var names = new List<string>();
        for (var i = 1; i <= 3; i++)
            names.Add((await upstream.ConnectedAsync(i)).Tls!.TargetHostName);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(names, Is.EqualTo(new[] { "a.test", "b.test", "c.test" }), "one connection for each host");
            Assert.That(proxy.Statistics["cluster.upstream.ssl.fail_verify_san"], Is.EqualTo(1));
        }
    }

    [TestCase("localhost", 200)]
    [TestCase("other.test", 503)]
    public async Task AutoSniSanValidation_ChecksTheNameAskedFor(string sni, int status)
    {
        await using var upstream = new FakeUpstream(UpstreamServer());
        await using var proxy = await Start(
            upstream, new UpstreamTlsOptions { Sni = sni, AutoSniSanValidation = true, Common = new CommonTlsConfig { Validation = Trusts() } });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task AutoHostSni_AsksForTheEndpointsName()
    {
        await using var upstream = new FakeUpstream(UpstreamServer());
        await using var proxy = await Start(upstream, new UpstreamTlsOptions { Sni = "configured.test", AutoHostSni = true }, c => c with
        {
            Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(upstream.Address) { Hostname = "endpoint.test" }] }],
        });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That((await upstream.ConnectedAsync()).Tls!.TargetHostName, Is.EqualTo("endpoint.test"));
    }

    [Test]
    public async Task Upstream_ThatEndsWithTheHandshake_IsHeardToEnd([Values] bool tls13)
    {
        // What it says, and its end, may be there when the handshake's last message is read.
        await using var upstream = new FakeUpstream(UpstreamServer()).OnConnection(c => c.SendAsync("bye"));
        var parameters = tls13 ? new TlsParametersConfig { MaximumVersion = TlsVersion.Tls13 } : new TlsParametersConfig();
        var socket = new UpstreamTransportSocketConfig("tls", new UpstreamTlsOptions { Common = new CommonTlsConfig { Parameters = parameters } });
        var config = new ProxyConfigBuilder()
            .AddListener("tcp", l => l.Address("127.0.0.1", 0).AddFilter("tcp", new TcpProxyOptions { StatPrefix = "t", Cluster = "upstream" }))
            .AddCluster("upstream", c => c.Endpoint(upstream.Address).With(u => u with { TransportSocket = socket })).Build();
        await using var proxy = await TestProxy.StartAsync(config, Options);
        for (var i = 0; i < 10; i++)
        {
            using var client = await proxy.ConnectAsync();
            var (bytes, end) = await client.ReadToEndAsync();
            Assert.That((System.Text.Encoding.ASCII.GetString(bytes), end), Is.EqualTo(("bye", ConnectionEnd.ByPeer)));
        }
    }

    [Test]
    public async Task AutoSni_RequestThatMayNotWait_LeavesNoPoolBehind([Values(UpstreamHttpProtocol.Http1, UpstreamHttpProtocol.Http2, UpstreamHttpProtocol.Negotiated)] UpstreamHttpProtocol protocol)
    {
        await using var upstream = FakeUpstream.ThatNeverAccepts();
        await using var proxy = await Start(upstream, new UpstreamTlsOptions(), c => c with
        {
            AutoSni = true,
            HttpProtocol = protocol,
            CircuitBreakers = new CircuitBreakerConfig { MaxPendingRequests = 1 },
        });
        using var waiting = await proxy.ConnectAsync();
        await waiting.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_pending_active");
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 10; i++)
            Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: {i}.test\r\n\r\n")).Status, Is.EqualTo(503));
        var worker = proxy.Proxy.Runtime.Workers[0];
        var pools = await worker.InvokeAsync(() => HttpPools.Of(WorkerClusters.Of(worker).Find(TestProxy.ClusterName)!).NamedCount);
        Assert.That(pools, Is.EqualTo(1), "that of the one that waits");
    }

    [Test]
    public async Task UpstreamReset_WithinABody_EndsTheResponse()
    {
        await using var upstream = new FakeUpstream(UpstreamServer()).Answer(Answers.Truncated(1000, "half"));
        await using var proxy = await Start(upstream, new UpstreamTlsOptions());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await client.ReadToEndAsync();
        await AssertQuiet(proxy);
    }
}
