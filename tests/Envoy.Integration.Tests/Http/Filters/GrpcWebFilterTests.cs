using System.Text;
using Envoy.Formatting;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;
using Google.Protobuf.WellKnownTypes;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>grpc-web and grpc-web-text, to gRPC servers and to such that are none.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class GrpcWebFilterTests(EngineKind engine) : GrpcFilterFixture(engine)
{
    private const string Filter = """{ name: envoy.filters.http.grpc_web, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb } }""";

    private static readonly byte[] Trailers = [0x80, 0, 0, 0, 15, .. "grpc-status:0\r\n"u8];

    [TestCase("application/grpc-web")]
    [TestCase("application/grpc-web+proto")]
    public async Task Binary_PassesAsItIs_AndTrailersBecomeTheLastFrame(string type)
    {
        GrpcExchange? call = null;
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            call = c;
            await c.AnswerAsync([.. await c.AllAsync<StringValue>()]);
        });
        await using var proxy = await Start(upstream, Filter, options: OverHttp2);
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Post(type, [.. Message("one"), .. Message("")]));
            var response = await client.ReadResponseAsync();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(response.Status, Is.EqualTo(200));
                Assert.That(response.Headers["content-type"], Is.EqualTo("application/grpc-web+proto"));
                Assert.That(response.Body, Is.EqualTo((byte[])[.. Message("one"), .. Message(""), .. Trailers]));
                Assert.That(response.Trailers, Is.Empty);
                Assert.That((call!["content-type"], call["te"], call["grpc-accept-encoding"], call["content-length"]), Is.EqualTo(("application/grpc", "trailers", "identity", "")));
            }
        }

        Assert.That(proxy.Statistics["cluster.upstream.grpc-web.pkg.Service.Method.success"], Is.EqualTo(2));
        Assert.That(proxy.Statistics["cluster.upstream.grpc-web.pkg.Service.Method.0"], Is.EqualTo(2));
        Assert.That(proxy.Statistics["cluster.upstream.grpc-web.pkg.Service.Method.total"], Is.EqualTo(2));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(7)]
    [TestCase(10_000)]
    public async Task Text_InPieces_IsDecoded_AndTheAnswerEncodedFrameByFrame(int size)
    {
        await using var upstream = Echo();
        await using var proxy = await Start(upstream, Filter, options: OverHttp2);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST /pkg.Service/Method HTTP/1.1\r\nhost: test\r\ncontent-type: application/grpc-web-text\r\naccept: application/grpc-web-text\r\ntransfer-encoding: chunked\r\n\r\n");
        // Two texts with padding of their own, which a client may send.
        var text = Convert.ToBase64String(Message("hello")) + Convert.ToBase64String(Message("x"));
        foreach (var piece in text.Chunk(size))
            await client.SendAsync($"{piece.Length:x}\r\n{new string(piece)}\r\n");
        await client.SendAsync("0\r\n\r\n");
        var response = await client.ReadResponseAsync();
        Assert.That(response.Headers["content-type"], Is.EqualTo("application/grpc-web-text+proto"));
        Assert.That(response.BodyText, Is.EqualTo(Convert.ToBase64String(Message("hello")) + Convert.ToBase64String(Message("x")) + Convert.ToBase64String(Trailers)));
    }

    [Test]
    public async Task LargeMessage_AsText_ComesBackWhole()
    {
        await using var upstream = Echo();
        await using var proxy = await Start(upstream, Filter, options: OverHttp2);
        using var client = await proxy.ConnectAsync();
        var message = Message(new string('m', 300_000));
        await client.SendAsync(Post("application/grpc-web-text", Encoding.ASCII.GetBytes(Convert.ToBase64String(message)), "accept: application/grpc-web-text\r\n"));
        var response = await client.ReadResponseAsync();
        Assert.That(response.BodyText == Convert.ToBase64String(message) + Convert.ToBase64String(Trailers), Is.True);
    }

    [TestCase("AAA", "grpc_base_64_decode_failed_bad_size")]
    [TestCase("AA*=", "grpc_base_64_decode_failed")]
    public async Task Text_ThatIsNoBase64_Is400(string body, string details)
    {
        await using var upstream = GrpcExchange.Serve(async c => Assert.That(await c.AllAsync<StringValue>(), Is.Empty));
        await using var proxy = await Start(upstream, Filter, options: OverHttp2);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post("application/grpc-web-text", Encoding.ASCII.GetBytes(body)));
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((response.Status, response.BodyText), Is.EqualTo((400, "")));
            Assert.That(response.Headers["grpc-message"], Is.EqualTo("Bad gRPC-web request, invalid base64 data."));
            Assert.That(response.Headers["grpc-status"], Is.EqualTo("13"));
        }

        await AssertLogged(proxy, 400, ResponseFlags.None, details);
    }

    [Test]
    public async Task TrailersOnly_StaysInTheHeaders()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            _ = await c.AllAsync<StringValue>();
            await c.RefuseAsync(5, "no");
        });
        await using var proxy = await Start(upstream, Filter, options: OverHttp2);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post("application/grpc-web", Message("a")));
        var response = await client.ReadResponseAsync();
        Assert.That((response.Status, response.Headers["grpc-status"], response.Headers["grpc-message"], response.BodyText), Is.EqualTo((200, "5", "no", "")));
        Assert.That(proxy.Statistics["cluster.upstream.grpc-web.pkg.Service.Method.5"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["cluster.upstream.grpc-web.pkg.Service.Method.failure"], Is.EqualTo(1));
    }

    [Test]
    public async Task AnswerThatIsNotGrpc_BecomesTheMessage_UpToALength()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            _ = await c.AllAsync<StringValue>();
            await c.SendHeadersAsync(false, (":status", "502"), ("content-type", "text/plain"), ("content-length", "20003"));
            await c.SendRawAsync(Encoding.ASCII.GetBytes(new string('y', 20_000)));
            await c.SendLastAsync("end");
        });
        await using var proxy = await Start(upstream, Filter, options: OverHttp2);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post("application/grpc-web", Message("a")));
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((response.Status, response.BodyText, response.Headers["content-length"]), Is.EqualTo((502, "", "0")));
            Assert.That(response.Headers["grpc-status"], Is.EqualTo("14"));
            Assert.That(response.Headers["grpc-message"], Is.EqualTo(new string('y', 16_384)));
        }
    }

    [Test]
    public async Task LocalAnswer_BecomesTheMessage_PercentEncoded()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Reset());
        await using var proxy = await Start(upstream, Filter);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post("application/grpc-web", Message("a")));
        var response = await client.ReadResponseAsync();
        Assert.That((response.Status, response.Headers["grpc-status"], response.BodyText), Is.EqualTo((503, "14", "")));
        Assert.That(response.Headers["grpc-message"], Does.StartWith("upstream connect error or disconnect/reset before headers."));
    }

    [Test]
    public async Task OtherRequests_PassAsTheyAre()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.ChunkedWithTrailers(["a"], ("x-t", "1")));
        await using var proxy = await Start(upstream, Filter);
        using var client = await proxy.ConnectAsync();
        foreach (var type in new[] { "application/grpc-web+json", "application/grpc", "text/plain" })
        {
            await client.SendAsync(Post(type, [.. "AAA"u8], "te: trailers\r\n"));
            var response = await client.ReadResponseAsync();
            Assert.That((response.BodyText, response.Trailers["x-t"]), Is.EqualTo(("a", "1")));
        }

        Assert.That((await upstream.ReceivedAsync(3)).BodyText, Is.EqualTo("AAA"));
    }

    [Test]
    public async Task Http2Client_GetsTheSame()
    {
        await using var upstream = Echo(3, "bad%20");
        await using var proxy = await Start(upstream, Filter, options: OverHttp2);
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Message("x"), "application/grpc-web");
        var response = await client.ReadResponseAsync(1);
        Assert.That(response.Trailers, Is.Empty);
        Assert.That(response.Body, Is.EqualTo(Encoding.Latin1.GetString(Message("x")) + "\u0080\0\0\0\u0024grpc-status:3\r\ngrpc-message:bad%20\r\n"));
    }
}
