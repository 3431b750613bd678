using System.Text;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>Clients of HTTP/1.1 without trailers before gRPC servers.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class GrpcHttp1BridgeFilterTests(EngineKind engine) : GrpcFilterFixture(engine)
{
    private static readonly byte[] Bare = new StringValue { Value = "bare" }.ToByteArray();

    [TestCase(0, 200)]
    [TestCase(7, 503)]
    public async Task GrpcCall_GetsItsStatusInTheHeaders(int status, int http)
    {
        await using var upstream = Echo(status, "why");
        await using var proxy = await Start(upstream, Filter(""), options: OverHttp2);
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Post("application/grpc", Message("one")));
            var response = await client.ReadResponseAsync();
            using (Assert.EnterMultipleScope())
            {
                Assert.That((response.Status, response.Headers["grpc-status"], response.Headers["grpc-message"]), Is.EqualTo((http, status.ToString(System.Globalization.CultureInfo.InvariantCulture), "why")));
                Assert.That(response.Body, Is.EqualTo(Message("one")));
                Assert.That(response.Headers["content-length"], Is.EqualTo(Message("one").Length.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            }
        }
    }

    [Test]
    public async Task Http2Client_IsNotBridged()
    {
        await using var upstream = Echo();
        await using var proxy = await Start(upstream, Filter(""), options: OverHttp2);
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Message("one"));
        var response = await client.ReadResponseAsync(1);
        Assert.That(response.Headers.Select(h => h.Name), Has.No.Member("grpc-status"));
        Assert.That(response.Trailers, Does.Contain(("grpc-status", "0")));
    }

    [TestCase(1)]
    [TestCase(100)]
    public async Task Protobuf_BecomesACall_AndItsAnswerTheBareMessage(int size)
    {
        GrpcExchange? call = null;
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            call = c;
            var messages = await c.AllAsync<StringValue>();
            Assert.That(messages, Has.Count.EqualTo(1));
            await c.StartAsync();
            // The frame's header in two pieces.
            var frame = GrpcExchange.Frame(messages[0].ToByteArray());
            await c.SendRawAsync(frame[..3]);
            await c.SendRawAsync(frame[3..]);
            await c.EndAsync();
        });
        await using var proxy = await Start(upstream, Filter("upgrade_protobuf_to_grpc: true, ignore_query_parameters: true"), options: OverHttp2);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST /pkg.Service/Method?x=y HTTP/1.1\r\nhost: test\r\ncontent-type: application/x-protobuf\r\ntransfer-encoding: chunked\r\n\r\n");
        foreach (var piece in Bare.Chunk(size))
            await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), .. piece, .. "\r\n"u8]);
        await client.SendAsync("0\r\nx-trailer: 1\r\n\r\n");
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((response.Status, response.Headers["grpc-status"]), Is.EqualTo((200, "0")));
            Assert.That(response.Body, Is.EqualTo(Bare));
            Assert.That(response.Headers["content-length"], Is.EqualTo(Bare.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            Assert.That((call!["content-type"], call.Path), Is.EqualTo(("application/grpc", "/pkg.Service/Method")));
        }
    }

    [Test]
    public async Task ProtobufWithoutABody_IsAnEmptyMessage()
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.AnswerAsync([.. await c.AllAsync<Empty>()]));
        await using var proxy = await Start(upstream, Filter("upgrade_protobuf_to_grpc: true"), options: OverHttp2);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post("application/x-protobuf", []));
        var response = await client.ReadResponseAsync();
        Assert.That((response.Status, response.Headers["grpc-status"], response.Body.Length), Is.EqualTo((200, "0", 0)));
    }

    [Test]
    public async Task ProtobufOverHttp2_IsNotCalledGrpc()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("upgrade_protobuf_to_grpc: true"));
        using var client = proxy.CreateClient();
        using var content = new ByteArrayContent([1, 2, 3]);
        content.Headers.ContentType = new("application/x-protobuf");
        using var request = new HttpRequestMessage(HttpMethod.Post, proxy.BaseUri)
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        using var response = await client.SendAsync(request);
        Assert.That((int)response.StatusCode, Is.EqualTo(200));
        Assert.That((upstream.Requests[0].Headers["content-type"], upstream.Requests[0].Body.Length), Is.EqualTo(("application/x-protobuf", 3)));
    }

    [Test]
    public async Task AnswerWithoutTrailers_PassesAsItIs()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Chunked("plain", " text"));
        await using var proxy = await Start(upstream, Filter(""));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post("application/grpc", Message("one")));
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("plain text"));
    }

    [Test]
    public async Task ProtobufAnsweredByWhatIsNotGrpc_GetsAllOfTheAnswer()
    {
        // Longer than one read, so that its first piece is not its last.
        var text = new string('x', 300_000);
        await using var upstream = new FakeUpstream().Answer(Answers.Status(404, text));
        await using var proxy = await Start(upstream, Filter("upgrade_protobuf_to_grpc: true"));
        using var client = await proxy.ConnectAsync();
        // What is missing of the first answer's length would be taken from the second.
        await client.SendAsync((byte[])[.. Post("application/x-protobuf", Bare), .. Post("application/x-protobuf", Bare)]);
        for (var i = 0; i < 2; i++)
        {
            var response = await client.ReadResponseAsync();
            Assert.That((response.Status, response.BodyText[^10..], response.BodyText.Length), Is.EqualTo((404, text[^10..], text.Length)));
        }
    }

    private static string Filter(string fields) =>
        $$"""{ name: envoy.filters.http.grpc_http1_bridge, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_http1_bridge.v3.Config, {{fields}} } }""";
}
