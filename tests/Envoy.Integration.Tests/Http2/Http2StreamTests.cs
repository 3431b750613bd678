using Envoy.Formatting;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http2;

/// <summary>Requests over HTTP/2: many at the same time, their bodies and windows, and how they and their connection end.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class Http2StreamTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task Request_GoesOnAsHttp1_AndItsAnswerComesBack()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(201, "made", ("x-up", "1"), ("connection", "keep-alive")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Post(1, "/p?q=1", ("cookie", "a=1"), ("x-own", "v"), ("cookie", "b=2"), ("te", "trailers")), Http2Client.Data(1, "hel"), Http2Client.Data(1, "lo", end: true));
        var (status, body, headers, _) = await client.ReadResponseAsync(1);
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((status, body), Is.EqualTo((201, "made")));
            Assert.That(headers, Does.Contain(("x-up", "1")).And.Contain(("server", "envoy")));
            Assert.That(headers.Any(h => h.Name is "connection" or "transfer-encoding"), Is.False);
            Assert.That((request.Method, request.Path, request.BodyText), Is.EqualTo(("POST", "/p?q=1", "hello")));
            Assert.That(request.Headers["host"], Is.EqualTo("test"));
            Assert.That(request.Headers.All("cookie"), Is.EqualTo(["a=1; b=2"]), "one again");
            Assert.That(request.Headers["te"], Is.EqualTo("trailers"));
        }

        await AssertLogged(proxy, 201, ResponseFlags.None, "via_upstream");
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_http2_total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_http2_active"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_http2_total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_http1_total"], Is.Zero);
            Assert.That(proxy.Statistics["http2.streams_active"], Is.Zero);
        }
    }

    [Test]
    public async Task ManyRequests_AtTheSameTime_AreAnsweredEach()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var handler = new SocketsHttpHandler();
        using var client = new HttpClient(handler) { BaseAddress = proxy.BaseUri, DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        for (var round = 0; round < 3; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
            {
                using var response = await client.PostAsync(new Uri("/" + i, UriKind.Relative), new StringContent(new string('x', i * 100) + i));
                return (response.Version.Major, await response.Content.ReadAsStringAsync());
            }));
            for (var i = 0; i < answers.Length; i++)
                Assert.That(answers[i], Is.EqualTo((2, new string('x', i * 100) + i)));
        }

        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http2.streams_active"], Is.Zero);
    }

    [Test]
    public async Task Bodies_OfAnySizeBothWays_AreEqualByteForByte([Values(0, 1, 16 * 1024, 10 * 1024 * 1024)] int size)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = new HttpClient { BaseAddress = proxy.BaseUri, DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var body = Bytes(size);
        using var response = await client.PostAsync(new Uri("/", UriKind.Relative), new ByteArrayContent(body));
        Assert.That((await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(body), Is.True);
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task HeaderBlock_InManyPieces_IsOne()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        var block = client.Block((":method", "GET"), (":scheme", "http"), (":path", "/pieces"), (":authority", "test"), ("x-own", new string('v', 100)));
        var frames = new List<byte[]> { Http2Client.Frame(Http2FrameType.Headers, Http2FrameFlags.EndStream, 1, block[..1]) };
        for (var i = 1; i < block.Length; i++)
            frames.Add(Http2Client.Frame(Http2FrameType.Continuation, i == block.Length - 1 ? Http2FrameFlags.EndHeaders : 0, 1, block[i]));
        await client.SendAsync([.. frames]);
        Assert.That((await client.ReadResponseAsync(1)).Status, Is.EqualTo(200));
        var request = await upstream.ReceivedAsync();
        Assert.That((request.Path, request.Headers["x-own"]), Is.EqualTo(("/pieces", new string('v', 100))));
    }

    [Test]
    public async Task Trailers_PassBothWays()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.ChunkedWithTrailers(["body"], ("x-end", "2")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Post(1), Http2Client.Data(1, "x"), client.Headers(1, true, ("x-begin", "1")));
        var response = await client.ReadResponseAsync(1);
        Assert.That((await upstream.ReceivedAsync()).Trailers["x-begin"], Is.EqualTo("1"));
        Assert.That(response.Trailers, Is.EqualTo(new[] { ("x-end", "2") }));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Windows_HoldTheResponse_AndAreEachStreamsOwn()
    {
        await using var upstream = new FakeUpstream().Answer(r => r.Path == "/large", Answers.Ok(new string('l', 1000))).Answer(Answers.Ok("s"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy, (Http2Setting.InitialWindowSize, 100));
        await client.SendAsync(client.Get(1, "/large"));
        var first = await client.ReadAsync(Http2FrameType.Data);
        Assert.That((first.Header.StreamId, first.Payload.Length), Is.EqualTo((1u, 100)));
        await client.SendAsync(client.Get(3, "/small"));
        Assert.That((await client.ReadResponseAsync(3)).Body, Is.EqualTo("s"), "its neighbour waits for nobody");
        await client.SendAsync(Http2Client.Number(Http2FrameType.WindowUpdate, 1, 50));
        Assert.That((await client.ReadAsync(Http2FrameType.Data)).Payload, Has.Length.EqualTo(50));
        // A larger first window counts for streams under way too (RFC 9113 section 6.9.2).
        await client.SendAsync(Http2Client.Settings((Http2Setting.InitialWindowSize, 10_000)));
        var rest = await client.ReadAsync(Http2FrameType.Data);
        Assert.That((rest.Payload.Length, rest.Header.Has(Http2FrameFlags.EndStream)), Is.EqualTo((850, true)));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Upload_ThatNobodyTakes_StopsAtTheWindow()
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await gate.Task;
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { InitialStreamWindowSize = 65535, InitialConnectionWindowSize = 65535 } },
            Configure = c => c with { Clusters = [c.Clusters[0] with { PerConnectionBufferLimitBytes = 1024 }], Listeners = [c.Listeners[0] with { PerConnectionBufferLimitBytes = 1024 }] },
        });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Post(1));
        // One more byte than it has granted is a fault; that many it takes, whatever the upstream does.
        for (var i = 0; i < 65535 / 257; i++)
            await client.SendAsync(Http2Client.Data(1, new string('u', 257)));
        await client.SendAsync(Http2Client.Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
        await client.ReadAsync(Http2FrameType.Ping);
        await client.SendAsync(Http2Client.Number(Http2FrameType.RstStream, 1, 8));
        gate.SetResult();
        await AssertLogged(proxy, 0, ResponseFlags.DownstreamRemoteReset, "http2.remote_reset");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task MoreThanTheWindow_IsAFault()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { InitialStreamWindowSize = 65535, InitialConnectionWindowSize = 1 << 20 } },
            Filters = [() => new ScriptedFilter { RequestHeaders = (_, _, _) => FilterChains.Http.FilterStatus.Pause }],
            Configure = c => c with { Listeners = [c.Listeners[0] with { PerConnectionBufferLimitBytes = 1024 }] },
        });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Post(1));
        for (var i = 0; i < 5; i++)
            await client.SendAsync(Http2Client.Data(1, new string('u', 16384)));
        Assert.That(await client.ReadResetAsync(1), Is.EqualTo(Http2ErrorCode.FlowControlError));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task RequestThatBegins_WhileTheClientReadsNothing_IsAnsweredWhenItReadsAgain()
    {
        await using var upstream = new FakeUpstream().Answer(r => r.Path == "/large", Answers.Ok(new byte[16_000_000])).Answer(Answers.Ok(new byte[100_000]));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { Configure = c => c with { Listeners = [c.Listeners[0] with { PerConnectionBufferLimitBytes = 1024 }] } });
        using var client = await Http2Client.ConnectAsync(proxy, (Http2Setting.InitialWindowSize, 0x7fffffff));
        await client.SendAsync(Http2Client.Number(Http2FrameType.WindowUpdate, 0, 0x7fff0000), client.Get(1, "/large"));
        await proxy.WaitForAsync("http.ingress.downstream_flow_control_paused_reading_total");
        await client.SendAsync(client.Get(3, "/small"));
        await upstream.ReceivedAsync(2);
        var left = new Dictionary<uint, int> { [1] = 16_000_000, [3] = 100_000 };
        while (left.Values.Any(v => v > 0))
        {
            var frame = await client.ReadAsync(Http2FrameType.Data);
            left[frame.Header.StreamId] -= frame.Payload.Length;
        }

        Assert.That(left.Values, Is.All.Zero);
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task WebSocket_OverHttp2_ReachesAnHttp1Upstream()
    {
        var head = new TaskCompletionSource<string>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var text = new System.Text.StringBuilder();
            while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                text.Append((char)(await c.ReadExactlyAsync(1))[0]);
            head.SetResult(text.ToString());
            await c.SendAsync("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: a\r\n\r\nfirst");
            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(Connect(client), Http2Client.Data(1, "early"));
        var response = await client.ReadAsync(Http2FrameType.Headers);
        var first = await client.ReadAsync(Http2FrameType.Data);
        var echo = await client.ReadAsync(Http2FrameType.Data);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await head.Task, Does.StartWith("GET /chat HTTP/1.1\r\n").And.Contain("upgrade: websocket\r\n").And.Contain("connection: upgrade\r\n").And.Match("sec-websocket-key: .{22}==\r\n"));
            Assert.That(response.Fields[0], Is.EqualTo((":status", "200")));
            Assert.That(response.Fields.Any(f => f.Name is "connection" or "upgrade" or "sec-websocket-accept"), Is.False);
            Assert.That(System.Text.Encoding.ASCII.GetString(first.Payload), Is.EqualTo("first"));
            Assert.That(System.Text.Encoding.ASCII.GetString(echo.Payload), Is.EqualTo("early"), "it waited for the grant");
        }

        Assert.That(proxy.Statistics["http.ingress.downstream_cx_upgrades_active"], Is.EqualTo(1));
        await client.SendAsync(Http2Client.Number(Http2FrameType.RstStream, 1, (uint)Http2ErrorCode.Cancel));
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_upgrades_active"], Is.Zero);
    }

    [Test]
    public async Task WebSocket_ThatTheUpstreamDoesNotGrant_IsNoTunnel()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Early(200, "plain"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Upgrading());
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(Connect(client));
        Assert.That((await client.ReadAsync(Http2FrameType.Headers)).Fields[0], Is.EqualTo((":status", "502")));
    }

    [Test]
    public async Task WebSocket_ThatNobodyAllows_Is403_AndWithoutTheSetting_AFault()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { AllowConnect = true } } });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(Connect(client));
        Assert.That((await client.ReadAsync(Http2FrameType.Headers)).Fields[0], Is.EqualTo((":status", "403")));
        await AssertLogged(proxy, 403, ResponseFlags.None, "upgrade_failed");

        await using var without = await TestProxy.ForwardTo(upstream, Options);
        using var other = await Http2Client.ConnectAsync(without);
        await other.SendAsync(Connect(other));
        Assert.That(await other.ReadGoAwayAsync(), Is.EqualTo(Http2ErrorCode.ProtocolError));
        Assert.That(upstream.Requests, Is.Empty);
    }

    [Test]
    public async Task Connect_WithoutAProtocolAndARouteForIt_Is404()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Headers(1, false, (":method", "CONNECT"), (":authority", "test:80")));
        Assert.That((await client.ReadAsync(Http2FrameType.Headers)).Fields[0], Is.EqualTo((":status", "404")));
        Assert.That(upstream.Requests, Is.Empty);
    }

    [Test]
    public async Task ClientThatResets_EndsTheUpstreamsRequest()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1));
        await upstream.ReceivedAsync();
        await client.SendAsync(Http2Client.Number(Http2FrameType.RstStream, 1, (uint)Http2ErrorCode.Cancel));
        await upstream.EndedAsync();
        await AssertLogged(proxy, 0, ResponseFlags.DownstreamRemoteReset, "http2.remote_reset");
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http2.rx_reset"], Is.EqualTo(1));
        await client.SendAsync(client.Get(3));
        Assert.That((await client.ReadResponseAsync(3)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task EarlyResponse_EndsTheUpload_AndTheConnectionServesOn()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Early(403, "no"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Post(1), Http2Client.Data(1, "some"));
        Assert.That((await client.ReadResponseAsync(1)).Status, Is.EqualTo(403));
        Assert.That(await client.ReadResetAsync(1), Is.EqualTo(Http2ErrorCode.NoError), "the rest is not waited for");
        // What was under way meanwhile is no fault.
        await client.SendAsync(Http2Client.Data(1, "more"), client.Get(3));
        Assert.That((await client.ReadResponseAsync(3)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task UpstreamThatBreaksOff_ResetsTheStream()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Truncated(10, "half"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1));
        Assert.That(await client.ReadResetAsync(1), Is.EqualTo(Http2ErrorCode.InternalError));
        await AssertLogged(proxy, 200, ResponseFlags.UpstreamConnectionTermination, "upstream_reset_after_response_started{connection_termination}");
        await client.SendAsync(client.Get(3));
        Assert.That((await client.ReadResponseAsync(3)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Timeout_AnswersItsStream_AndTheConnectionServesOn()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1));
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(15));
        Assert.That((await client.ReadResponseAsync(1)).Status, Is.EqualTo(504));
        await client.SendAsync(client.Get(3));
        Assert.That((await client.ReadResponseAsync(3)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task MoreStreamsThanAllowed_AreRefused()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { MaxConcurrentStreams = 2 } } });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1), client.Get(3), client.Get(5));
        Assert.That(await client.ReadResetAsync(5), Is.EqualTo(Http2ErrorCode.RefusedStream));
        Assert.That(proxy.Statistics["http2.streams_active"], Is.EqualTo(2));
    }

    [Test]
    public async Task HeadersAboveTheLimit_ResetTheStream()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { MaxHeadersCount = 10 } });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1, "/", [.. Enumerable.Range(0, 11).Select(i => ("x-" + i, "v"))]));
        Assert.That(await client.ReadResetAsync(1), Is.EqualTo(Http2ErrorCode.InternalError));
        await AssertLogged(proxy, 0, ResponseFlags.DownstreamProtocolError, "http2.too_many_headers");
        Assert.That(proxy.Statistics["http2.header_overflow"], Is.EqualTo(1));
        await client.SendAsync(client.Get(3));
        Assert.That((await client.ReadResponseAsync(3)).Status, Is.EqualTo(200), "the tables are still in step");
    }

    [Test]
    public async Task Drain_SaysGoAwayTwice_AndServesWhatHasBegun()
    {
        var gates = new Dictionary<string, TaskCompletionSource> { ["/1"] = new(), ["/3"] = new() };
        await using var upstream = new FakeUpstream().Answer(async e =>
        {
            await gates[e.Request.Path].Task;
            await e.RespondAsync(200, "ok");
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1, "/1"));
        await upstream.ReceivedAsync();
        var draining = proxy.Proxy.DrainAsync();
        var first = await client.ReadAsync(Http2FrameType.GoAway);
        Assert.That(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(first.Payload), Is.EqualTo(int.MaxValue));
        await client.SendAsync(client.Get(3, "/3"));
        await upstream.ReceivedAsync(2);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        var second = await client.ReadAsync(Http2FrameType.GoAway);
        Assert.That(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(second.Payload), Is.EqualTo(3));
        gates["/1"].SetResult();
        Assert.That((await client.ReadResponseAsync(1)).Status, Is.EqualTo(200));
        gates["/3"].SetResult();
        Assert.That((await client.ReadResponseAsync(3)).Status, Is.EqualTo(200));
        Assert.That((await client.Wire.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.ByPeer));
        client.Dispose();
        await draining;
    }

    [Test]
    public async Task Keepalive_WithoutAnAnswer_ClosesTheConnection()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { Keepalive = new Http2KeepaliveOptions { Interval = TimeSpan.FromSeconds(10), Timeout = TimeSpan.FromSeconds(2), IntervalJitterPercent = 0 } } },
        });
        using var client = await Http2Client.ConnectAsync(proxy);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        var ping = await client.ReadAsync(Http2FrameType.Ping);
        await client.SendAsync(Http2Client.Frame(Http2FrameType.Ping, Http2FrameFlags.Ack, 0, ping.Payload));
        await client.SendAsync(client.Get(1));
        Assert.That((await client.ReadResponseAsync(1)).Status, Is.EqualTo(200));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        await client.ReadAsync(Http2FrameType.Ping);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.That((await client.Wire.ReadToEndAsync()).End, Is.Not.EqualTo(ConnectionEnd.Open));
        Assert.That(proxy.Statistics["http2.keepalive_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task ResponseThatNobodyReads_AfterItsStreamIsDone_IsGivenUp()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new string('x', 1000)));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy, (Http2Setting.InitialWindowSize, 10));
        await client.SendAsync(client.Get(1));
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        Assert.That(proxy.Statistics["http2.streams_active"], Is.EqualTo(1));
        await proxy.AdvanceAsync(TimeSpan.FromMinutes(5));
        await proxy.AdvanceAsync(TimeSpan.FromMinutes(5));
        Assert.That(await client.ReadResetAsync(1), Is.EqualTo(Http2ErrorCode.NoError));
        Assert.That(proxy.Statistics["http2.tx_flush_timeout"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["http2.streams_active"], Is.Zero);
    }

    private static byte[] Connect(Http2Client client) =>
        client.Headers(1, false, (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/chat"), (":authority", "test"), ("sec-websocket-version", "13"));

    private TestProxyOptions Upgrading() => Options with
    {
        ConfigureHttp = h => h with { UpgradeConfigs = [new ConnectionManager.UpgradeConfig("websocket")], Http2 = new Http2ProtocolOptions { AllowConnect = true } },
    };
}
