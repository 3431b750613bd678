using Envoy.Clusters;
using Envoy.Formatting;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http2;

/// <summary>Upstreams over HTTP/2: many requests on one connection, what they may not send, and how they and their connection end.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class Http2UpstreamTests(EngineKind engine) : HttpFixture(engine)
{
    private static readonly TestCaseData[] Broken =
    [
        new TestCaseData("no status", (Func<Http2Server, byte[][]>)(s => [s.Headers(1, true, ("x", "y"))])).SetArgDisplayNames("no status"),
        new TestCaseData("", (Func<Http2Server, byte[][]>)(s => [s.Headers(1, true, (":status", "20"))])).SetArgDisplayNames("a status of two digits"),
        new TestCaseData("", (Func<Http2Server, byte[][]>)(s => [s.Headers(1, true, (":status", "200"), ("Upper", "y"))])).SetArgDisplayNames("an upper-case name"),
        new TestCaseData("", (Func<Http2Server, byte[][]>)(s => [s.Headers(1, true, (":status", "200"), ("connection", "close"))])).SetArgDisplayNames("connection"),
        new TestCaseData("", (Func<Http2Server, byte[][]>)(s => [s.Headers(1, true, (":status", "101"))])).SetArgDisplayNames("101"),
        new TestCaseData("", (Func<Http2Server, byte[][]>)(s => [s.Headers(1, true, (":status", "200"), ("content-length", "3"))])).SetArgDisplayNames("a length and no body"),
    ];

    [Test]
    public async Task Requests_ShareAConnection_AndAreAnsweredOutOfOrder()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            var first = await server.ReadAsync(Http2FrameType.Headers);
            var second = await server.ReadAsync(Http2FrameType.Headers);
            foreach (var request in new[] { second, first })
            {
                var path = request.Fields.Single(f => f.Name == ":path").Value;
                await server.SendAsync(server.Headers(request.Header.StreamId, false, (":status", "200")), Http2Client.Data(request.Header.StreamId, path, end: true));
            }

            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2));
        using var a = await proxy.ConnectAsync();
        using var b = await proxy.ConnectAsync();
        await a.SendAsync("GET /a HTTP/1.1\r\nhost: test\r\n\r\n");
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_active", 1);
        await b.SendAsync("GET /b HTTP/1.1\r\nhost: test\r\nte: trailers\r\nconnection: te\r\n\r\n");
        Assert.That((await b.ReadResponseAsync()).BodyText, Is.EqualTo("/b"));
        Assert.That((await a.ReadResponseAsync()).BodyText, Is.EqualTo("/a"));
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Connections, Has.Count.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_http2_total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_2xx"], Is.EqualTo(2));
        }
    }

    // RFC 9113 section 5.1: after the peer's own reset a fault of the stream, after an orderly end one of the connection.
    [TestCase(true, true, false)]
    [TestCase(true, false, false)]
    [TestCase(false, true, true)]
    [TestCase(false, false, true)]
    public async Task Frame_ForAStreamThatIsOver_IsAFaultOfStreamOrConnection(bool reset, bool headers, bool ofConnection)
    {
        var answered = new TaskCompletionSource<Http2Received>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            var id = (await server.ReadAsync(Http2FrameType.Headers)).Header.StreamId;
            await server.SendAsync(
                server.Headers(id, !reset, (":status", "200")),
                reset ? Http2Client.Number(Http2FrameType.RstStream, id, (uint)Http2ErrorCode.Cancel) : [],
                headers ? server.Headers(id, true, (":status", "200")) : Http2Client.Data(id, "late", end: true));
            answered.SetResult(await server.ReadAsync(ofConnection ? Http2FrameType.GoAway : Http2FrameType.RstStream));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        if (!reset)
            Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200), "its own answer was whole");
        var answer = await answered.Task.WaitAsync(TimeSpan.FromSeconds(30));
        if (ofConnection)
            await upstream.EndedAsync();
        await AssertQuiet(proxy);
        Assert.That(answer.Code, Is.EqualTo(Http2ErrorCode.StreamClosed));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_protocol_error"], Is.EqualTo(ofConnection ? 1 : 0));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Chain_OfTwoProxies_CarriesBodiesAndTrailers(bool http2Client)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var inner = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { CodecType = ConnectionManager.HttpCodecType.Http2 } });
        await using var unused = new FakeUpstream();
        await using var outer = await TestProxy.ForwardTo(unused, Options with
        {
            ConfigureCluster = c => c with
            {
                HttpProtocol = UpstreamHttpProtocol.Http2,
                Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(new Net.SocketAddressConfig("127.0.0.1", (ushort)inner.Port))] }],
            },
        });
        using var client = new HttpClient
        {
            BaseAddress = outer.BaseUri,
            DefaultRequestVersion = http2Client ? new Version(2, 0) : new Version(1, 1),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            var body = Bytes(i * 10_007);
            using var response = await client.PostAsync(new Uri("/" + i, UriKind.Relative), new ByteArrayContent(body));
            return (await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(body);
        }));
        Assert.That(answers, Is.All.True);
        await AssertQuiet(outer);
        await AssertQuiet(inner);
        Assert.That(inner.Statistics["http.ingress.downstream_rq_http2_total"], Is.EqualTo(50));
        Assert.That(inner.Statistics["http.ingress.downstream_cx_total"], Is.LessThanOrEqualTo(4), "they share connections");
    }

    [TestCase(false, "cluster.upstream.upstream_cx_http1_total")]
    [TestCase(true, "cluster.upstream.upstream_cx_http2_total")]
    public async Task DownstreamsProtocol_IsTheUpstreams_WhereThatIsAskedFor(bool http2, string statistic)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            if (!http2)
            {
                await c.ReadExactlyAsync(10);
                await c.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                return;
            }

            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(server.Headers(1, true, (":status", "200")));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Downstream));
        if (http2)
        {
            using var client = await Http2Client.ConnectAsync(proxy);
            await client.SendAsync(client.Get(1));
            Assert.That((await client.ReadResponseAsync(1)).Status, Is.EqualTo(200));
        }
        else
        {
            using var client = await proxy.ConnectAsync();
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        }

        Assert.That(proxy.Statistics[statistic], Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Broken))]
    public async Task Response_AgainstTheRules_Is502UPE(string name, object frames)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(((Func<Http2Server, byte[][]>)frames)(server));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(502));
        var record = await proxy.AccessLog.NextAsync();
        Assert.That((record.Status, record.Flags), Is.EqualTo((502, ResponseFlags.UpstreamProtocolError)));
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_protocol_error");
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["cluster.upstream.http2.rx_messaging_error"], Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task StreamThatIsRefused_IsRetriedWhereThatIsAskedFor(bool goAway)
    {
        await using var upstream = new FakeUpstream().OnNextConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            if (goAway)
            {
                await server.SendAsync(Http2Client.Frame(Http2FrameType.GoAway, 0, 0, new byte[8]));
            }
            else
            {
                await server.SendAsync(Http2Client.Number(Http2FrameType.RstStream, 1, (uint)Http2ErrorCode.RefusedStream));
                var again = await server.ReadAsync(Http2FrameType.Headers);
                await server.SendAsync(server.Headers(again.Header.StreamId, true, (":status", "200")));
            }

            await c.ReadToEndAsync();
        }).OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(server.Headers(1, true, (":status", "200")));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2) with { ConfigureRoute = r => r with { RetryPolicy = new() { RetryOn = "refused-stream" } } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(250));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        await AssertQuiet(proxy);
        Assert.That(upstream.Connections, Has.Count.EqualTo(goAway ? 2 : 1));
    }

    [Test]
    public async Task FieldsThatCameNeverIndexed_GoOnSo()
    {
        var block = new TaskCompletionSource<byte[]>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            var request = await server.ReadAsync(Http2FrameType.Headers);
            block.SetResult(request.Payload);
            await server.SendAsync(server.Headers(1, true, (":status", "200")));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2));
        using var client = await Http2Client.ConnectAsync(proxy);
        var sink = new Envoy.Buffers.ByteSink();
        var encoder = new Envoy.Http.Hpack.HpackEncoder();
        encoder.BeginBlock(sink);
        foreach (var (name, value, secret) in new[] { (":method", "GET", false), (":scheme", "http", false), (":path", "/secret", true), (":authority", "hidden.test", true), ("cookie", "a=long-enough-to-be-kept", false), ("cookie", "b=secret", true), ("x-secret", "s", true) })
            encoder.Write(Envoy.Http.Headers.HeaderNames.Find(System.Text.Encoding.ASCII.GetBytes(name)), System.Text.Encoding.ASCII.GetBytes(name), System.Text.Encoding.ASCII.GetBytes(value), secret, sink);
        await client.SendAsync(Http2Client.Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders | Http2FrameFlags.EndStream, 1, sink.Written.ToArray()));
        Assert.That((await client.ReadResponseAsync(1)).Status, Is.EqualTo(200));
        Assert.That(NeverIndexed(await block.Task), Is.SupersetOf(new[] { ":path", ":authority", "cookie", "x-secret" }));

        static List<string> NeverIndexed(byte[] bytes)
        {
            var names = new List<string>();
            var decoder = new Envoy.Http.Hpack.HpackDecoder();
            ReadOnlySpan<byte> rest = bytes;
            decoder.BeginBlock();
            while (decoder.Next(ref rest, out var field) == Envoy.Http.Hpack.HpackStep.Field)
            {
                if (field.NeverIndexed)
                    names.Add(System.Text.Encoding.ASCII.GetString(field.Name));
            }

            return names;
        }
    }

    [Test]
    public async Task StreamThatIsReset_Is503UR()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(Http2Client.Number(Http2FrameType.RstStream, 1, (uint)Http2ErrorCode.InternalError));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(503));
        var record = await proxy.AccessLog.NextAsync();
        Assert.That((record.Flags, record.Details), Is.EqualTo((ResponseFlags.UpstreamRemoteReset, "upstream_reset_before_response_started{remote_reset}")));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_rx_reset"], Is.EqualTo(1));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task ConnectionThatEnds_Is503UC_ForEachOfItsStreams()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            await server.ReadAsync(Http2FrameType.Headers);
            c.Close();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2));
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1), client.Get(3));
        Assert.That((await client.ReadResponseAsync(1)).Status, Is.EqualTo(503));
        await AssertLogged(proxy, 503, ResponseFlags.UpstreamConnectionTermination, "upstream_reset_before_response_started{connection_termination}");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task ConcurrentStreams_OfTheUpstream_AreNotExceeded()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c, (Http2Setting.MaxConcurrentStreams, 1));
            while (true)
            {
                var request = await server.ReadAsync(Http2FrameType.Headers);
                await server.SendAsync(server.Headers(request.Header.StreamId, true, (":status", "200")));
            }
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2) with
        {
            ConfigureCluster = c => c with { HttpProtocol = UpstreamHttpProtocol.Http2, CircuitBreakers = new CircuitBreakerConfig { MaxConnections = 1 }, Http2 = new Http2ProtocolOptions { MaxConcurrentStreams = 1 } },
        });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1), client.Get(3), client.Get(5));
        Assert.That((await client.ReadResponseAsync(1)).Status, Is.EqualTo(200));
        Assert.That((await client.ReadResponseAsync(3)).Status, Is.EqualTo(200));
        Assert.That((await client.ReadResponseAsync(5)).Status, Is.EqualTo(200));
        Assert.That(upstream.Connections, Has.Count.EqualTo(1));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Connection_ServesSoManyRequests_OrSoLong()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            while (true)
            {
                var request = await server.ReadAsync(Http2FrameType.Headers);
                await server.SendAsync(server.Headers(request.Header.StreamId, true, (":status", "200")));
            }
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureCluster = c => c with { HttpProtocol = UpstreamHttpProtocol.Http2, MaxRequestsPerConnection = 2, MaxConnectionDuration = TimeSpan.FromSeconds(10) },
        });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 3; i++)
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That(upstream.Connections, Has.Count.EqualTo(2));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_max_requests"], Is.EqualTo(1));
        await upstream.EndedAsync(1);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        await upstream.EndedAsync(2);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_max_duration_reached"], Is.EqualTo(1));
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task IdleConnection_IsClosedWithGoAway()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(server.Headers(1, true, (":status", "200")));
            await server.ReadAsync(Http2FrameType.GoAway);
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        await AssertQuiet(proxy);
        await proxy.AdvanceAsync(TimeSpan.FromHours(1));
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_idle_timeout");
        await upstream.EndedAsync();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 0);
    }

    [Test]
    public async Task IdleConnection_WhoseUpstreamReadsNothing_IsClosedAllTheSame()
    {
        var over = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c, (Http2Setting.InitialWindowSize, int.MaxValue));
            await server.SendAsync(Http2Client.Number(Http2FrameType.WindowUpdate, 0, int.MaxValue - 65535));
            await server.ReadAsync(Http2FrameType.Headers);
            begun.SetResult();
            await over.Task;
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureCluster = c => c with { HttpProtocol = UpstreamHttpProtocol.Http2, IdleTimeout = TimeSpan.FromSeconds(10) },
        });
        long left;
        try
        {
            using (var client = await proxy.ConnectAsync())
            {
                await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 1000000000\r\n\r\n");
                await begun.Task;
                // Until the way is full, from here to the upstream's socket.
                var sending = Task.Run(async () =>
                {
                    while (true)
                        await client.SendAsync(new byte[1024 * 1024]);
                });
                await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_backed_up_total");
                // Its stream's idle timeout: not every system tells of a client that leaves while nobody reads from it.
                await proxy.AdvanceAsync(TimeSpan.FromMinutes(6));
                client.Reset();
                Assert.That(async () => await sending, Throws.Exception);
            }

            await AssertQuiet(proxy);
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_tx_bytes_buffered"], Is.Positive, "some of it waits");
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(11));
            await proxy.WaitForAsync("cluster.upstream.upstream_cx_idle_timeout");
            await proxy.AdvanceAsync(TimeSpan.FromMinutes(10));
            left = proxy.Statistics["cluster.upstream.upstream_cx_active"];
        }
        finally
        {
            over.SetResult();
        }

        Assert.That(left, Is.Zero);
    }

    [Test]
    public async Task WebSocket_OverHttp1_ReachesAnHttp2Upstream()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c, (Http2Setting.EnableConnectProtocol, 1));
            var request = await server.ReadAsync(Http2FrameType.Headers);
            Assert.That(request.Fields, Does.Contain((":method", "CONNECT")).And.Contain((":protocol", "websocket")).And.Contain((":path", "/chat")));
            await server.SendAsync(server.Headers(1, false, (":status", "200")));
            var data = await server.ReadAsync(Http2FrameType.Data);
            await server.SendAsync(Http2Client.Data(1, "you said " + System.Text.Encoding.ASCII.GetString(data.Payload)));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over(UpstreamHttpProtocol.Http2) with
        {
            ConfigureHttp = h => h with { UpgradeConfigs = [new ConnectionManager.UpgradeConfig("websocket")] },
        });
        using var client = await proxy.ConnectAsync();
        // RFC 6455 section 1.3's own key, and the answer to it.
        await client.SendAsync("GET /chat HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        var response = await client.ReadResponseAsync(toHead: true);
        Assert.That((response.Status, response.Headers["upgrade"], response.Headers["sec-websocket-accept"]), Is.EqualTo((101, "websocket", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
        await client.SendAsync("hello");
        Assert.That(System.Text.Encoding.ASCII.GetString(await client.ReadExactlyAsync(14)), Is.EqualTo("you said hello"));
        client.Dispose();
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_upgrades_total"], Is.EqualTo(1));
    }

    private TestProxyOptions Over(UpstreamHttpProtocol protocol) => Options with { ConfigureCluster = c => c with { HttpProtocol = protocol } };
}
