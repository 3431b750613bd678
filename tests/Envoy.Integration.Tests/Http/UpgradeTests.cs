using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Envoy.ConnectionManager;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Clients that change from HTTP to another protocol.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class UpgradeTests(EngineKind engine) : HttpFixture(engine)
{
    private const string Ask = "GET /chat HTTP/1.1\r\nhost: test\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\nsec-websocket-key: k\r\n\r\n";
    private const string Grant = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: a\r\n\r\n";

    [Test]
    public async Task Upgrade_ThatTheUpstreamGrants_JoinsBothSides()
    {
        var head = new TaskCompletionSource<string>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            head.SetResult(await ReadHead(c));
            await c.SendAsync(Grant + "first");
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        var response = await client.ReadResponseAsync(toHead: true);
        var first = await client.ReadExactlyAsync(5);
        await client.SendAsync("\0any bytes");
        var echo = await client.ReadExactlyAsync("\0any bytes"u8.Length);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await head.Task, Does.Contain("connection: keep-alive, Upgrade\r\n").And.Contain("upgrade: WebSocket\r\n").And.Not.Contain("transfer-encoding"));
            Assert.That(response.Status, Is.EqualTo(101));
            Assert.That(response.Headers["connection"], Is.EqualTo("Upgrade"));
            Assert.That(response.Headers["upgrade"], Is.EqualTo("websocket"));
            Assert.That(response.Headers.Contains("transfer-encoding"), Is.False);
            Assert.That(Encoding.UTF8.GetString(first), Is.EqualTo("first"));
            Assert.That(echo, Is.EqualTo("\0any bytes"u8.ToArray()));
        }

        Assert.That(proxy.Statistics["http.ingress.downstream_cx_upgrades_total"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_upgrades_active"], Is.EqualTo(1));
        client.Dispose();
        await upstream.EndedAsync();
        await proxy.WaitForAsync("http.ingress.downstream_cx_upgrades_active", v => v == 0);
        await AssertLogged(proxy, 101, ResponseFlags.DownstreamConnectionTermination, "downstream_remote_disconnect");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task UpstreamsEnd_EndsTheClientToo()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadHead(c);
            await c.SendAsync(Grant + "bye");
            c.Close();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await client.ReadResponseAsync(toHead: true);
        var (bytes, end) = await client.ReadToEndAsync();
        Assert.That((Encoding.UTF8.GetString(bytes), end), Is.EqualTo(("bye", ConnectionEnd.ByPeer)));
        await AssertLogged(proxy, 101, ResponseFlags.None, "via_upstream");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task BytesBehindTheRequest_WaitUntilTheUpstreamAgrees()
    {
        var received = new TaskCompletionSource<string>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            received.SetResult(await ReadHead(c));
            await c.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno");
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask + "GET /smuggled HTTP/1.1\r\nhost: test\r\n\r\n");
        var response = await client.ReadResponseAsync();
        var (rest, _) = await client.ReadToEndAsync();
        var connection = await upstream.EndedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((response.Status, response.BodyText), Is.EqualTo((200, "no")));
            Assert.That(response.Headers["connection"], Is.EqualTo("close"));
            Assert.That(rest, Is.Empty);
            Assert.That(connection.BytesReceived, Is.EqualTo((await received.Task).Length), "nothing but the request's head");
        }
    }

    [Test]
    public async Task ManyBytes_BothWays_ArriveWhole()
    {
        var payload = Bytes(3_000_000);
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadHead(c);
            await c.SendAsync(Grant);
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await client.ReadResponseAsync(toHead: true);
        var sending = client.SendAsync(payload);
        var echo = await client.ReadExactlyAsync(payload.Length);
        await sending;
        Assert.That(echo.AsSpan().SequenceEqual(payload), Is.True);
    }

    [Test]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "RFC 6455 section 4.2.2 wants it.")]
    public async Task WebSocketClient_TalksThroughTheProxy()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var head = await ReadHead(c);
            var key = head.Split("\r\n").Single(l => l.StartsWith("sec-websocket-key: ", StringComparison.Ordinal))[19..];
            var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
            await c.SendAsync($"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n\r\n");
            var frame = await c.ReadExactlyAsync(2 + 4 + 3);
            for (var i = 0; i < 3; i++)
                frame[6 + i] ^= frame[2 + i];
            // Back without the mask that only clients use.
            await c.SendAsync(new byte[] { 0x81, 3, frame[6], frame[7], frame[8] });
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(proxy.BaseUri) { Scheme = "ws" }.Uri, CancellationToken.None);
        await socket.SendAsync("abc"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var buffer = new byte[16];
        var result = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        Assert.That((result.Count, result.EndOfMessage, Encoding.UTF8.GetString(buffer, 0, result.Count)), Is.EqualTo((3, true, "abc")));
        socket.Abort();
    }

    [Test]
    public async Task Upgrade_OfATypeThatIsNotAllowed_Is403()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(403));
        await AssertLogged(proxy, 403, ResponseFlags.None, "upgrade_failed");
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_ws_on_non_ws_route"], Is.EqualTo(1));
        Assert.That(upstream.Requests, Is.Empty);
    }

    [Test]
    public async Task Upgrade_ToH2c_IsIgnored()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: x\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(200));
        Assert.That((await upstream.ReceivedAsync()).Headers.Contains("upgrade"), Is.False);
    }

    [Test]
    public async Task Upgrade_WithABody_Is403()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-length: 2\r\n\r\nhi");
        Assert.That(response.Status, Is.EqualTo(403));
        Assert.That(upstream.Requests, Is.Empty);
    }

    [TestCase(true, false, 101)]
    [TestCase(false, true, 403)]
    public async Task Route_HasTheLastWord(bool route, bool manager, int status)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadHead(c);
            await c.SendAsync(Grant);
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { UpgradeConfigs = [new RouteUpgradeConfig("websocket", route)] },
            ConfigureHttp = h => h with { UpgradeConfigs = [new UpgradeConfig("WEBSOCKET", manager)] },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        Assert.That((await client.ReadResponseAsync(toHead: true)).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task IdleTunnel_EndsWithTheStreamsIdleTimeout()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadHead(c);
            await c.SendAsync(Grant);
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await client.ReadResponseAsync(toHead: true);
        await proxy.AdvanceAsync(TimeSpan.FromMinutes(4));
        await client.SendAsync("still here");
        await client.ReadExactlyAsync(10);
        await proxy.AdvanceAsync(TimeSpan.FromMinutes(4));
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_upgrades_active"], Is.EqualTo(1));
        await proxy.AdvanceAsync(TimeSpan.FromMinutes(2));
        await client.ReadToEndAsync();
        await AssertLogged(proxy, 101, ResponseFlags.StreamIdleTimeout, "stream_idle_timeout");
    }

    [Test]
    public async Task Upgrade_ThatIsGranted_OutlivesTheTimesOfARequest()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadHead(c);
            await c.SendAsync(Grant);
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading() with
        {
            ConfigureHttp = h => h with { UpgradeConfigs = [new UpgradeConfig("websocket")], RequestTimeout = TimeSpan.FromSeconds(5) },
            ConfigureRoute = r => r with { Timeout = TimeSpan.FromSeconds(10), RetryPolicy = new() { RetryOn = "5xx", PerTryTimeout = TimeSpan.FromSeconds(3) } },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await client.ReadResponseAsync(toHead: true);
        await proxy.AdvanceAsync(TimeSpan.FromMinutes(1));
        await client.SendAsync("still here");
        Assert.That(Encoding.UTF8.GetString(await client.ReadExactlyAsync(10)), Is.EqualTo("still here"));
    }

    [Test]
    public async Task Upgrade_ThatTheUpstreamDoesNotAnswer_Is504WhenTheRoutesTimeIsUp()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadHead(c);
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_active", v => v == 1);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(16));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(504));
        await AssertLogged(proxy, 504, ResponseFlags.UpstreamRequestTimeout, "upstream_response_timeout");
        await AssertQuiet(proxy);
    }

    [TestCase("", TestName = "ClientLeaves_BeforeTheUpstreamAgrees_EndsTheUpstreamToo")]
    [TestCase("early", TestName = "ClientLeaves_WithBytesUnsent_EndsWithTheRoutesTimeAtTheLatest")]
    public async Task ClientLeaves(string early)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadHead(c);
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Ask + early);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_active", v => v == 1);
        client.Dispose();
        if (early.Length > 0)
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(16));
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Upgrade_OfAnHttp10Client_IsIgnored()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(
            upstream, Options with { ConfigureHttp = h => h with { AcceptHttp10 = true, UpgradeConfigs = [new UpgradeConfig("websocket")] } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Ask.Replace("HTTP/1.1", "HTTP/1.0", StringComparison.Ordinal));
        Assert.That(response.Status, Is.EqualTo(200));
        Assert.That((await upstream.ReceivedAsync()).Headers.Contains("upgrade"), Is.False);
    }

    [Test]
    public async Task UpgradeHeader_OfAFilter_IsNotSent()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            Filters =
            [
                () => new ScriptedFilter
                {
                    RequestHeaders = (_, headers, _) =>
                    {
                        headers.Add("upgrade"u8, "websocket"u8);
                        headers.Add("connection"u8, "upgrade"u8);
                        return FilterChains.Http.FilterStatus.Continue;
                    },
                },
            ],
        });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\nhi")).Status, Is.EqualTo(200));
        var request = await upstream.ReceivedAsync();
        Assert.That((request.BodyText, request.Headers.Contains("upgrade"), request.Headers.Contains("connection")), Is.EqualTo(("hi", false, false)));
    }

    private static async Task<string> ReadHead(FakeConnection connection)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head.Append((char)(await connection.ReadExactlyAsync(1))[0]);
        return head.ToString();
    }

    private TestProxyOptions Upgrading() => Options with { ConfigureHttp = h => h with { UpgradeConfigs = [new UpgradeConfig("websocket")] } };
}
