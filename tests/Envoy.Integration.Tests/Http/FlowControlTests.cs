using Envoy.Integration.Tests.Support;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Runtime.Memory;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>A side that takes nothing holds the other side back, and the proxy keeps no more than its limits.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class FlowControlTests(EngineKind engine) : HttpFixture(engine)
{
    private const int Limit = 64 * 1024;
    private const int Size = 64 * 1024 * 1024;

    // More than the system's buffers can hold, however far they grow.
    private static readonly int SocketSize = (int)SystemBuffers.Most + (8 * 1024 * 1024);

    // In memory a direction holds 64 KiB; each connection of the proxy may go one receive beyond its limit, and the upstream has one piece in hand.
    private const int MostInMemory = 8 * Limit;

    [Test]
    public async Task SlowClient_InMemory_HoldsTheUpstreamBack()
    {
        var network = new MemoryNetwork();
        var body = Bytes(Size);
        await using var upstream = new FakeUpstream(network, "origin").Answer(Answers.Ok(body));
        await using var proxy = await TestProxy.ForwardTo(upstream, InMemory(network));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.downstream_flow_control_paused_reading_total");
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_paused_reading_total");
        await Settle(proxy);
        Assert.That(upstream.Connections[0].BytesSent, Is.LessThan(MostInMemory));
        var response = await client.ReadResponseAsync();
        Assert.That(response.Body.AsSpan().SequenceEqual(body), Is.True);
        await AssertQuiet(proxy);
        // The last pause may end with the response.
        Assert.That(proxy.Statistics["http.ingress.downstream_flow_control_resumed_reading_total"],
            Is.InRange(proxy.Statistics["http.ingress.downstream_flow_control_paused_reading_total"] - 1, proxy.Statistics["http.ingress.downstream_flow_control_paused_reading_total"]));
    }

    [Test]
    public async Task SlowClient_BySocket_HoldsTheUpstreamBack()
    {
        var body = Bytes(SocketSize);
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(body));
        await using var proxy = await TestProxy.ForwardTo(upstream, Limited(Options));
        using var client = await proxy.ConnectAsync(receiveBufferSize: 16 * 1024);
        await client.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_paused_reading_total");
        await Settle(proxy);
        Assert.That(upstream.Connections[0].BytesSent, Is.LessThan(SystemBuffers.Most));
        var response = await client.ReadResponseAsync();
        Assert.That(response.Body.AsSpan().SequenceEqual(body), Is.True);
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task SlowUpstream_InMemory_HoldsTheClientBack()
    {
        var network = new MemoryNetwork();
        var gate = new TaskCompletionSource();
        var body = Bytes(Size);
        await using var upstream = new FakeUpstream(network, "origin").Answer(async e =>
        {
            await gate.Task;
            await e.ReadBodyAsync();
            await e.RespondAsync(200, "thanks");
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, InMemory(network));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {Size}\r\n\r\n");
        var sending = client.SendAsync(body);
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_backed_up_total");
        await Settle(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_rx_bytes_total"], Is.LessThan(MostInMemory));
        gate.SetResult();
        await sending;
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("thanks"));
        Assert.That((await upstream.ReceivedAsync()).Body.AsSpan().SequenceEqual(body), Is.True);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_flow_control_drained_total"], Is.GreaterThan(0));
    }

    [Test]
    public async Task SlowUpstream_BySocket_HoldsTheClientBack()
    {
        var gate = new TaskCompletionSource();
        var body = Bytes(SocketSize);
        await using var upstream = new FakeUpstream().Answer(async e =>
        {
            await gate.Task;
            await e.ReadBodyAsync();
            await e.RespondAsync(200, "thanks");
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Limited(Options));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {SocketSize}\r\n\r\n");
        var sending = client.SendAsync(body);
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_backed_up_total");
        await Settle(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_rx_bytes_total"], Is.LessThan(SystemBuffers.Most));
        gate.SetResult();
        await sending;
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("thanks"));
        Assert.That((await upstream.ReceivedAsync()).Body.AsSpan().SequenceEqual(body), Is.True);
    }

    [Test]
    public async Task SlowConnect_KeepsNoMoreOfTheUploadThanItsLimit()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Ignore("Only Linux leaves a handshake unanswered when the queue is full.");
        await using var upstream = FakeUpstream.ThatNeverAccepts();
        await using var proxy = await TestProxy.ForwardTo(upstream, Limited(Options));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {Size}\r\n\r\n");
        var sending = client.SendAsync(Bytes(Size));
        await proxy.WaitForAsync("http.ingress.downstream_cx_rx_bytes_total", v => v > Limit);
        await Settle(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_rx_bytes_total"], Is.LessThan(MostInMemory));
        client.Reset();
        Assert.That(async () => await sending, Throws.Exception);
        // The framework's sockets tell nobody of a reset while bytes lie unread: there the connect timeout ends the request.
        if (Options.Engine == EngineKind.Portable)
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task ClientThatLeavesWhileHeldBack_IsNoticed()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(Bytes(Size)));
        await using var proxy = await TestProxy.ForwardTo(upstream, Limited(Options));
        using var client = await proxy.ConnectAsync(receiveBufferSize: 16 * 1024);
        await client.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_paused_reading_total");
        client.Reset();
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
        await proxy.WaitForAsync("http.ingress.downstream_cx_active", v => v == 0);
    }

    // Long enough for a side that is not held back to send everything.
    private static async Task Settle(TestProxy proxy)
    {
        for (var i = 0; i < 100; i++)
            await proxy.TurnAsync();
    }

    private static TestProxyOptions Limited(TestProxyOptions options) => options with
    {
        ConfigureCluster = c => c with { PerConnectionBufferLimitBytes = Limit },
        Configure = p => p with { Listeners = [p.Listeners[0] with { PerConnectionBufferLimitBytes = Limit }] },
        // The upload and the download may take their time.
        ConfigureRoute = r => r with { Timeout = TimeSpan.Zero },
    };

    private TestProxyOptions InMemory(MemoryNetwork network) => Limited(Options) with { MemoryNetwork = network, Address = new MemoryAddressConfig("front") };
}
