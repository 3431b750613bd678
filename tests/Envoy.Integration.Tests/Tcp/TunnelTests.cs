using System.Text;
using Envoy.Clusters;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Formatting;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Net;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Tcp;

/// <summary>TCP connections that go through a tunnel of an upstream proxy (<c>tunneling_config</c>).</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class TunnelTests(EngineKind engine) : TcpFixture(engine)
{
    [Test]
    public async Task OverHttp1_AsksWithConnect_AndJoins()
    {
        var head = new TaskCompletionSource<string>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            head.SetResult(await ReadHead(c));
            await c.SendAsync("HTTP/1.1 200 Connection established\r\n\r\nhello");
            await c.EchoAsync();
        });
        var tunnel = new TunnelingConfig
        {
            Hostname = "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%:443",
            HeadersToAdd = [new HeaderValueOptionConfig("x-from", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")],
        };
        await using var proxy = await Forward([upstream], t => t with { Tunneling = tunnel });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("early");
        var bytes = await client.ReadExactlyAsync(10);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Encoding.ASCII.GetString(bytes), Is.EqualTo("helloearly"));
            Assert.That(await head.Task, Is.EqualTo("CONNECT 127.0.0.1:443 HTTP/1.1\r\nhost: 127.0.0.1:443\r\nx-from: 127.0.0.1\r\n\r\n"));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_active"], Is.EqualTo(1));
        }

        client.ShutdownSend();
        await client.ReadToEndAsync();
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
        var record = await proxy.AccessLog.NextAsync();
        Assert.That((record.Flags, record.BytesReceived, record.BytesSent), Is.EqualTo((ResponseFlags.None, 5L, 10L)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task OverHttp2_SharesOneConnection(bool post)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            for (var stream = 1u; stream <= 3; stream += 2)
            {
                var request = await server.ReadAsync(Http2FrameType.Headers);
                Assert.That(request.Fields, Does.Contain((":method", post ? "POST" : "CONNECT")).And.Contain((":authority", "host.test:1")));
                Assert.That(request.Fields.Contains((":path", "/in")), Is.EqualTo(post));
                Assert.That(request.Fields.Contains((":scheme", "http")), Is.EqualTo(post));
                await server.SendAsync(server.Headers(stream, false, (":status", "200")));
                Http2Received data;
                var text = "";
                do
                {
                    data = await server.ReadAsync(Http2FrameType.Data);
                    text += Encoding.ASCII.GetString(data.Payload);
                }
                while (!data.Header.Has(Http2FrameFlags.EndStream));
                await server.SendAsync(Http2Client.Data(stream, "you said " + text, end: true));
            }

            await c.ReadToEndAsync();
        });
        await using var proxy = await Forward(
            [upstream],
            t => t with { Tunneling = new TunnelingConfig { Hostname = "host.test:1", UsePost = post, PostPath = post ? "/in" : "" } },
            c => c with { HttpProtocol = UpstreamHttpProtocol.Http2 });
        for (var i = 0; i < 2; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync("hi");
            client.ShutdownSend();
            var (bytes, end) = await client.ReadToEndAsync();
            Assert.That((Encoding.ASCII.GetString(bytes), end), Is.EqualTo(("you said hi", ConnectionEnd.ByPeer)));
        }

        await AssertQuiet(proxy);
        Assert.That(upstream.Connections, Has.Count.EqualTo(1));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_total"], Is.EqualTo(2));
        Assert.That(proxy.Statistics["cluster.upstream.http2.streams_active"], Is.Zero);
    }

    [Test]
    public async Task OpenTunnel_IsAnActiveStream_UntilTheClientLeaves()
    {
        var code = new TaskCompletionSource<Http2ErrorCode>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(server.Headers(1, false, (":status", "200")), Http2Client.Data(1, "x"));
            code.SetResult((await server.ReadAsync(Http2FrameType.RstStream)).Code);
            await c.ReadToEndAsync();
        });
        await using var proxy = await Forward([upstream], t => t with { Tunneling = new TunnelingConfig { Hostname = "host.test:1" } }, c => c with { HttpProtocol = UpstreamHttpProtocol.Http2 });
        using var client = await proxy.ConnectAsync();
        await client.ReadExactlyAsync(1);
        Assert.That(proxy.Statistics["cluster.upstream.http2.streams_active"], Is.EqualTo(1));
        client.Reset();
        Assert.That(await code.Task, Is.EqualTo(Http2ErrorCode.Cancel));
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["cluster.upstream.http2.streams_active"], Is.Zero);
    }

    [Test]
    public async Task TunnelBegunBehindAFullConnection_LeavesItsNeighboursInPeace()
    {
        var more = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c, (Http2Setting.InitialWindowSize, int.MaxValue));
            await server.SendAsync(Http2Client.Number(Http2FrameType.WindowUpdate, 0, int.MaxValue - 65535));
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(server.Headers(1, false, (":status", "200")));
            await more.Task;
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(server.Headers(3, false, (":status", "200")), Http2Client.Data(3, "second"), Http2Client.Data(1, "first"));
            await c.ReadToEndAsync();
        });
        await using var proxy = await Forward([upstream], t => t with { Tunneling = new TunnelingConfig { Hostname = "host.test:1" } }, c => c with { HttpProtocol = UpstreamHttpProtocol.Http2 });
        using var first = await proxy.ConnectAsync();
        var sending = first.SendAsync(new byte[SystemBuffers.Most]);
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_backed_up_total");
        using var second = await proxy.ConnectAsync();
        await proxy.WaitForAsync("cluster.upstream.http2.streams_active", 2);
        more.SetResult();
        Assert.That(Encoding.ASCII.GetString(await second.ReadExactlyAsync(6)), Is.EqualTo("second"));
        Assert.That(Encoding.ASCII.GetString(await first.ReadExactlyAsync(5)), Is.EqualTo("first"));
        await sending;
    }

    [Test]
    public async Task Refusals_AreTriedAgain_WithBackOff_AsOftenAsAllowed()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await ReadHead(c);
            await c.SendAsync("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
            await c.ReadToEndAsync();
        });
        await using var proxy = await Forward([upstream], t => t with
        {
            Tunneling = new TunnelingConfig { Hostname = "host.test:1" },
            MaxConnectAttempts = 3,
            ConnectBackOff = TimeSpan.FromSeconds(1),
        });
        using var client = await proxy.ConnectAsync();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await upstream.EndedAsync(attempt);
            Assert.That(upstream.Connections, Has.Count.EqualTo(attempt), "the next one waits");
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));
        }

        await client.ReadToEndAsync();
        var record = await proxy.AccessLog.NextAsync();
        Assert.That(record.Flags, Is.EqualTo(ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_attempts_exceeded"], Is.EqualTo(1));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task ManyBytes_ThroughThreeProxiesInARow_ArriveWhole()
    {
        var payload = Bytes(2_000_000);
        await using var echo = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var last = await TestProxy.FromYaml(Terminate, Options.MapEndpoint("127.0.0.1:7", echo));
        await using var middle = await TestProxy.FromFile(Config("723535be__envoyproxy-envoy__configs_proxy_connect.yaml"), Options.MapEndpoint("127.0.0.1:10002", At(last)));
        await using var first = await TestProxy.FromFile(Config("081cfa05__envoyproxy-envoy__configs_encapsulate_in_connect.v3.yaml"), Options.MapEndpoint("127.0.0.1:10001", At(middle)));
        using var client = await first.ConnectAsync();
        var sending = client.SendAsync(payload);
        var back = await client.ReadExactlyAsync(payload.Length);
        await sending;
        Assert.That(back.AsSpan().SequenceEqual(payload), Is.True);
        client.ShutdownSend();
        var (rest, _) = await client.ReadToEndAsync();
        Assert.That(rest, Is.Empty);
        await echo.EndedAsync();
        await last.WaitForAsync("http.ingress_http.downstream_cx_upgrades_active", v => v == 0);
        Assert.That(last.Statistics["http.ingress_http.downstream_cx_upgrades_total"], Is.EqualTo(1));
    }

    private static string Terminate => """
        static_resources:
          listeners:
          - name: listener_0
            address: { socket_address: { address: 127.0.0.1, port_value: 10002 } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress_http
                  http_filters: [ { name: envoy.filters.http.router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } } ]
                  route_config:
                    virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                      - match: { connect_matcher: {} }
                        route: { cluster: echo, upgrade_configs: [ { upgrade_type: CONNECT, connect_config: {} } ] }
          clusters:
          - name: echo
            load_assignment: { cluster_name: echo, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 7 } } } } ] } ] }
        """;

    private static string Config(string file) => SharedFolder.File("conformance", "envoy-configs", "bootstrap", "envoy", file);

    private static SocketAddressConfig At(TestProxy proxy) => new("127.0.0.1", (ushort)proxy.Port);

    private static async Task AssertQuiet(TestProxy proxy)
    {
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_active", v => v == 0);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_pending_active", v => v == 0);
    }

    private static async Task<string> ReadHead(FakeConnection connection)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head.Append((char)(await connection.ReadExactlyAsync(1))[0]);
        return head.ToString();
    }
}
