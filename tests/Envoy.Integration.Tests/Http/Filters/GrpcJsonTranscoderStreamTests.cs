using Envoy.Filters.Http.GrpcJsonTranscoder;
using Envoy.Integration.Tests.Support;
using Envoy.Protos.Api;
using Envoy.Protos.Shop;
using Envoy.Runtime;
using Envoy.Testing;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>Streams of requests and responses, and bodies that are no JSON.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class GrpcJsonTranscoderStreamTests(EngineKind engine) : GrpcJsonTranscoderFixture(engine)
{
    [TestCase(false, false, "application/json", """[{"id":"1"},{"id":"2"}]""", "[]")]
    [TestCase(true, false, "application/json", "{\"id\":\"1\"}\n{\"id\":\"2\"}\n", "")]
    [TestCase(true, true, "text/event-stream", "data: {\"id\":\"1\"}\n\ndata: {\"id\":\"2\"}\n\n", "")]
    public async Task ServerStream_IsFramedAsAsked(bool lines, bool events, string type, string two, string none)
    {
        var count = 2;
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            Assert.That((await c.AllAsync<ListItemsRequest>()).Single().Shelf, Is.EqualTo(5));
            await c.AnswerAsync([.. Enumerable.Range(1, count).Select(i => new Item { Id = i })]);
        });
        await using var proxy = await Start(upstream, Shop with { PrintOptions = new TranscoderPrintOptions { StreamNewlineDelimited = lines, StreamSseStyleDelimited = events } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v1/shelves/5/items:watch"));
        Assert.That((response.Status, response.BodyText, response.Headers["content-type"]), Is.EqualTo((200, two, type)));
        count = 0;
        response = await client.ExchangeAsync(GetOf("/v1/shelves/5/items:watch"));
        Assert.That((response.Status, response.BodyText, response.Headers["content-type"]), Is.EqualTo((200, none, type)));
        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task ServerStream_PassesEachMessageAtOnce()
    {
        var next = new SemaphoreSlim(0);
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            await c.StartAsync();
            for (var i = 1; i <= 3; i++)
            {
                await next.WaitAsync();
                await c.SendAsync(new Item { Id = i });
            }

            await c.EndAsync();
        });
        await using var proxy = await Start(upstream);
        using var client = proxy.CreateClient();
        using var response = await client.GetAsync("/v1/shelves/5/items:watch", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[11];
        foreach (var expected in (string[])["[{\"id\":\"1\"}", ",{\"id\":\"2\"}", ",{\"id\":\"3\"}"])
        {
            next.Release();
            await stream.ReadExactlyAsync(buffer);
            Assert.That(System.Text.Encoding.UTF8.GetString(buffer), Is.EqualTo(expected));
        }

        Assert.That(stream.ReadByte(), Is.EqualTo((int)']'));
        Assert.That(stream.ReadByte(), Is.EqualTo(-1));
    }

    [TestCase(0, 200, "[]")]
    [TestCase(5, 404, "[]")]
    public async Task ServerStream_TrailersOnly_HasTheStatus(int status, int http, string body)
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.RefuseAsync(status));
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v1/shelves/5/items:watch"));
        Assert.That((response.Status, response.BodyText, response.Headers["content-type"]), Is.EqualTo((http, body, "application/json")));
    }

    [Test]
    public async Task ServerStream_ThatBreaks_IsReset()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            await c.StartAsync();
            await c.SendAsync(new Item { Id = 1 });
            await c.SendRawAsync(7, 0, 0, 0, 0);
        });
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(GetOf("/v1/shelves/5/items:watch"));
        var (bytes, _) = await client.ReadToEndAsync();
        Assert.That(System.Text.Encoding.Latin1.GetString(bytes), Does.StartWith("HTTP/1.1 200").And.Not.EndsWith("0\r\n\r\n"));
        Assert.That((await proxy.AccessLog.NextAsync()).Details, Is.EqualTo("grpc_json_transcode_failure{INTERNAL}"));
        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task ClientStream_PassesEachElementAtOnce()
    {
        var seen = new SemaphoreSlim(0);
        var requests = new List<CreateItemRequest>();
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            while (await c.NextAsync<CreateItemRequest>() is { } request)
            {
                requests.Add(request);
                seen.Release();
            }

            await c.AnswerAsync(new ListItemsResponse { Items = { requests.Select(r => r.Item) } });
        });
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST /v1/shelves/5/items:add HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n");
        await client.SendAsync("b\r\n[{\"id\":\"1\"}\r\n");
        await seen.WaitAsync();
        await client.SendAsync("5\r\n, {\"i\r\n");
        await client.SendAsync("6\r\nd\": 2}\r\n");
        await seen.WaitAsync();
        await client.SendAsync("1\r\n]\r\n0\r\n\r\n");
        var response = await client.ReadResponseAsync();
        Assert.That((response.Status, response.BodyText), Is.EqualTo((200, """{"items":[{"id":"1"},{"id":"2"}]}""")));
        // What the path says belongs to the first message.
        Assert.That(requests, Is.EqualTo((CreateItemRequest[])[new CreateItemRequest { Shelf = 5, Item = new Item { Id = 1 } }, new CreateItemRequest { Item = new Item { Id = 2 } }]));
        await AssertNothingKept(proxy);
    }

    [TestCase("", "Expected an array instead of an object")]
    [TestCase("{}", "Expected an array instead of an object")]
    [TestCase("[{}", "Unexpected end of string. Expected , or ] after array value.")]
    [TestCase("""[{},{"id":"x"}]""", "item.id: invalid value \"x\" for type TYPE_INT64")]
    [TestCase("[1]", "item: invalid value a number for type envoy.test.Item")]
    public async Task ClientStream_ThatIsWrong_Is400(string body, string error)
    {
        await using var upstream = GrpcExchange.Serve(async c => _ = await c.AllAsync<CreateItemRequest>());
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Post("/v1/shelves/5/items:add", body));
        Assert.That((response.Status, response.BodyText), Is.EqualTo((400, error)));
        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task BothStreams_AnswerWhileTheyAreAsked()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            await c.StartAsync();
            while (await c.NextAsync<Item>() is { } item)
                await c.SendAsync(new Item { Id = item.Id * 2 });
            await c.EndAsync();
        });
        await using var proxy = await Start(upstream, Shop with { PrintOptions = new TranscoderPrintOptions { StreamNewlineDelimited = true } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST /v1/chat HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n");
        var head = new List<byte>();
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
            head.AddRange(await client.ReadExactlyAsync(1));
        for (var i = 1; i < 4; i++)
        {
            await client.SendAsync($"9\r\n{(i == 1 ? '[' : ',')}{{\"id\":{i}}}\r\n");
            Assert.That(System.Text.Encoding.Latin1.GetString(await client.ReadExactlyAsync(16)), Is.EqualTo($"b\r\n{{\"id\":\"{i * 2}\"}}\n\r\n"));
        }

        await client.SendAsync("1\r\n]\r\n0\r\n\r\n");
        Assert.That(System.Text.Encoding.Latin1.GetString(await client.ReadExactlyAsync(3)), Is.EqualTo("0\r\n"));
        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task HttpBody_GoesInAndComesOutAsItIs()
    {
        UploadRequest? request = null;
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            request = (await c.AllAsync<UploadRequest>()).Single();
            await c.AnswerAsync(new HttpBody { ContentType = "text/html", Data = ByteString.CopyFromUtf8("<h1>hi</h1>") });
        });
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST /v1/files/a%20b?file.label=l&file.content.contentType=x HTTP/1.1\r\nhost: test\r\ncontent-type: image/png\r\ncontent-length: 4\r\n\r\n\0{\"\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request, Is.EqualTo(new UploadRequest
            {
                Name = "a b",
                File = new UploadRequest.Types.File { Label = "l", Content = new HttpBody { ContentType = "image/png", Data = ByteString.CopyFromUtf8("\0{\"\n") } },
            }));
            Assert.That((response.Status, response.BodyText, response.Headers["content-type"], response.Headers["content-length"]), Is.EqualTo((200, "<h1>hi</h1>", "text/html", "11")));
        }

        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task HttpBodyStream_IsCutIntoPieces()
    {
        var requests = new List<UploadRequest>();
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            requests = await c.AllAsync<UploadRequest>();
            await c.AnswerAsync(new Empty());
        });
        await using var proxy = await Start(upstream, Shop with { MaxRequestBodySize = 8_000_000 });
        using var client = proxy.CreateClient();
        var body = Bytes(40_000);
        using var response = await client.PostAsync("/v1/files/f:stream", new ByteArrayContent(body) { Headers = { { "content-type", "a/b" } } });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("{}"));
            Assert.That(requests.SelectMany(r => r.File.Content.Data.ToByteArray()), Is.EqualTo(body));
            Assert.That(requests.Select(r => r.Name + r.File.Content.ContentType), Is.EqualTo((string[])["fa/b", .. Enumerable.Repeat("", requests.Count - 1)]));
        }

        using var empty = await client.PostAsync("/v1/files/f:stream", new ByteArrayContent([]));
        Assert.That(requests, Is.EqualTo((UploadRequest[])[new UploadRequest { Name = "f", File = new UploadRequest.Types.File { Content = new HttpBody() } }]));
        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task HttpBodyStream_OfTheServer_HasTheFirstContentType()
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.AnswerAsync(
            new HttpBody { ContentType = "text/html", Data = ByteString.CopyFromUtf8("a") }, new HttpBody { ContentType = "text/plain", Data = ByteString.CopyFromUtf8("b") }));
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v1/files/f"));
        Assert.That((response.Status, response.BodyText, response.Headers["content-type"]), Is.EqualTo((200, "ab", "text/html")));
        await AssertNothingKept(proxy);
    }
}
