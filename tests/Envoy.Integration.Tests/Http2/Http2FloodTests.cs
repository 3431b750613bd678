using Envoy.Http.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http2;

/// <summary>What costs a client little and a proxy much ends the connection, with ENHANCE_YOUR_CALM and a statistic.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class Http2FloodTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task EmptyData() => await Flood(
        "http2.inbound_empty_frames_flood", c => [c.Post(1), .. Enumerable.Repeat(Http2Client.Data(1, ""), 2)]);

    [Test]
    public async Task EmptyContinuations() => await Flood(
        "http2.inbound_empty_frames_flood",
        c => [Http2Client.Frame(Http2FrameType.Headers, 0, 1, c.Block((":method", "GET"))), .. Enumerable.Repeat(Http2Client.Frame(Http2FrameType.Continuation, 0, 1), 2)]);

    [Test]
    public async Task ContinuationsWithoutEnd() => await Flood(
        "http2.header_overflow",
        c => [Http2Client.Frame(Http2FrameType.Headers, 0, 1, c.Block((":method", "GET"))), .. Enumerable.Repeat(Http2Client.Frame(Http2FrameType.Continuation, 0, 1, new byte[16384]), 6)]);

    [Test]
    public async Task Priorities() => await Flood(
        "http2.inbound_priority_frames_flood", _ => [.. Enumerable.Repeat(Http2Client.Frame(Http2FrameType.Priority, 0, 1, new byte[5]), 101)]);

    [Test]
    public async Task WindowUpdates() => await Flood(
        "http2.inbound_window_update_frames_flood", _ => [.. Enumerable.Repeat(Http2Client.Number(Http2FrameType.WindowUpdate, 0, 1), 6)]);

    [TestCase((int)Http2FrameType.Ping, 8)]
    [TestCase((int)Http2FrameType.Settings, 0)]
    public async Task Control(int type, int length) => await Flood(
        "http2.outbound_control_flood", _ => [.. Enumerable.Repeat(Http2Client.Frame((Http2FrameType)type, 0, 0, new byte[length]), 200)],
        new Http2ProtocolOptions { MaxOutboundControlFrames = 100 });

    [Test]
    public async Task AnswersThatNobodyReads()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            // Each frame counts while the ones before it have not gone; answers of two frames pass the limit in the middle of one.
            ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { MaxOutboundFrames = 10 } },
            Filters = [() => new ScriptedFilter { RequestHeaders = (filter, _, _) => { filter.Callbacks.SendLocalReply(new FilterChains.Http.LocalReply(200, "here") { Body = "body" }); return FilterChains.Http.FilterStatus.Hold; } }],
        });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync([.. Enumerable.Range(0, 20).Select(i => client.Get((uint)((2 * i) + 1)))]);
        Assert.That(await client.ReadGoAwayAsync(), Is.EqualTo(Http2ErrorCode.EnhanceYourCalm));
        Assert.That(proxy.Statistics["http2.outbound_flood"], Is.EqualTo(1));
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http2.streams_active"], Is.Zero);
    }

    [Test]
    public async Task RapidReset()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(Resets(client, 600));
        Assert.That(await client.ReadGoAwayAsync(), Is.EqualTo(Http2ErrorCode.EnhanceYourCalm));
        await proxy.WaitForAsync("http.ingress.downstream_rq_too_many_premature_resets");
        await AssertQuiet(proxy);
        await AssertServesOn(proxy, upstream);
    }

    [Test]
    public async Task RapidReset_IsKnownAsSoonAsGoodStreamsCouldNotMakeUpForIt()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await SendAndWaitAsync(client, Resets(client, 249));
        await client.SendAsync(Resets(client, 2, first: 499));
        Assert.That(await client.ReadGoAwayAsync(), Is.EqualTo(Http2ErrorCode.EnhanceYourCalm));
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_too_many_premature_resets"], Is.EqualTo(1));
    }

    [Test]
    public async Task Resets_AreLetPass_AsOftenAsTheRateAllows()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(
            upstream, Options with { ConfigureHttp = h => h with { Http2 = new Http2ProtocolOptions { StreamResetBurst = 2, StreamResetRate = 1 } } });
        using var client = await Http2Client.ConnectAsync(proxy);
        await SendAndWaitAsync(client, Resets(client, 2));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        await SendAndWaitAsync(client, Resets(client, 1, first: 5));
        await client.SendAsync(Resets(client, 1, first: 7));
        Assert.That(await client.ReadGoAwayAsync(), Is.EqualTo(Http2ErrorCode.EnhanceYourCalm));
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_too_many_premature_resets"], Is.Zero);
        await AssertQuiet(proxy);
    }

    // What they were sent before has been read once the answer is there.
    private static async Task SendAndWaitAsync(Http2Client client, params byte[][] frames)
    {
        await client.SendAsync([.. frames, Http2Client.Frame(Http2FrameType.Ping, 0, 0, new byte[8])]);
        await client.ReadAsync(Http2FrameType.Ping);
    }

    private static byte[][] Resets(Http2Client client, int count, uint first = 1) =>
        [.. Enumerable.Range(0, count).Select(i => first + (2 * (uint)i)).SelectMany(id => new[] { client.Get(id), Http2Client.Number(Http2FrameType.RstStream, id, 8) })];

    private async Task Flood(string statistic, Func<Http2Client, byte[][]> frames, Http2ProtocolOptions? options = null)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { Http2 = options ?? new Http2ProtocolOptions() } });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(frames(client));
        Assert.That(await client.ReadGoAwayAsync(), Is.EqualTo(Http2ErrorCode.EnhanceYourCalm));
        Assert.That(proxy.Statistics[statistic], Is.EqualTo(1));
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http2.streams_active"], Is.Zero);
        await AssertServesOn(proxy, upstream);
    }

    private static async Task AssertServesOn(TestProxy proxy, FakeUpstream upstream)
    {
        upstream.Answer(Answers.Ok());
        using var other = await Http2Client.ConnectAsync(proxy);
        await other.SendAsync(other.Get(1));
        Assert.That((await other.ReadResponseAsync(1)).Status, Is.EqualTo(200));
    }
}
