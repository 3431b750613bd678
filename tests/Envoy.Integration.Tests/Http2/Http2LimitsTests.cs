using System.Buffers.Binary;
using Envoy.Buffers;
using Envoy.Clusters;
using Envoy.FilterChains.Http;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http2;

/// <summary>Limits are for those who pass them: whoever takes what he is sent is served, and whoever does not costs no more than he has sent.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class Http2LimitsTests(EngineKind engine) : HttpFixture(engine)
{
    // The connection's buffer is filled again before it is empty, as with every client that is slower than the proxy.
    [Test]
    public async Task LongResponse_ToAClientThatIsSlowerThanTheProxy_IsNoFlood()
    {
        const int Size = 200_000_000;
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new byte[Size]));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            Address = new Net.MemoryAddressConfig("front"),
            ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { MaxOutboundFrames = 500 } },
        });
        using var client = await Http2Client.ConnectAsync(proxy, (Http2Setting.InitialWindowSize, int.MaxValue));
        await client.SendAsync(Http2Client.Number(Http2FrameType.WindowUpdate, 0, 0x7fff0000), client.Get(1));
        var left = Size;
        while (left > 0)
            left -= (await client.ReadAsync(Http2FrameType.Data)).Payload.Length;
        Assert.That(proxy.Statistics["http2.outbound_flood"], Is.Zero);
        await AssertQuiet(proxy);
        Assert.That(
            proxy.Statistics["http.ingress.downstream_flow_control_paused_reading_total"],
            Is.EqualTo(proxy.Statistics["http.ingress.downstream_flow_control_resumed_reading_total"]).Within(1));
    }

    // Nor are the few frames of a long connection that add up while a body takes its time.
    [Test]
    public async Task Pings_BesideALongResponse_AreNoFlood()
    {
        const int Size = 100_000_000;
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new byte[Size]));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { Address = new Net.MemoryAddressConfig("front") });
        using var client = await Http2Client.ConnectAsync(proxy, (Http2Setting.InitialWindowSize, int.MaxValue));
        await client.SendAsync(Http2Client.Number(Http2FrameType.WindowUpdate, 0, 0x7fff0000), client.Get(1));
        for (var left = Size; left > 0;)
        {
            left -= (await client.ReadAsync(Http2FrameType.Data)).Payload.Length;
            await client.SendAsync(Http2Client.Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
        }

        Assert.That(proxy.Statistics["http2.outbound_control_flood"], Is.Zero);
    }

    // A byte for the stream and much for nobody, again and again: what is held is to be about what is counted.
    [TestCase("held by the codec")]
    [TestCase("kept for a filter")]
    [TestCase("pending upstream")]
    public async Task SparseBytes_ThatWait_HoldNoMoreMemoryThanTheyAre(string where)
    {
        const int Rounds = 300;
        var settled = new TaskCompletionSource();
        await using var upstream = where == "pending upstream"
            ? new FakeUpstream().OnConnection(async c =>
            {
                await Http2Server.AcceptAsync(c, (Http2Setting.InitialWindowSize, 0));
                settled.SetResult();
                await c.ReadToEndAsync();
            })
            : new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, (where == "pending upstream" ? Over() : Options) with
        {
            Filters = where == "kept for a filter" ? [() => new ScriptedFilter { RequestHeaders = (_, _, _) => FilterStatus.Pause }] : [],
            ConfigureHttp = h => h with { UpgradeConfigs = [new ConnectionManager.UpgradeConfig("websocket")], Http2 = new Http2ProtocolOptions { AllowConnect = true } },
        });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(where == "held by the codec"
            ? client.Headers(1, false, (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"), (":authority", "test"), ("sec-websocket-version", "13"))
            : client.Post(1));
        if (where == "pending upstream")
            await settled.Task;
        var filler = Http2Client.Frame((Http2FrameType)0xee, 0, 0, new byte[16384]);
        for (var i = 0; i < Rounds; i++)
            await client.SendAsync(Http2Client.Data(1, "x"), filler, filler, filler, filler);
        await client.SendAsync(Http2Client.Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
        await client.ReadAsync(Http2FrameType.Ping);
        var worker = proxy.Proxy.Runtime.Workers[0];
        var slabs = 0;
        await worker.InvokeAsync(() => slabs = SlabPool.Of(worker).SlabsInUse);
        Assert.That(slabs, Is.LessThan(40), $"{Rounds} bytes wait");
    }

    [Test]
    public async Task ClientThatIsCutOff_WithinItsContinue_IsNoRequestForTheFilters()
    {
        var attached = 0;
        var ended = 0;
        await using var upstream = new FakeUpstream().Answer(Answers.Ok());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            // SETTINGS, WINDOW_UPDATE, the acknowledgement: the fourth frame is the interim response.
            ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { MaxOutboundFrames = 3 } },
            Filters = [() => new ScriptedFilter { Attached = _ => attached++, StreamEnd = _ => ended++ }],
        });
        using var client = await Http2Client.SilentAsync(proxy);
        await client.SendAsync(Http2Client.Preface, Http2Client.Settings(), client.Post(1, "/", ("expect", "100-continue")));
        Assert.That(await client.ReadGoAwayAsync(), Is.EqualTo(Http2ErrorCode.EnhanceYourCalm));
        await AssertQuiet(proxy);
        await proxy.TurnAsync();
        Assert.That(ended, Is.EqualTo(attached), "a filter that has begun is told of the end");
    }

    [TestCase("HEAD", "200")]
    [TestCase("GET", "204")]
    [TestCase("GET", "304")]
    public async Task ResponseThatMayHaveNoBody_AndHasOne_IsAgainstTheRules(string method, string status)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(server.Headers(1, false, (":status", status)), Http2Client.Data(1, "body", end: true));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over());
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Headers(1, true, (":method", method), (":scheme", "http"), (":path", "/"), (":authority", "test")));
        Http2Received frame;
        do
        {
            frame = await client.ReadAsync();
        }
        while (frame.Header.StreamId != 1 || (frame.Header.Type == Http2FrameType.Headers && !frame.Header.Has(Http2FrameFlags.EndStream)));
        Assert.That((frame.Header.Type, frame.Header.Length), Is.Not.EqualTo((Http2FrameType.Data, 4)));
        Assert.That(proxy.Statistics["cluster.upstream.http2.rx_messaging_error"], Is.EqualTo(1));
    }

    [Test]
    public async Task InterimResponses_WithoutEnd_ToAClientThatReadsNothing_PileUpNoHigherThanTheLimit()
    {
        const int Count = 2000;
        var sent = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            await server.ReadAsync(Http2FrameType.Headers);
            for (var i = 0; i < Count; i++)
                await server.SendAsync(server.Headers(1, false, (":status", "103"), ("location", new string('x', 8000))));
            await server.SendAsync(server.Headers(1, true, (":status", "200")));
            sent.SetResult();
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over() with
        {
            Address = new Net.MemoryAddressConfig("front"),
            ConfigureHttp = h => h with { Proxy100Continue = true },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await sent.Task;
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_2xx");
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_tx_bytes_buffered"], Is.LessThan(3 * 1024 * 1024));
        int status;
        do
        {
            status = (await client.ReadResponseAsync(toHead: true)).Status;
        }
        while (status == 103);
        Assert.That(status, Is.EqualTo(200));
    }

    // RFC 9110 section 9.3.6: a client ignores it.
    [Test]
    public async Task Tunnel_WhoseGrantHasALength_IsATunnel()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c, (Http2Setting.EnableConnectProtocol, 1));
            await server.ReadAsync(Http2FrameType.Headers);
            await server.SendAsync(server.Headers(1, false, (":status", "200"), ("content-length", "0")), Http2Client.Data(1, "hello"));
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over() with { ConfigureHttp = h => h with { UpgradeConfigs = [new ConnectionManager.UpgradeConfig("websocket")] } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET /chat HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        var response = await client.ReadResponseAsync(toHead: true);
        Assert.That((response.Status, response.Headers["content-length"]), Is.EqualTo((101, (string?)null)));
        Assert.That(System.Text.Encoding.ASCII.GetString(await client.ReadExactlyAsync(5)), Is.EqualTo("hello"));
    }

    [Test]
    public async Task LastGoAway_NamesNoStreamThatAnEarlierOneHasExcluded()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1));
        await upstream.ReceivedAsync();
        var draining = proxy.Proxy.DrainAsync();
        await client.ReadAsync(Http2FrameType.GoAway);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian((await client.ReadAsync(Http2FrameType.GoAway)).Payload), Is.EqualTo(1));
        await client.SendAsync(client.Get(3), Http2Client.Frame(Http2FrameType.Ping, 0, 1, new byte[8]));
        Http2Received last;
        do
        {
            last = await client.ReadAsync();
        }
        while (last.Header.Type != Http2FrameType.GoAway);
        Assert.That(last.Code, Is.EqualTo(Http2ErrorCode.ProtocolError));
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian(last.Payload), Is.EqualTo(1), "RFC 9113 section 6.8");
        client.Dispose();
        await draining;
    }

    // What a client makes us reset costs as much as what it resets itself.
    [Test]
    public async Task StreamsThatTheClientMakesUsReset_CountAsItsOwn()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Stalled(100, "begun"));
        await using var proxy = await TestProxy.ForwardTo(
            upstream, Options with { ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { StreamResetBurst = 2, StreamResetRate = 1 } } });
        using var client = await Http2Client.ConnectAsync(proxy);
        for (var id = 1u; id <= 5; id += 2)
        {
            await client.SendAsync(client.Get(id));
            await client.ReadAsync(Http2FrameType.Data);
            await client.SendAsync(Http2Client.Number(Http2FrameType.WindowUpdate, id, 0));
            if (id < 5)
                Assert.That(await client.ReadResetAsync(id), Is.EqualTo(Http2ErrorCode.ProtocolError));
        }

        Assert.That(await client.ReadGoAwayAsync(), Is.EqualTo(Http2ErrorCode.EnhanceYourCalm));
        await AssertQuiet(proxy);
    }

    private TestProxyOptions Over() => Options with { ConfigureCluster = c => c with { HttpProtocol = UpstreamHttpProtocol.Http2 } };
}
