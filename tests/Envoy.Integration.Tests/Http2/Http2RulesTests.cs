using Envoy.Http.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http2;

/// <summary>What RFC 9113 does not allow a client ends its stream or its connection, with the code that the RFC names.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class Http2RulesTests(EngineKind engine) : HttpFixture(engine)
{
    private static readonly (string, string)[] Complete = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "test")];

    private static readonly TestCaseData[] ConnectionFaults =
    [
        Fault("3.4 no SETTINGS after the preface", Http2ErrorCode.ProtocolError, _ => [], silent: [Http2Client.Preface, Http2Client.Frame(Http2FrameType.Ping, 0, 0, new byte[8])]),
        Fault("4.2 a frame above the limit", Http2ErrorCode.FrameSizeError, c => [c.Post(1), Http2Client.Frame(Http2FrameType.Data, 0, 1, new byte[16385])]),
        Fault("4.3 a block that is none", Http2ErrorCode.CompressionError, _ => [Http2Client.Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders | Http2FrameFlags.EndStream, 1, 0xff, 0xff, 0xff, 0xff, 0xff)]),
        Fault("4.3 another frame inside a block", Http2ErrorCode.ProtocolError, c => [Http2Client.Frame(Http2FrameType.Headers, Http2FrameFlags.EndStream, 1, c.Block(Complete)), Http2Client.Frame(Http2FrameType.Ping, 0, 0, new byte[8])]),
        Fault("4.3 another stream inside a block", Http2ErrorCode.ProtocolError, c => [Http2Client.Frame(Http2FrameType.Headers, Http2FrameFlags.EndStream, 1, c.Block(Complete)), c.Get(3)]),
        Fault("5.1 idle: DATA", Http2ErrorCode.ProtocolError, _ => [Http2Client.Data(1, "x")]),
        Fault("5.1 idle: RST_STREAM", Http2ErrorCode.ProtocolError, _ => [Http2Client.Number(Http2FrameType.RstStream, 1, 8)]),
        Fault("5.1 idle: WINDOW_UPDATE", Http2ErrorCode.ProtocolError, _ => [Http2Client.Number(Http2FrameType.WindowUpdate, 1, 8)]),
        Fault("5.1 idle: CONTINUATION", Http2ErrorCode.ProtocolError, c => [Http2Client.Frame(Http2FrameType.Continuation, Http2FrameFlags.EndHeaders, 1, c.Block(Complete))]),
        Fault("5.1 half-closed: DATA", Http2ErrorCode.StreamClosed, c => [c.Get(1), Http2Client.Data(1, "x")]),
        Fault("5.1 half-closed: HEADERS", Http2ErrorCode.StreamClosed, c => [c.Get(1), c.Get(1)]),
        Fault("5.1 half-closed, then reset: DATA", Http2ErrorCode.StreamClosed, c => [c.Get(1), Http2Client.Number(Http2FrameType.RstStream, 1, 8), Http2Client.Data(1, "x")]),
        Fault("5.1.1 an even stream", Http2ErrorCode.ProtocolError, c => [c.Get(2)]),
        Fault("6.1 DATA without a stream", Http2ErrorCode.ProtocolError, _ => [Http2Client.Data(0, "x")]),
        Fault("6.1 padding as long as the payload", Http2ErrorCode.ProtocolError, c => [c.Post(1), Http2Client.Frame(Http2FrameType.Data, Http2FrameFlags.Padded, 1, 2, 0)]),
        Fault("6.2 HEADERS without a stream", Http2ErrorCode.ProtocolError, c => [c.Get(0)]),
        Fault("6.2 padding longer than the payload", Http2ErrorCode.ProtocolError, _ => [Http2Client.Frame(Http2FrameType.Headers, Http2FrameFlags.Padded | Http2FrameFlags.EndHeaders, 1, 200, 0x82)]),
        Fault("6.3 PRIORITY without a stream", Http2ErrorCode.ProtocolError, _ => [Http2Client.Frame(Http2FrameType.Priority, 0, 0, new byte[5])]),
        Fault("6.4 RST_STREAM without a stream", Http2ErrorCode.ProtocolError, _ => [Http2Client.Number(Http2FrameType.RstStream, 0, 8)]),
        Fault("6.4 RST_STREAM of another length", Http2ErrorCode.FrameSizeError, c => [c.Post(1), Http2Client.Frame(Http2FrameType.RstStream, 0, 1, new byte[3])]),
        Fault("6.5 SETTINGS with a stream", Http2ErrorCode.ProtocolError, _ => [Http2Client.Frame(Http2FrameType.Settings, 0, 1)]),
        Fault("6.5 SETTINGS of another length", Http2ErrorCode.FrameSizeError, _ => [Http2Client.Frame(Http2FrameType.Settings, 0, 0, new byte[5])]),
        Fault("6.5 an acknowledgement with a payload", Http2ErrorCode.FrameSizeError, _ => [Http2Client.Frame(Http2FrameType.Settings, Http2FrameFlags.Ack, 0, new byte[6])]),
        Fault("6.5.2 ENABLE_PUSH 2", Http2ErrorCode.ProtocolError, _ => [Http2Client.Settings((Http2Setting.EnablePush, 2))]),
        Fault("6.5.2 a window above 2^31-1", Http2ErrorCode.FlowControlError, _ => [Http2Client.Settings((Http2Setting.InitialWindowSize, 0x80000000))]),
        Fault("6.5.2 frames below 16384", Http2ErrorCode.ProtocolError, _ => [Http2Client.Settings((Http2Setting.MaxFrameSize, 16383))]),
        Fault("6.6 PUSH_PROMISE", Http2ErrorCode.ProtocolError, _ => [Http2Client.Frame(Http2FrameType.PushPromise, Http2FrameFlags.EndHeaders, 1, new byte[4])]),
        Fault("6.7 PING with a stream", Http2ErrorCode.ProtocolError, _ => [Http2Client.Frame(Http2FrameType.Ping, 0, 1, new byte[8])]),
        Fault("6.7 PING of another length", Http2ErrorCode.FrameSizeError, _ => [Http2Client.Frame(Http2FrameType.Ping, 0, 0, new byte[6])]),
        Fault("6.8 GOAWAY with a stream", Http2ErrorCode.ProtocolError, _ => [Http2Client.Frame(Http2FrameType.GoAway, 0, 1, new byte[8])]),
        Fault("6.9 WINDOW_UPDATE by nothing", Http2ErrorCode.ProtocolError, _ => [Http2Client.Number(Http2FrameType.WindowUpdate, 0, 0)]),
        Fault("6.9 WINDOW_UPDATE of another length", Http2ErrorCode.FrameSizeError, _ => [Http2Client.Frame(Http2FrameType.WindowUpdate, 0, 0, new byte[3])]),
        Fault("6.9.1 a window above 2^31-1", Http2ErrorCode.FlowControlError, _ => [Http2Client.Number(Http2FrameType.WindowUpdate, 0, 0x7fffffff), Http2Client.Number(Http2FrameType.WindowUpdate, 0, 0x7fffffff)]),
        Fault("6.10 CONTINUATION after the block", Http2ErrorCode.ProtocolError, c => [c.Get(1), Http2Client.Frame(Http2FrameType.Continuation, Http2FrameFlags.EndHeaders, 1)]),
        Fault("8.1 trailers that do not end", Http2ErrorCode.ProtocolError, c => [c.Post(1), c.Headers(1, end: false, ("x", "y"))]),
        Fault("8.2.1 an upper-case name", Http2ErrorCode.ProtocolError, c => [c.Get(1, "/", ("X-Upper", "1"))]),
        Fault("8.2.1 a value with CR", Http2ErrorCode.ProtocolError, c => [c.Get(1, "/", ("x", "a\rb"))]),
        Fault("8.2.1 a value with a space before it", Http2ErrorCode.ProtocolError, c => [c.Get(1, "/", ("x", " a"))]),
        Fault("8.2.2 connection", Http2ErrorCode.ProtocolError, c => [c.Get(1, "/", ("connection", "keep-alive"))]),
        Fault("8.2.2 transfer-encoding", Http2ErrorCode.ProtocolError, c => [c.Post(1, "/", ("transfer-encoding", "chunked"))]),
        Fault("8.2.2 te", Http2ErrorCode.ProtocolError, c => [c.Get(1, "/", ("te", "gzip"))]),
        Fault("8.3 an unknown pseudo header", Http2ErrorCode.ProtocolError, c => [c.Headers(1, true, [.. Complete, (":test", "x")])]),
        Fault("8.3 a response's pseudo header", Http2ErrorCode.ProtocolError, c => [c.Headers(1, true, [.. Complete, (":status", "200")])]),
        Fault("8.3 a pseudo header in trailers", Http2ErrorCode.ProtocolError, c => [c.Post(1), c.Headers(1, true, (":method", "GET"))]),
        Fault("8.3 a pseudo header behind others", Http2ErrorCode.ProtocolError, c => [c.Headers(1, true, (":method", "GET"), (":scheme", "http"), ("x", "y"), (":path", "/"))]),
        Fault("8.3.1 an empty path", Http2ErrorCode.ProtocolError, c => [c.Headers(1, true, (":method", "GET"), (":scheme", "http"), (":path", ""))]),
        Fault("8.3.1 no path", Http2ErrorCode.ProtocolError, c => [c.Headers(1, true, (":method", "GET"), (":scheme", "http"))]),
        Fault("8.3.1 no method", Http2ErrorCode.ProtocolError, c => [c.Headers(1, true, (":scheme", "http"), (":path", "/"))]),
        Fault("8.3.1 no scheme", Http2ErrorCode.ProtocolError, c => [c.Headers(1, true, (":method", "GET"), (":path", "/"))]),
        Fault("8.3.1 two methods", Http2ErrorCode.ProtocolError, c => [c.Headers(1, true, [.. Complete, (":method", "GET")])]),
        Fault("8.3.1 a path with a space", Http2ErrorCode.ProtocolError, c => [c.Headers(1, true, (":method", "GET"), (":scheme", "http"), (":path", "/a b"))]),
        Fault("8.1.1 a body longer than it says", Http2ErrorCode.ProtocolError, c => [c.Post(1, "/", ("content-length", "1")), Http2Client.Data(1, "ab", end: true)]),
        Fault("8.1.1 a body shorter than it says", Http2ErrorCode.ProtocolError, c => [c.Post(1, "/", ("content-length", "3")), Http2Client.Data(1, "ab", end: true)]),
        Fault("8.1.1 a length and no body", Http2ErrorCode.ProtocolError, c => [c.Get(1, "/", ("content-length", "3"))]),
        Fault("8.1.1 two lengths", Http2ErrorCode.ProtocolError, c => [c.Post(1, "/", ("content-length", "3"), ("content-length", "3"))]),
        Fault("7541 4.2 a table above the limit", Http2ErrorCode.CompressionError, _ => [Http2Client.Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders | Http2FrameFlags.EndStream, 1, 0x3f, 0xe2, 0x1f, 0x82)]),
    ];

    private static readonly TestCaseData[] StreamFaults =
    [
        Fault("5.3.1 a stream that depends on itself", Http2ErrorCode.ProtocolError, c => [Http2Client.Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders | Http2FrameFlags.EndStream | Http2FrameFlags.Priority, 1, [0, 0, 0, 1, 16, .. c.Block(Complete)])]),
        Fault("6.3 PRIORITY of another length", Http2ErrorCode.FrameSizeError, c => [c.Get(1), Http2Client.Frame(Http2FrameType.Priority, 0, 1, new byte[4])]),
        Fault("6.9 WINDOW_UPDATE by nothing", Http2ErrorCode.ProtocolError, c => [c.Get(1), Http2Client.Number(Http2FrameType.WindowUpdate, 1, 0)]),
        Fault("6.9.1 a window above 2^31-1", Http2ErrorCode.FlowControlError, c => [c.Get(1), Http2Client.Number(Http2FrameType.WindowUpdate, 1, 0x7fffffff)]),
    ];

    [TestCaseSource(nameof(ConnectionFaults))]
    public async Task Connection_EndsWithTheCode(string name, object code, object frames, object silent)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = silent is byte[][] { Length: > 0 } ? await Http2Client.SilentAsync(proxy) : await Http2Client.ConnectAsync(proxy);
        await client.SendAsync([.. (byte[][])silent, .. ((Func<Http2Client, byte[][]>)frames)(client)]);
        Assert.That(await client.ReadGoAwayAsync(), Is.EqualTo(code));
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_protocol_error"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["http2.streams_active"], Is.Zero);
    }

    [TestCaseSource(nameof(StreamFaults))]
    public async Task Stream_IsReset_AndTheConnectionServesOn(string name, object code, object frames, object silent)
    {
        await using var upstream = new FakeUpstream().Answer(r => r.Path == "/", Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(((Func<Http2Client, byte[][]>)frames)(client));
        Assert.That(await client.ReadResetAsync(1), Is.EqualTo(code));
        await AssertQuiet(proxy);
        await client.SendAsync(client.Get(3, "/ok"));
        Assert.That((await client.ReadResponseAsync(3)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task MalformedMessage_EndsItsStreamAlone_WhereThatIsAskedFor()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { StreamErrorOnInvalidHttpMessage = true } });
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Get(1, "/", ("connection", "close")));
        Assert.That(await client.ReadResetAsync(1), Is.EqualTo(Http2ErrorCode.ProtocolError));
        await AssertLogged(proxy, 0, Formatting.ResponseFlags.DownstreamProtocolError, "http2.violation.of.messaging.rule");
        Assert.That(proxy.Statistics["http2.rx_messaging_error"], Is.EqualTo(1));
        await client.SendAsync(client.Get(3));
        Assert.That((await client.ReadResponseAsync(3)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task UnknownFramesAndSettings_AreIgnored_AndPingIsAnswered()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(
            Http2Client.Frame((Http2FrameType)0x16, (Http2FrameFlags)0xff, 0, new byte[8]),
            Http2Client.Settings(((Http2Setting)0xff, 7)),
            Http2Client.Frame(Http2FrameType.Ping, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
        await client.ReadAsync(Http2FrameType.Settings);
        var pong = await client.ReadAsync(Http2FrameType.Ping);
        Assert.That((pong.Header.Has(Http2FrameFlags.Ack), pong.Payload), Is.EqualTo((true, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 })));
    }

    private static TestCaseData Fault(string name, Http2ErrorCode code, Func<Http2Client, byte[][]> frames, byte[][]? silent = null) =>
        new TestCaseData(name, code, frames, silent ?? []).SetArgDisplayNames(name);
}
