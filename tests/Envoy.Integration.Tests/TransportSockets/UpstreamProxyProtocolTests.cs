using System.Net;
using System.Net.Security;
using System.Text;
using Envoy.Clusters;
using Envoy.Clusters.Pools;
using Envoy.Extensions;
using Envoy.Filters.Listener.ProxyProtocol;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Formatting;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Integration.Tests.Tls;
using Envoy.Listeners.Filters;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Proxy.Building;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.ProxyProtocol;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.TransportSockets;

/// <summary>Upstreams that are told of the client by a PROXY protocol header, which no other client's bytes may follow.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class UpstreamProxyProtocolTests(EngineKind engine) : TlsFixture(engine)
{
    /// <summary>Version 2, 192.0.2.7:1000 to 198.51.100.2:443, with extensions 1 (<c>a</c>) and 2 (<c>b</c>).</summary>
    private static readonly byte[] HeaderWithTlvs =
        [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 20, 192, 0, 2, 7, 198, 51, 100, 2, 0x03, 0xe8, 0x01, 0xbb, 1, 0, 1, (byte)'a', 2, 0, 1, (byte)'b'];

    [Test]
    public async Task Http_EachClientHasAConnectionOfItsOwn([Values] ProxyProtocolHeaderVersion version)
    {
        await using var upstream = new FakeUpstream().ExpectProxyHeader();
        await using var proxy = await Start(upstream, new UpstreamProxyProtocolOptions { Config = new ProxyProtocolConfig { Version = version } });
        using var first = await proxy.ConnectAsync();
        using var second = await proxy.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.That((await first.ExchangeAsync(Get)).Status, Is.EqualTo(200));
            Assert.That((await second.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Connections.Select(c => c.ProxyHeader), Is.EqualTo(new[] { Header(version, first, proxy), Header(version, second, proxy) }));
            Assert.That(upstream.Requests.Select(r => r.ConnectionNumber), Is.EqualTo(new[] { 1, 2, 1, 2, 1, 2 }));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(2));
            Assert.That(await PoolsAsync(proxy), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Http_ClientThatGoes_TakesItsConnectionsAlong()
    {
        await using var upstream = new FakeUpstream().ExpectProxyHeader();
        await using var proxy = await Start(upstream, new UpstreamProxyProtocolOptions());
        using var staying = await proxy.ConnectAsync();
        Assert.That((await staying.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        using (var going = await proxy.ConnectAsync())
            Assert.That((await going.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        await upstream.EndedAsync();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 1);
        Assert.That(await PoolsAsync(proxy), Is.EqualTo(1));
        Assert.That((await staying.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That(upstream.Connections, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Http_IdleConnection_EndsByTheIdleTimeout()
    {
        await using var upstream = new FakeUpstream().ExpectProxyHeader();
        await using var proxy = await Start(upstream, new UpstreamProxyProtocolOptions(), c => c with { IdleTimeout = TimeSpan.FromSeconds(5) });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(6));
        await upstream.EndedAsync();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_idle_timeout");
        Assert.That(await PoolsAsync(proxy), Is.Zero);
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That((await upstream.ConnectedAsync(2)).ProxyHeader, Is.EqualTo(Header(ProxyProtocolHeaderVersion.V1, client, proxy)));
    }

    [Test]
    public async Task Http_ManyClientsAtOnce_AreNeverMixed()
    {
        await using var upstream = new FakeUpstream().ExpectProxyHeader();
        upstream.Answer(e => e.RespondAsync(200, e.Connection.ProxyHeader!.Source!.ToString()));
        await using var proxy = await Start(upstream, new UpstreamProxyProtocolOptions { Config = V2() }, options: Options with { Concurrency = 2 });
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 2; round++)
            {
                using var client = await proxy.ConnectAsync();
                for (var i = 0; i < 5; i++)
                {
                    var response = await client.ExchangeAsync(Get);
                    Assert.That((response.Status, response.BodyText), Is.EqualTo((200, client.LocalEndPoint!.ToString())));
                }
            }
        })));
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 0);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(40));
    }

    [Test]
    public async Task Http2_StreamsOfAClientShareAConnection_ThoseOfAnotherDoNot()
    {
        await using var upstream = new FakeUpstream().ExpectProxyHeader().OnConnection(AnswerHttp2);
        await using var proxy = await Start(
            upstream, new UpstreamProxyProtocolOptions { Config = V2() }, c => c with { HttpProtocol = UpstreamHttpProtocol.Http2 });
        using var first = await Http2Client.ConnectAsync(proxy);
        using var second = await Http2Client.ConnectAsync(proxy);
        foreach (var client in new[] { first, second })
        {
            await client.SendAsync(client.Get(1), client.Get(3));
            Assert.That((await client.ReadAsync(Http2FrameType.Headers)).Fields, Does.Contain((":status", "200")));
            Assert.That((await client.ReadAsync(Http2FrameType.Headers)).Fields, Does.Contain((":status", "200")));
        }

        Assert.That(
            upstream.Connections.Select(c => c.ProxyHeader!.Source),
            Is.EqualTo(new[] { first.Wire.LocalEndPoint, second.Wire.LocalEndPoint }));
        first.Dispose();
        await upstream.EndedAsync();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 1);
    }

    [Test]
    public async Task Tls_BeginsAfterTheHeader([Values] bool tls13, [Values] ProxyProtocolHeaderVersion version)
    {
        await using var upstream = new FakeUpstream(UpstreamServer()).ExpectProxyHeader().Answer(Answers.Echo());
        var parameters = tls13 ? new TlsParametersConfig { MaximumVersion = TlsVersion.Tls13 } : new TlsParametersConfig();
        await using var proxy = await Start(upstream, new UpstreamProxyProtocolOptions
        {
            Config = new ProxyProtocolConfig { Version = version },
            TransportSocket = new("tls", new UpstreamTlsOptions { Sni = "asked.test", Common = new CommonTlsConfig { Parameters = parameters } }),
        });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nhello");
            Assert.That((response.Status, response.BodyText), Is.EqualTo((200, "hello")));
        }

        var connection = await upstream.ConnectedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(connection.ProxyHeader, Is.EqualTo(Header(version, client, proxy)));
            Assert.That(connection.Tls!.TargetHostName, Is.EqualTo("asked.test"));
            Assert.That(proxy.Statistics["cluster.upstream.ssl.handshake"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Tls_NegotiatedProtocol_IsFoundOutForEachClient()
    {
        var server = UpstreamServer();
        server.ApplicationProtocols = [SslApplicationProtocol.Http11];
        await using var upstream = new FakeUpstream(server).ExpectProxyHeader();
        await using var proxy = await Start(
            upstream, new UpstreamProxyProtocolOptions { TransportSocket = new("tls", new UpstreamTlsOptions()) }, c => c with { HttpProtocol = UpstreamHttpProtocol.Negotiated });
        for (var i = 1; i <= 2; i++)
        {
            using var client = await proxy.ConnectAsync();
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
            Assert.That((await upstream.ConnectedAsync(i)).ProxyHeader, Is.EqualTo(Header(ProxyProtocolHeaderVersion.V1, client, proxy)));
            client.Dispose();
            await upstream.EndedAsync(i);
        }

        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 0);
        Assert.That(await PoolsAsync(proxy), Is.Zero);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(2));
    }

    [Test]
    public async Task Tcp_HeaderGoesBeforeTheClientSendsAnything([Values] bool tls)
    {
        await using var upstream = (tls ? new FakeUpstream(UpstreamServer()) : new FakeUpstream()).ExpectProxyHeader().OnConnection(async c =>
        {
            await c.SendAsync("220 ready\r\n");
            await c.EchoAsync();
        });
        var socket = new UpstreamProxyProtocolOptions { Config = V2() };
        await using var proxy = await StartTcp(upstream, tls ? socket with { TransportSocket = new("tls", new UpstreamTlsOptions()) } : socket);
        using var client = await proxy.ConnectAsync();
        Assert.That(Encoding.ASCII.GetString(await client.ReadExactlyAsync(11)), Is.EqualTo("220 ready\r\n"));
        await client.SendAsync("hello");
        Assert.That(Encoding.ASCII.GetString(await client.ReadExactlyAsync(5)), Is.EqualTo("hello"));
        Assert.That((await upstream.ConnectedAsync()).ProxyHeader, Is.EqualTo(Header(ProxyProtocolHeaderVersion.V2, client, proxy)));
        client.ShutdownSend();
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
    }

    [Test]
    public async Task Tcp_ClientThatEndsAtOnce_IsStillToldOf()
    {
        var received = new TaskCompletionSource<byte[]>();
        await using var upstream = new FakeUpstream().ExpectProxyHeader().OnConnection(async c => received.SetResult(await c.ReadToEndAsync()));
        await using var proxy = await StartTcp(upstream, new UpstreamProxyProtocolOptions());
        using var client = await proxy.ConnectAsync();
        client.ShutdownSend();
        Assert.That(await received.Task, Is.Empty);
        Assert.That((await upstream.ConnectedAsync()).ProxyHeader, Is.EqualTo(Header(ProxyProtocolHeaderVersion.V1, client, proxy)));
    }

    [Test]
    public async Task Client_OfAProxyBeforeUs_IsToldOfWithItsExtensions([Values] bool tcp)
    {
        var socket = new UpstreamProxyProtocolOptions
        {
            Config = V2() with { PassThrough = new PassThroughTlvs { IsAll = false, Types = [1] }, AddedTlvs = [new(9, [.. "mine"u8]), new(8, [.. "mine"u8])] },
        };
        await using var upstream = new FakeUpstream().ExpectProxyHeader();
        ClusterConfig HostTlvs(ClusterConfig c) => c with
        {
            Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [c.Endpoints[0].LbEndpoints[0] with { ProxyProtocolTlvs = [new(8, [.. "host"u8])] }] }],
        };
        var filter = new ProxyProtocolOptions { PassThrough = new PassThroughTlvs() };
        await using var proxy = tcp
            ? await StartTcp(upstream, socket, filter, HostTlvs)
            : await Start(upstream, socket, HostTlvs, Options with { Configure = With(filter) });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(HeaderWithTlvs);
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That((await upstream.ConnectedAsync()).ProxyHeader, Is.EqualTo(new ReceivedProxyHeader
        {
            Version = 2,
            Source = IPEndPoint.Parse("192.0.2.7:1000"),
            Destination = IPEndPoint.Parse("198.51.100.2:443"),
            Tlvs = [new(8, [.. "host"u8]), new(9, [.. "mine"u8]), new(1, [.. "a"u8])],
        }));
    }

    [Test]
    public async Task Clients_ThatDifferInExtensionsOnly_AreNotMixed()
    {
        await using var upstream = new FakeUpstream().ExpectProxyHeader();
        await using var proxy = await Start(
            upstream, new UpstreamProxyProtocolOptions { Config = V2() with { PassThrough = new PassThroughTlvs() } },
            options: Options with { Configure = With(new ProxyProtocolOptions { PassThrough = new PassThroughTlvs() }) });
        var other = HeaderWithTlvs.ToArray();
        other[^1] = (byte)'c';
        using var first = await proxy.ConnectAsync();
        using var second = await proxy.ConnectAsync();
        using var third = await proxy.ConnectAsync();
        await first.SendAsync(HeaderWithTlvs);
        await second.SendAsync(other);
        await third.SendAsync(HeaderWithTlvs);
        foreach (var client in new[] { first, second, third })
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That(upstream.Connections.Select(c => c.ProxyHeader!.Tlvs[1].Value[0]), Is.EqualTo("bc"u8.ToArray()), "the third tells what the first does");
        first.Dispose();
        Assert.That((await third.ExchangeAsync(Get)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task ConnectionState_NotAdded_OnlyTellsOfClientsThatWereToldOf([Values] ProxyProtocolHeaderVersion version, [Values] bool toldOf)
    {
        await using var upstream = new FakeUpstream().ExpectProxyHeader();
        await using var proxy = await Start(
            upstream, new UpstreamProxyProtocolOptions { Config = new ProxyProtocolConfig { Version = version } },
            options: Options with
            {
                ConfigureHttp = h => h with { AddProxyProtocolConnectionState = false },
                Configure = With(new ProxyProtocolOptions { AllowRequestsWithoutProxyProtocol = true }),
            });
        for (var i = 0; i < 2; i++)
        {
            using var client = await proxy.ConnectAsync();
            if (toldOf)
                await client.SendAsync(HeaderWithTlvs);
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        }

        var connection = await upstream.ConnectedAsync();
        if (toldOf)
        {
            Assert.That(connection.ProxyHeader!.Source, Is.EqualTo(IPEndPoint.Parse("192.0.2.7:1000")));
            return;
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Connections, Has.Count.EqualTo(1), "it is nobody's own");
            Assert.That(connection.ProxyHeader!.IsLocal, Is.EqualTo(version == ProxyProtocolHeaderVersion.V2));
            Assert.That(connection.ProxyHeader.Destination, Is.EqualTo(version == ProxyProtocolHeaderVersion.V2 ? null : upstream.EndPoint));
        }
    }

    [Test]
    public async Task Mirror_IsNoClients()
    {
        await using var upstream = new FakeUpstream();
        await using var mirror = new FakeUpstream().ExpectProxyHeader();
        var cluster = new ClusterConfig
        {
            Name = "mirror",
            TransportSocket = new("header", new UpstreamProxyProtocolOptions { Config = V2() }),
            Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(mirror.Address)] }],
        };
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { RequestMirrorPolicies = [new RequestMirrorPolicyConfig { Cluster = "mirror" }] },
            Configure = c => c with { Clusters = [.. c.Clusters, cluster] },
        });
        for (var i = 1; i <= 2; i++)
        {
            using var client = await proxy.ConnectAsync();
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
            await mirror.ReceivedAsync(i);
            await proxy.WaitForAsync("cluster.mirror.upstream_rq_200", i);
        }

        Assert.That(mirror.Connections.Select(c => c.ProxyHeader!.IsLocal), Is.EqualTo(new[] { true }));
    }

    [Test]
    public async Task Extensions_TooLong_AreLeftOutAndCounted([Values] bool fits)
    {
        await using var upstream = new FakeUpstream().ExpectProxyHeader();
        var large = new ProxyProtocolTlv(1, ValueList.Create<byte>(Bytes(fits ? 65_000 : 65_535)));
        await using var proxy = await Start(upstream, new UpstreamProxyProtocolOptions { Config = V2() with { AddedTlvs = [large, new(2, [2])] } });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        var header = (await upstream.ConnectedAsync()).ProxyHeader!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(header.Tlvs, Is.EqualTo(fits ? (ProxyProtocolTlv[])[large, new(2, [2])] : [new(2, [2])]));
            Assert.That(proxy.Statistics["cluster.upstream.upstream.proxyprotocol.v2_tlvs_exceed_max_length"], Is.EqualTo(fits ? 0 : 1));
        }
    }

    [Test]
    public async Task Upstream_ThatRefuses_IsAConnectionFailure()
    {
        await using var upstream = FakeUpstream.ThatRefuses();
        await using var proxy = await Start(upstream, new UpstreamProxyProtocolOptions());
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(503));
        await AssertLogged(proxy, 503, ResponseFlags.UpstreamConnectionFailure, "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}");
        await AssertQuiet(proxy);
        Assert.That(await PoolsAsync(proxy), Is.Zero);
    }

    [Test]
    public async Task Http_ClientThatGoesWhileItsConnectionIsMade_LeavesNothing()
    {
        // It is sent the header, and never answers the handshake.
        await using var upstream = new FakeUpstream().ExpectProxyHeader().OnConnection(c => c.WaitForEndAsync());
        await using var proxy = await Start(upstream, new UpstreamProxyProtocolOptions { TransportSocket = new("tls", new UpstreamTlsOptions()) });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ConnectedAsync();
        client.Dispose();
        await AssertQuiet(proxy);
        await proxy.WaitForAsync("http.ingress.downstream_cx_active", v => v == 0);
        Assert.That(await PoolsAsync(proxy), Is.Zero);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        await upstream.EndedAsync();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 0);
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Client_WithoutAnAddress_IsNobodyUnlessItMayBe([Values] ProxyProtocolHeaderVersion version, [Values] bool allowed)
    {
        var folder = Directory.CreateTempSubdirectory("envoy-");
        try
        {
            await using var upstream = new FakeUpstream().ExpectProxyHeader();
            await using var proxy = await Start(
                upstream,
                new UpstreamProxyProtocolOptions { Config = new ProxyProtocolConfig { Version = version, AddedTlvs = [new(1, [7])] }, AllowUnspecifiedAddress = allowed },
                options: Options with { Address = new PipeAddressConfig(Path.Combine(folder.FullName, "s")) });
            using var first = await proxy.ConnectAsync();
            using var second = await proxy.ConnectAsync();
            foreach (var client in new[] { first, second })
                Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
            first.Dispose();
            Assert.That((await second.ExchangeAsync(Get)).Status, Is.EqualTo(200));
            var told = version == ProxyProtocolHeaderVersion.V2 && allowed;
            var expected = new ReceivedProxyHeader { Version = version == ProxyProtocolHeaderVersion.V1 ? 1 : 2, IsLocal = !told, Tlvs = told ? [new(1, [7])] : [] };
            Assert.That(upstream.Connections.Select(c => c.ProxyHeader), Is.All.EqualTo(expected));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Connect_TunnelsHeader_HasExtensionsToo()
    {
        await using var upstream = new FakeUpstream().ExpectProxyHeader().OnConnection(c => c.EchoAsync());
        var connect = new ConnectConfig { ProxyProtocol = V2() with { PassThrough = new PassThroughTlvs(), AddedTlvs = [new(1, [7])] } };
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { UpgradeConfigs = [new RouteUpgradeConfig("CONNECT") { Connect = connect }] },
            Configure = c => With(new ProxyProtocolOptions { PassThrough = new PassThroughTlvs() })(WithConnectMatch(c)),
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(HeaderWithTlvs);
        await client.SendAsync("CONNECT target.test:443 HTTP/1.1\r\nhost: target.test:443\r\n\r\n");
        Assert.That((await client.ReadResponseAsync(toHead: true)).Status, Is.EqualTo(200));
        await client.SendAsync("hello");
        Assert.That(Encoding.ASCII.GetString(await client.ReadExactlyAsync(5)), Is.EqualTo("hello"));
        var header = (await upstream.ConnectedAsync()).ProxyHeader!;
        Assert.That((header.Source?.ToString(), header.Tlvs), Is.EqualTo(("192.0.2.7:1000", (ValueList<ProxyProtocolTlv>)[new(1, [7]), new(2, [.. "b"u8])])));
    }

    private static ProxyProtocolConfig V2() => new() { Version = ProxyProtocolHeaderVersion.V2 };

    private static ReceivedProxyHeader Header(ProxyProtocolHeaderVersion version, RawClient client, TestProxy proxy) => new()
    {
        Version = version == ProxyProtocolHeaderVersion.V1 ? 1 : 2,
        Source = (IPEndPoint)client.LocalEndPoint!,
        Destination = (IPEndPoint)proxy.Address,
    };

    private static Task<int> PoolsAsync(TestProxy proxy) => proxy.Proxy.Runtime.Workers[0].InvokeAsync(
        () => HttpPools.Of(WorkerClusters.Of(proxy.Proxy.Runtime.Workers[0]).Find(TestProxy.ClusterName)!).NamedCount);

    private static async Task AnswerHttp2(FakeConnection connection)
    {
        var http2 = await Http2Server.AcceptAsync(connection);
        for (var i = 0; i < 2; i++)
        {
            var request = await http2.ReadAsync(Http2FrameType.Headers);
            await http2.SendAsync(http2.Headers(request.Header.StreamId, end: true, [(":status", "200")]));
        }

        await connection.WaitForEndAsync();
    }

    private static Func<ProxyConfig, ProxyConfig> With(ProxyProtocolOptions filter) => config => config with
    {
        Listeners = [config.Listeners[0] with { ListenerFilters = [new ListenerFilterConfig("envoy.filters.listener.proxy_protocol", filter)] }],
    };

    private static ProxyConfig WithConnectMatch(ProxyConfig config)
    {
        var chain = config.Listeners[0].FilterChains[0];
        var manager = (ConnectionManager.HttpConnectionManagerOptions)chain.Filters[0].Options;
        var host = manager.RouteConfig.VirtualHosts[0];
        var route = host.Routes[0] with { Match = new RouteMatchConfig { Path = new ConnectMatchConfig() } };
        manager = manager with { RouteConfig = manager.RouteConfig with { VirtualHosts = [host with { Routes = [route] }] } };
        return config with { Listeners = [config.Listeners[0] with { FilterChains = [chain with { Filters = [chain.Filters[0] with { Options = manager }] }] }] };
    }

    private Task<TestProxy> Start(
        FakeUpstream upstream, UpstreamProxyProtocolOptions socket, Func<ClusterConfig, ClusterConfig>? cluster = null, TestProxyOptions? options = null) =>
        TestProxy.ForwardTo(upstream, (options ?? Options) with
        {
            ConfigureCluster = c => (cluster?.Invoke(c) ?? c) with { TransportSocket = new UpstreamTransportSocketConfig("header", socket) },
        });

    private Task<TestProxy> StartTcp(
        FakeUpstream upstream, UpstreamProxyProtocolOptions socket, ProxyProtocolOptions? filter = null, Func<ClusterConfig, ClusterConfig>? cluster = null)
    {
        var target = new ClusterConfig
        {
            Name = TestProxy.ClusterName,
            TransportSocket = new UpstreamTransportSocketConfig("header", socket),
            Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(upstream.Address)] }],
        };
        var config = new ProxyConfigBuilder()
            .AddListener("tcp", l => l.Address("127.0.0.1", 0).AddFilter("tcp", new TcpProxyOptions { StatPrefix = "t", Cluster = TestProxy.ClusterName }))
            .AddCluster(cluster?.Invoke(target) ?? target).Build();
        return TestProxy.StartAsync(filter is null ? config : With(filter)(config), Options);
    }
}
