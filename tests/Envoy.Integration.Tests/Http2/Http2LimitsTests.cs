using System.Buffers.Binary;
using System.Diagnostics;
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

    // The same over a socket whose send buffer is that of a distant client: segments of an Ethernet, and 30 MB/s at most.
    [Test, Explicit]
    public async Task LongResponse_OverASlowSocket_IsNoFlood()
    {
        const int Size = 1_000_000_000;
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new byte[Size]));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { ReceiveBufferSize = 128 * 1024 };
        socket.SetRawSocketOption(6, 2, BitConverter.GetBytes(1448));
        await socket.ConnectAsync(proxy.Address);
        await using var stream = new System.Net.Sockets.NetworkStream(socket);
        await stream.WriteAsync((byte[])[.. Http2Client.Preface, .. Http2Client.Settings((Http2Setting.InitialWindowSize, int.MaxValue)), .. Http2Client.Number(Http2FrameType.WindowUpdate, 0, 0x7fff0000)]);
        using var spare = await Http2Client.SilentAsync(proxy);
        await stream.WriteAsync(spare.Get(1));
        var (header, payload, left, since) = (new byte[9], new byte[16384], Size, 0);
        while (left > 0)
        {
            await stream.ReadExactlyAsync(header);
            var frame = Http2FrameHeader.Read(header);
            await stream.ReadExactlyAsync(payload.AsMemory(0, frame.Length));
            Assert.That(frame.Type, Is.Not.EqualTo(Http2FrameType.GoAway), $"{left} bytes were still to come");
            if (frame.Type == Http2FrameType.Data)
                (left, since) = (left - frame.Length, since + frame.Length);
            if (since < 65536)
                continue;
            since = 0;
            await Task.Delay(2);
        }
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

    [Test]
    public async Task UpstreamThatBreaksTheRules_AndTakesNothing_IsLetGo()
    {
        var broken = new TaskCompletionSource();
        var over = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c, (Http2Setting.InitialWindowSize, int.MaxValue));
            await server.SendAsync(Http2Client.Number(Http2FrameType.WindowUpdate, 0, 0x7fff0000));
            await broken.Task;
            await server.SendAsync(Http2Client.Frame(Http2FrameType.Ping, 0, 1, new byte[8]));
            await over.Task;
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Over());
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Post(1));
        var sending = Task.Run(async () =>
        {
            try
            {
                for (var i = 0; i < 100_000 && !broken.Task.IsCompleted; i++)
                    await client.SendAsync(Http2Client.Frame(Http2FrameType.Data, 0, 1, new byte[16384]));
            }
            catch (IOException)
            {
            }
        });
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_backed_up_total");
        broken.SetResult();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_protocol_error");
        for (var i = 0; i < 10; i++)
            await proxy.AdvanceAsync(TimeSpan.FromMinutes(10));
        var left = proxy.Statistics["cluster.upstream.upstream_cx_active"];
        over.SetResult();
        client.Dispose();
        await sending;
        Assert.That(left, Is.Zero);
    }

    // A frame of 16 KiB that moves a thousand windows 2730 times.
    [Test, Explicit]
    public async Task ManyWindowsInOneFrame_Cost()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { Filters = [() => new ScriptedFilter { RequestHeaders = (_, _, _) => FilterStatus.Pause }] });
        using var client = await Http2Client.ConnectAsync(proxy);
        for (var i = 0; i < 1024; i++)
            await client.SendAsync(client.Post((uint)((2 * i) + 1)));
        foreach (var entries in new[] { 1, 2730 })
        {
            var frame = Http2Client.Settings([.. Enumerable.Range(0, entries).Select(i => (Http2Setting.InitialWindowSize, (uint)(65535 + i)))]);
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < 100; i++)
            {
                await client.SendAsync(frame);
                await client.ReadAsync(Http2FrameType.Settings);
            }

            await TestContext.Out.WriteLineAsync($"{entries} entries, {frame.Length} bytes: {watch.Elapsed.TotalMilliseconds / 100:F3} ms a frame");
        }
    }

    private TestProxyOptions Over() => Options with { ConfigureCluster = c => c with { HttpProtocol = UpstreamHttpProtocol.Http2 } };
}
