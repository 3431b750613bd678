using System.Text;
using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.FilterChains.Http;
using Envoy.Filters.Http.Router;
using Envoy.Formatting;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Net;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Clients that ask for a tunnel with CONNECT: ended here, or forwarded as it is, over every pair of protocols.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class ConnectTests(EngineKind engine) : HttpFixture(engine)
{
    private const string Ask = "CONNECT target.test:443 HTTP/1.1\r\nhost: target.test:443\r\n\r\n";

    [Test]
    public async Task Terminated_OverHttp1_BecomesAPlainConnection()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(new ConnectConfig()));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        var response = await client.ReadResponseAsync(toHead: true);
        await client.SendAsync("\0any bytes");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await client.ReadExactlyAsync("\0any bytes"u8.Length), Is.EqualTo("\0any bytes"u8.ToArray()));
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Headers.Contains("transfer-encoding"), Is.False);
            Assert.That(response.Headers.Contains("content-length"), Is.False);
            Assert.That(response.Headers.Contains("connection"), Is.False);
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_upgrades_active"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_active"], Is.EqualTo(1));
        }

        client.Dispose();
        var ended = await upstream.EndedAsync();
        Assert.That(ended.BytesReceived, Is.EqualTo(10), "nothing of HTTP reaches the host");
        await AssertLogged(proxy, 200, ResponseFlags.DownstreamConnectionTermination, "downstream_remote_disconnect");
        await AssertEnded(proxy);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_200"], Is.EqualTo(1));
    }

    [Test]
    public async Task Terminated_OverHttp1_WhatTheClientLeftBehindArrives()
    {
        var received = new TaskCompletionSource<byte[]>();
        await using var upstream = new FakeUpstream().OnConnection(async c => received.SetResult(await c.ReadToEndAsync()));
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(new ConnectConfig()));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await client.ReadResponseAsync(toHead: true);
        await client.SendAsync("last words");
        client.ShutdownSend();
        Assert.That(await received.Task, Is.EqualTo("last words"u8.ToArray()));
        await AssertEnded(proxy);
    }

    [Test]
    public async Task Terminated_UpstreamsEnd_EndsTheClient()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await c.SendAsync("bye");
            c.Close();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(new ConnectConfig()));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await client.ReadResponseAsync(toHead: true);
        var (bytes, end) = await client.ReadToEndAsync();
        Assert.That((Encoding.ASCII.GetString(bytes), end), Is.EqualTo(("bye", ConnectionEnd.ByPeer)));
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        await AssertEnded(proxy);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Terminated_OverHttp2_HalfCloseGoesThrough(bool proxyHeader)
    {
        var received = new TaskCompletionSource<string>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            received.SetResult(Encoding.ASCII.GetString(await c.ReadToEndAsync()));
            await c.SendAsync("and you");
            c.Close();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(new ConnectConfig { ProxyProtocol = proxyHeader ? new ProxyProtocolConfig() : null }));
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Headers(1, end: false, (":method", "CONNECT"), (":authority", "target.test:443")));
        var granted = await client.ReadAsync(Http2FrameType.Headers);
        await client.SendAsync(Http2Client.Data(1, "me first", end: true));
        var text = await received.Task;
        var answer = await client.ReadAsync(Http2FrameType.Data);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(granted.Fields, Does.Contain((":status", "200")));
            Assert.That(granted.Header.Has(Http2FrameFlags.EndStream), Is.False);
            Assert.That(text, Does.EndWith("me first"));
            if (proxyHeader)
                Assert.That(text, Does.Match($@"^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ {proxy.Port}\r\nme first$"));
            Assert.That(Encoding.ASCII.GetString(answer.Payload), Is.EqualTo("and you"));
        }

        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        await AssertEnded(proxy);
    }

    [Test]
    public async Task Terminated_BinaryProxyHeader_NamesBothEnds()
    {
        var header = new TaskCompletionSource<byte[]>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            header.SetResult(await c.ReadExactlyAsync(28));
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(new ConnectConfig { ProxyProtocol = new ProxyProtocolConfig { Version = ProxyProtocolHeaderVersion.V2 } }));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await client.ReadResponseAsync(toHead: true);
        var bytes = await header.Task;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(bytes[..16], Is.EqualTo("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"u8.ToArray()));
            Assert.That(bytes[16..24], Is.EqualTo(new byte[] { 127, 0, 0, 1, 127, 0, 0, 1 }));
            Assert.That((bytes[26] << 8) | bytes[27], Is.EqualTo(proxy.Port));
        }
    }

    [Test]
    public async Task Terminated_Post_IsATunnelOnlyWhereItMay([Values] bool allowed)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var text = await ReadUntil(c, "!");
            await c.SendAsync(allowed ? text : "HTTP/1.1 204 No Content\r\n\r\n");
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(new ConnectConfig { AllowPost = allowed }, path: new PrefixMatchConfig("/")));
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Post(1), Http2Client.Data(1, "raw!"));
        var response = await client.ReadAsync(Http2FrameType.Headers);
        Assert.That(response.Fields, Does.Contain((":status", allowed ? "200" : "204")));
        if (allowed)
            Assert.That(Encoding.ASCII.GetString((await client.ReadAsync(Http2FrameType.Data)).Payload), Is.EqualTo("raw!"));
    }

    [Test]
    public async Task Terminated_HostThatRefuses_Is503()
    {
        var gone = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(gone, Tunnelling(new ConnectConfig()));
        await gone.DisposeAsync();
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        var response = await client.ReadResponseAsync();
        Assert.That(response.Status, Is.EqualTo(503));
        Assert.That(response.BodyText, Does.Contain("remote connection failure"));
        var record = await proxy.AccessLog.NextAsync();
        Assert.That((record.Status, record.Flags), Is.EqualTo((503, ResponseFlags.UpstreamConnectionFailure)));
        Assert.That(record.Details, Does.StartWith("upstream_reset_before_response_started{remote_connection_failure|"));
        await client.ReadToEndAsync();
        await AssertEnded(proxy);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_fail"], Is.EqualTo(1));
    }

    [Test]
    public async Task Terminated_ConnectionLimit_Is503Overflow()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        var options = Tunnelling(new ConnectConfig()) with
        {
            ConfigureCluster = c => c with { CircuitBreakers = c.CircuitBreakers with { MaxConnections = 1 } },
        };
        await using var proxy = await TestProxy.ForwardTo(upstream, options);
        using var first = await proxy.ConnectAsync();
        await first.SendAsync(Ask);
        await first.ReadResponseAsync(toHead: true);
        using var second = await proxy.ConnectAsync();
        await second.SendAsync(Ask);
        Assert.That((await second.ReadResponseAsync()).Status, Is.EqualTo(503));
        await AssertLogged(proxy, 503, ResponseFlags.UpstreamOverflow, "upstream_reset_before_response_started{overflow}");
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_overflow"], Is.EqualTo(1));
    }

    [Test]
    public async Task Terminated_OverHttp2_BrokenHost_IsAConnectError()
    {
        var broken = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await broken.Task;
            c.Reset();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(new ConnectConfig()));
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Headers(1, end: false, (":method", "CONNECT"), (":authority", "target.test:443")));
        await client.ReadAsync(Http2FrameType.Headers);
        broken.SetResult();
        Assert.That(await client.ReadResetAsync(1), Is.EqualTo(Http2ErrorCode.ConnectError));
        await AssertLogged(proxy, 200, ResponseFlags.UpstreamConnectionTermination, "upstream_reset_after_response_started{connection_termination}");
        await AssertEnded(proxy);
    }

    [Test]
    public async Task Tunnel_ThatMovesNothing_EndsWithItsIdleTime()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(new ConnectConfig(), route: r => r with { IdleTimeout = TimeSpan.FromSeconds(10) }));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await client.ReadResponseAsync(toHead: true);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(9));
        await client.SendAsync("x");
        await client.ReadExactlyAsync(1);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(9));
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_idle_timeout"], Is.Zero);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));
        await client.ReadToEndAsync();
        await AssertLogged(proxy, 200, ResponseFlags.StreamIdleTimeout, "stream_idle_timeout");
        await AssertEnded(proxy);
    }

    [Test]
    public async Task Forwarded_Http1ToHttp1_IsGrantedByTheUpstream()
    {
        var head = new TaskCompletionSource<string>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            head.SetResult(await ReadUntil(c, "\r\n\r\n"));
            await c.SendAsync("HTTP/1.1 200 Connection established\r\ncontent-length: 3\r\n\r\nfirst");
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask + "early");
        var response = await client.ReadResponseAsync(toHead: true);
        var bytes = await client.ReadExactlyAsync(10);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await head.Task, Does.StartWith("CONNECT target.test:443 HTTP/1.1\r\nhost: target.test:443\r\n").And.Not.Contain("transfer-encoding").And.Not.Contain("connection:"));
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Headers.Contains("content-length"), Is.False);
            Assert.That(Encoding.ASCII.GetString(bytes), Is.EqualTo("firstearly"));
        }

        client.Dispose();
        await upstream.EndedAsync();
        await AssertEnded(proxy);
    }

    [Test]
    public async Task Forwarded_ThatTheUpstreamRefuses_KeepsTheEarlyBytes()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadUntil(c, "\r\n\r\n");
            await c.SendAsync("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 2\r\n\r\nno");
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask + "GET /smuggled HTTP/1.1\r\nhost: test\r\n\r\n");
        var response = await client.ReadResponseAsync();
        var (rest, _) = await client.ReadToEndAsync();
        var connection = await upstream.EndedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((response.Status, response.BodyText, response.Headers["connection"]), Is.EqualTo((407, "no", "close")));
            Assert.That(rest, Is.Empty);
            Assert.That(connection.BytesReceived, Is.LessThan(300), "nothing but the request's head");
        }

        await AssertEnded(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_upgrades_total"], Is.Zero);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Forwarded_ToHttp2_CarriesNeitherPathNorScheme(bool fromHttp2)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            var request = await server.ReadAsync(Http2FrameType.Headers);
            Assert.That(request.Header.Has(Http2FrameFlags.EndStream), Is.False);
            Assert.That(request.Fields, Does.Contain((":method", "CONNECT")).And.Contain((":authority", "target.test:443")));
            Assert.That(request.Fields.Select(f => f.Name), Has.None.AnyOf(":path", ":scheme", ":protocol"));
            await server.SendAsync(server.Headers(1, false, (":status", "200")));
            var data = await server.ReadAsync(Http2FrameType.Data);
            await server.SendAsync(Http2Client.Data(1, "you said " + Encoding.ASCII.GetString(data.Payload), end: true));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(over: UpstreamHttpProtocol.Http2));
        if (fromHttp2)
        {
            using var client = await Http2Client.ConnectAsync(proxy);
            await client.SendAsync(client.Headers(1, end: false, (":method", "CONNECT"), (":authority", "target.test:443")));
            Assert.That((await client.ReadAsync(Http2FrameType.Headers)).Fields, Does.Contain((":status", "200")));
            await client.SendAsync(Http2Client.Data(1, "hello"));
            Assert.That(Encoding.ASCII.GetString((await client.ReadAsync(Http2FrameType.Data)).Payload), Is.EqualTo("you said hello"));
            await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        }
        else
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync(Ask);
            Assert.That((await client.ReadResponseAsync(toHead: true)).Status, Is.EqualTo(200));
            await client.SendAsync("hello");
            var (bytes, end) = await client.ReadToEndAsync();
            Assert.That((Encoding.ASCII.GetString(bytes), end), Is.EqualTo(("you said hello", ConnectionEnd.ByPeer)));
            await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        }

        await AssertEnded(proxy);
    }

    [Test]
    public async Task Forwarded_Http2ToHttp1_HalfCloseIsTheConnections()
    {
        var received = new TaskCompletionSource<string>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadUntil(c, "\r\n\r\n");
            await c.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
            received.SetResult(Encoding.ASCII.GetString(await c.ReadToEndAsync()));
            await c.SendAsync("done");
            c.Close();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling());
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Headers(1, end: false, (":method", "CONNECT"), (":authority", "target.test:443")));
        await client.ReadAsync(Http2FrameType.Headers);
        await client.SendAsync(Http2Client.Data(1, "all of it", end: true));
        Assert.That(await received.Task, Is.EqualTo("all of it"));
        Assert.That(Encoding.ASCII.GetString((await client.ReadAsync(Http2FrameType.Data)).Payload), Is.EqualTo("done"));
        await AssertEnded(proxy);
    }

    [Test]
    public async Task ManyBytes_BothWays_ArriveWhole([Values] bool terminated)
    {
        var payload = Bytes(3_000_000);
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            if (!terminated)
            {
                await ReadUntil(c, "\r\n\r\n");
                await c.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
            }

            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(terminated ? new ConnectConfig() : null));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await client.ReadResponseAsync(toHead: true);
        var sending = client.SendAsync(payload);
        var echo = await client.ReadExactlyAsync(payload.Length);
        await sending;
        Assert.That(echo.AsSpan().SequenceEqual(payload), Is.True);
    }

    [Test]
    public async Task EarlyData_WhereItMayNotBe_Is400([Values] bool early)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadUntil(c, "\r\n\r\n");
            if (!early)
                await c.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(router: new RouterOptions { RejectConnectRequestEarlyData = true }));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask + (early ? "too soon" : ""));
        var response = await client.ReadResponseAsync(toHead: !early);
        Assert.That(response.Status, Is.EqualTo(early ? 400 : 200));
        if (early)
        {
            await AssertLogged(proxy, 400, ResponseFlags.None, "early_connect_data");
            await client.ReadToEndAsync();
            await AssertEnded(proxy);
            return;
        }

        await client.SendAsync("in time");
        Assert.That(await client.ReadExactlyAsync(7), Is.EqualTo("in time"u8.ToArray()));
    }

    [TestCase(null, false, 403)]
    [TestCase(null, true, 200)]
    [TestCase(true, false, 200)]
    [TestCase(false, true, 403)]
    public async Task WhoAllowsIt_TheRouteOrElseTheManager(bool? route, bool manager, int status)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadUntil(c, "\r\n\r\n");
            await c.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
            await c.EchoAsync();
        });
        var options = Tunnelling(route: r => r with { UpgradeConfigs = route is { } enabled ? [new RouteUpgradeConfig("connect", enabled)] : [] });
        var inner = options.ConfigureHttp!;
        await using var proxy = await TestProxy.ForwardTo(upstream, options with
        {
            ConfigureHttp = h => inner(h) with { UpgradeConfigs = [new UpgradeConfig("CONNECT", manager)] },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        Assert.That((await client.ReadResponseAsync(toHead: true)).Status, Is.EqualTo(status));
        if (status != 403)
            return;
        await client.ReadToEndAsync();
        await AssertLogged(proxy, 403, ResponseFlags.None, "upgrade_failed");
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_ws_on_non_ws_route"], Is.EqualTo(1));
        await AssertEnded(proxy);
    }

    [Test]
    public async Task WithoutARoute_Is404()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Tunnelling(path: new PrefixMatchConfig("/")));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(404));
        await client.ReadToEndAsync();
        await AssertLogged(proxy, 404, ResponseFlags.NoRouteFound, "route_not_found");
    }

    [Test]
    public async Task StrippedPort_IsToldTheUpstreamAgain()
    {
        var head = new TaskCompletionSource<string>();
        await using var upstream = new FakeUpstream().OnConnection(async c => head.SetResult(await ReadUntil(c, "\r\n\r\n")));
        var options = Tunnelling();
        var inner = options.ConfigureHttp!;
        await using var proxy = await TestProxy.ForwardTo(upstream, options with { ConfigureHttp = h => inner(h) with { StripAnyHostPort = true } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        Assert.That(await head.Task, Does.StartWith("CONNECT target.test:443 HTTP/1.1\r\n"));
    }

    [Test]
    public async Task ConnectUdp_IsRefusedByName()
    {
        await using var upstream = new FakeUpstream();
        var options = Tunnelling(route: r => r with { UpgradeConfigs = [new RouteUpgradeConfig("CONNECT-UDP")] });
        Assert.That(async () => await TestProxy.ForwardTo(upstream, options), Throws.Exception.Message.Contains("'CONNECT-UDP' is read, but not served yet"));
    }

    private TestProxyOptions Tunnelling(
        ConnectConfig? connect = null, UpstreamHttpProtocol over = UpstreamHttpProtocol.Http1, PathMatchConfig? path = null,
        Func<ForwardActionConfig, ForwardActionConfig>? route = null, RouterOptions? router = null)
    {
        var forward = new ForwardActionConfig { Cluster = TestProxy.ClusterName, UpgradeConfigs = [new RouteUpgradeConfig("CONNECT") { Connect = connect }] };
        var config = new RouteConfig { Match = new RouteMatchConfig { Path = path ?? new ConnectMatchConfig() }, Action = route?.Invoke(forward) ?? forward };
        return Options with
        {
            ConfigureCluster = c => c with { HttpProtocol = over },
            ConfigureHttp = h => h with
            {
                RouteConfig = new RouteConfiguration { Name = "test", VirtualHosts = [new VirtualHostConfig { Name = "all", Domains = ["*"], Routes = [config] }] },
                HttpFilters = router is null ? h.HttpFilters : [new HttpFilterConfig("envoy.filters.http.router", router)],
            },
        };
    }

    private static async Task AssertEnded(TestProxy proxy)
    {
        await proxy.WaitForAsync("http.ingress.downstream_cx_upgrades_active", v => v == 0);
        await AssertQuiet(proxy);
    }

    private static async Task<string> ReadUntil(FakeConnection connection, string end)
    {
        var text = new StringBuilder();
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
            text.Append((char)(await connection.ReadExactlyAsync(1))[0]);
        return text.ToString();
    }
}
