using System.Text;
using Envoy.Formatting;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>gRPC clients before servers that know HTTP/1.1 and a content type, but not gRPC.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class GrpcHttp1ReverseBridgeFilterTests(EngineKind engine) : GrpcFilterFixture(engine)
{
    private const string Type = "application/x-protobuf";

    [Test]
    public async Task WithheldFrames_AreTakenAwayAndAdded()
    {
        await using var upstream = new FakeUpstream().Answer(async e => await e.RespondAsync(200, await e.ReadBodyAsync(), ("content-type", Type)));
        await using var proxy = await Start(upstream, Filter("withhold_grpc_frames: true"));
        using var client = await Http2Client.ConnectAsync(proxy);
        for (var stream = 1u; stream < 5; stream += 2)
        {
            await CallAsync(client, stream, Frame("hello"), "application/grpc+proto", ("content-length", "10"));
            var response = await client.ReadResponseAsync(stream);
            var request = await upstream.ReceivedAsync((int)(stream + 1) / 2);
            using (Assert.EnterMultipleScope())
            {
                Assert.That((request.BodyText, request.Headers["content-type"], request.Headers["accept"], request.Headers["content-length"]), Is.EqualTo(("hello", Type, Type, "5")));
                Assert.That((response.Status, response.Body), Is.EqualTo((200, Encoding.Latin1.GetString(Frame("hello")))));
                Assert.That(response.Headers, Does.Contain(("content-type", "application/grpc+proto")));
                Assert.That(response.Headers, Does.Contain(("content-length", "10")));
                Assert.That(response.Trailers, Does.Contain(("grpc-status", "0")));
            }
        }
    }

    [Test]
    public async Task WithheldFrames_OfAnAnswerInPiecesWithTrailers()
    {
        await using var upstream = new FakeUpstream().Answer(async e =>
        {
            await e.ReadBodyAsync();
            await e.SendHeadersAsync(404, ("content-type", Type), ("transfer-encoding", "chunked"));
            await e.SendChunkAsync("one");
            await e.SendChunkAsync("two");
            await e.EndChunksAsync(("x-t", "1"));
        });
        await using var proxy = await Start(upstream, Filter("withhold_grpc_frames: true"));
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Frame("hello"));
        var response = await client.ReadResponseAsync(1);
        Assert.That((response.Status, response.Body), Is.EqualTo((200, Encoding.Latin1.GetString(Frame("onetwo")))));
        Assert.That(response.Trailers, Is.EquivalentTo(new[] { ("x-t", "1"), ("grpc-status", "12") }));
    }

    [Test]
    public async Task Frames_ThatAreNotWithheld_PassAsTheyAre()
    {
        await using var upstream = new FakeUpstream().Answer(async e => await e.RespondAsync(200, await e.ReadBodyAsync(), ("content-type", Type)));
        await using var proxy = await Start(upstream, Filter(""));
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Frame("hello"));
        var response = await client.ReadResponseAsync(1);
        Assert.That((await upstream.ReceivedAsync()).Body, Is.EqualTo(Frame("hello")));
        Assert.That(response.Body, Is.EqualTo(Encoding.Latin1.GetString(Frame("hello"))));
        Assert.That(response.Trailers, Does.Contain(("grpc-status", "0")));
    }

    [TestCase("withhold_grpc_frames: true", "\0\0\0\0\0")]
    [TestCase("", "")]
    public async Task HeadersOnlyAnswer_StillHasAStatus(string fields, string body)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "", ("content-type", Type)));
        await using var proxy = await Start(upstream, Filter(fields));
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Frame("hello"));
        var response = await client.ReadResponseAsync(1);
        Assert.That(response.Body, Is.EqualTo(body));
        Assert.That(body.Length > 0 ? response.Trailers : response.Headers, Does.Contain(("grpc-status", "0")));
    }

    [Test]
    public async Task SizeHeader_LetsTheAnswerPassWithoutBeingHeld()
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().Answer(async e =>
        {
            await e.ReadBodyAsync();
            await e.SendHeadersAsync(200, ("content-type", Type), ("x-size", "6"), ("transfer-encoding", "chunked"));
            await e.SendChunkAsync("one");
            await gate.Task;
            await e.SendChunkAsync("two");
            await e.EndChunksAsync();
        });
        await using var proxy = await Start(upstream, Filter("withhold_grpc_frames: true, response_size_header: x-size"));
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Frame("hello"));
        var first = await client.ReadAsync(Envoy.Http.Http2.Http2FrameType.Data);
        Assert.That(Encoding.Latin1.GetString(first.Payload), Is.EqualTo("\0\0\0\0\u0006one"), "before the upstream has said the rest");
        gate.SetResult();
        Assert.That(Encoding.Latin1.GetString((await client.ReadAsync(Envoy.Http.Http2.Http2FrameType.Data)).Payload), Is.EqualTo("two"));
        Assert.That((await client.ReadAsync(Envoy.Http.Http2.Http2FrameType.Headers)).Fields, Does.Contain(("grpc-status", "0")));
    }

    [TestCase("4")]
    [TestCase("6")]
    public async Task SizeHeader_ThatIsWrong_ResetsTheStream(string size)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "12345", ("content-type", Type), ("x-size", size)));
        await using var proxy = await Start(upstream, Filter("withhold_grpc_frames: true, response_size_header: x-size"));
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Frame("hello"));
        Assert.That(await client.ReadResetAsync(1), Is.EqualTo(Envoy.Http.Http2.Http2ErrorCode.InternalError));
        await AssertLogged(proxy, 200, ResponseFlags.None, "grpc_bridge_content_length_wrong");
    }

    [TestCase("text/html", "", "2", "envoy reverse bridge: upstream responded with unsupported content-type text/html, status code 200", "grpc_bridge_content_type_wrong")]
    [TestCase("", "", "2", "envoy reverse bridge: upstream responded with no content-type header, status code 200", "grpc_bridge_content_type_wrong")]
    [TestCase(Type, "x", "13", "envoy reverse bridge: upstream did not set content length", "grpc_bridge_content_length_missing")]
    public async Task WrongAnswer_IsToldAsTheCallsStatus(string type, string size, string status, string message, string details)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "12345", [.. type.Length > 0 ? [("content-type", type)] : Array.Empty<(string, string)>(), ("x-size", size)]));
        await using var proxy = await Start(upstream, Filter("withhold_grpc_frames: true, response_size_header: x-size"));
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Frame("hello"));
        var response = await client.ReadResponseAsync(1);
        Assert.That(response.Headers, Does.Contain(("grpc-status", status)));
        Assert.That(response.Headers, Does.Contain(("grpc-message", message)));
        await AssertLogged(proxy, 200, ResponseFlags.None, details);
    }

    [Test]
    public async Task BodyThatIsNoFrame_IsRefused()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("withhold_grpc_frames: true"));
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, [0, 0, 0]);
        var response = await client.ReadResponseAsync(1);
        Assert.That(response.Headers, Does.Contain(("grpc-status", "2")));
        Assert.That(response.Headers, Does.Contain(("grpc-message", "invalid request body")));
        await AssertLogged(proxy, 200, ResponseFlags.None, "grpc_bridge_data_too_small");
    }

    [Test]
    public async Task AnswersOfTheProxyItself_PassAsTheyAre()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Reset());
        await using var proxy = await Start(upstream, Filter("withhold_grpc_frames: true"));
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Frame("hello"));
        Assert.That((await client.ReadResponseAsync(1)).Headers, Does.Contain(("grpc-status", "14")));
    }

    [Test]
    public async Task DisabledOnARoute_AndOtherRequests_PassAsTheyAre()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream, Filter("withhold_grpc_frames: true"),
            """{ match: { prefix: / }, route: { cluster: upstream }, typed_per_filter_config: { envoy.filters.http.grpc_http1_reverse_bridge: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfigPerRoute, disabled: true } } }""");
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Frame("hello"));
        Assert.That((await client.ReadResponseAsync(1)).Body, Is.EqualTo("ok"));
        Assert.That((await upstream.ReceivedAsync()).Body, Is.EqualTo(Frame("hello")));
    }

    private static byte[] Frame(string text) => GrpcExchange.Frame(Encoding.ASCII.GetBytes(text));

    private static string Filter(string fields) =>
        $$"""{ name: envoy.filters.http.grpc_http1_reverse_bridge, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig, content_type: {{Type}}, {{fields}} } }""";
}
