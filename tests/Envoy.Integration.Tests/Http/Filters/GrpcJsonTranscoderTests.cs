using Envoy.Filters.Http.GrpcJsonTranscoder;
using Envoy.Formatting;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Protos.Shop;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>JSON requests to methods of one request and one response, and everything that is not one.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class GrpcJsonTranscoderTests(EngineKind engine) : GrpcJsonTranscoderFixture(engine)
{
    [Test]
    public async Task Get_PathAndQuery_BecomeTheMessage_AndTheAnswerJson()
    {
        GrpcExchange? call = null;
        ListItemsRequest? request = null;
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            call = c;
            request = await c.NextAsync<ListItemsRequest>();
            Assert.That(await c.NextAsync<ListItemsRequest>(), Is.Null);
            await c.AnswerAsync(new ListItemsResponse { Items = { new Item { Id = 7, Title = "seven" } } });
        });
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v1/shelves/5/items?tags=a&tags=b&filter.exact=true"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request, Is.EqualTo(new ListItemsRequest { Shelf = 5, Tags = { "a", "b" }, Filter = new Filter { Exact = true } }));
            Assert.That(call!.Path, Is.EqualTo("/envoy.test.Shop/ListItems"));
            Assert.That(call[":method"], Is.EqualTo("POST"));
            Assert.That(call["content-type"], Is.EqualTo("application/grpc"));
            Assert.That(call["te"], Is.EqualTo("trailers"));
            Assert.That(call["x-envoy-original-path"], Is.EqualTo("/v1/shelves/5/items?tags=a&tags=b&filter.exact=true"));
            Assert.That(call["x-envoy-original-method"], Is.EqualTo("GET"));
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.BodyText, Is.EqualTo("""{"items":[{"id":"7","title":"seven"}]}"""));
            Assert.That(response.Headers["content-type"], Is.EqualTo("application/json"));
            Assert.That(response.Headers["content-length"], Is.EqualTo("38"));
            Assert.That(response.Headers["grpc-status"], Is.EqualTo("0"));
        }

        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task Requests_OnOneConnection_AreEachTheirOwn()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            if (c.Path.EndsWith("UpdateItem", StringComparison.Ordinal))
            {
                await c.AnswerAsync((await c.AllAsync<UpdateItemRequest>()).Single().Item);
                return;
            }

            // The one whose body is wrong has begun, and is reset.
            var requests = await c.AllAsync<GetItemRequest>();
            if (!c.WasReset)
                await c.AnswerAsync(new Item { Title = requests.Single().Name });
        });
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        for (var i = 1; i < 4; i++)
        {
            var updated = await client.ExchangeAsync(Post($"/v1/items/{i}?item.tags=q", $$$"""{"title":"t{{{i}}}","tags":["b"],"extra":{"a":[{{{i}}},null]}}""").Replace("POST", "PATCH", StringComparison.Ordinal));
            Assert.That(updated.BodyText, Is.EqualTo($$$"""{"id":"{{{i}}}","title":"t{{{i}}}","tags":["b","q"],"extra":{"a":[{{{i}}},null]}}"""));
            Assert.That((await client.ExchangeAsync(GetOf($"/v2/items/a/{i}"))).BodyText, Is.EqualTo($$"""{"title":"a/{{i}}"}"""));
            Assert.That((await client.ExchangeAsync(Post("/v1/items:find", "{"))).Status, Is.EqualTo(400));
        }

        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task Http2Client_GetsTheStatusInHeadersAndTrailers()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            _ = await c.AllAsync<GetItemRequest>();
            await c.StartAsync(("trailer", "x"));
            await c.SendAsync(new Empty());
            await c.EndAsync(0, ("x-more", "1"));
        });
        await using var proxy = await Start(upstream);
        using var client = await Http2Client.ConnectAsync(proxy);
        await client.SendAsync(client.Headers(1, true, (":method", "DELETE"), (":scheme", "http"), (":path", "/v1/items/4"), (":authority", "test")));
        var response = await client.ReadResponseAsync(1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((response.Status, response.Body), Is.EqualTo((200, "{}")));
            Assert.That(response.Headers, Does.Contain(("content-length", "2")));
            Assert.That(response.Headers, Does.Contain(("trailer", "x")));
            Assert.That(response.Trailers, Does.Contain(("grpc-status", "0")));
            Assert.That(response.Trailers, Does.Contain(("x-more", "1")));
        }
    }

    [Test]
    public async Task Body_InPieces_IsOneMessage()
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.AnswerAsync((await c.AllAsync<CreateItemRequest>()).Single().Item));
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST /v1/shelves/5/items HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n");
        // The two bytes of a letter come in two pieces.
        foreach (var piece in System.Text.Encoding.UTF8.GetBytes("{\"title\": \"é\\u00e9\",\"id\":12345}").Chunk(3))
            await client.SendAsync((byte[])[.. System.Text.Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), .. piece, .. "\r\n"u8]);
        await client.SendAsync("0\r\nx-trailer: 1\r\n\r\n");
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("""{"id":"12345","title":"éé"}"""));
        await AssertNothingKept(proxy);
    }

    [TestCase("{", "Unexpected end of string. Expected , or } after key:value pair.")]
    [TestCase("[]", "item: invalid value an array for type envoy.test.Item")]
    [TestCase("""{"id":"x"}""", "item.id: invalid value \"x\" for type TYPE_INT64")]
    [TestCase("{}{}", "Parsing terminated before end of input.")]
    public async Task Body_ThatIsWrong_Is400(string body, string error)
    {
        await using var upstream = GrpcExchange.Serve(async c => _ = await c.AllAsync<CreateItemRequest>());
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Post("/v1/shelves/5/items", body));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(400));
            Assert.That(response.BodyText, Is.EqualTo(error));
            Assert.That(response.Headers["content-type"], Is.EqualTo("text/plain"));
        }

        await AssertLogged(proxy, 400, ResponseFlags.None, "grpc_json_transcode_failure{INVALID_ARGUMENT}");
        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task Query_ThatIsWrong_Is400BeforeTheUpstreamHears()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v1/shelves/x/items"));
        Assert.That((response.Status, response.BodyText), Is.EqualTo((400, "shelf: invalid value \"x\" for type TYPE_INT64")));
        Assert.That(upstream.Connections, Is.Empty);
        await AssertLogged(proxy, 400, ResponseFlags.None, "early_grpc_json_transcode_failure{INVALID_ARGUMENT}");
    }

    [TestCase("/nope", true, false, 404, "Could not resolve /nope to a method.", "early_grpc_json_transcode_failure{NOT_FOUND}")]
    [TestCase("/nope", false, true, 200, "", "via_upstream")]
    [TestCase("/v1/shelves/5/items?nope=1", false, true, 400, "Could not find field \"nope\" in the type \"envoy.test.ListItemsRequest\".", "early_grpc_json_transcode_failure{INVALID_ARGUMENT}")]
    [TestCase("/v1/shelves/5/items?nope=1", true, false, 200, "", "via_upstream")]
    public async Task Request_ForNoMethod_PassesUnlessRefused(string path, bool rejectMethod, bool rejectQuery, int status, string body, string details)
    {
        GrpcExchange? call = null;
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            call = c;
            await c.RefuseAsync(5, "as it is");
        });
        await using var proxy = await Start(upstream, Shop with
        {
            RequestValidationOptions = new TranscoderRequestValidationOptions { RejectUnknownMethod = rejectMethod, RejectUnknownQueryParameters = rejectQuery },
        });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf(path));
        Assert.That((response.Status, response.BodyText, call?.Path), Is.EqualTo((status, body, status == 200 ? path : null)));
        await AssertLogged(proxy, status, ResponseFlags.None, details);
    }

    [Test]
    public async Task GrpcRequest_PassesAsItIs()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            Assert.That((c.Path, c["x-envoy-original-path"]), Is.EqualTo(("/v1/shelves/5/items", "")));
            await c.AnswerAsync((await c.AllAsync<Item>()).Single());
        });
        await using var proxy = await Start(upstream);
        using var client = await Http2Client.ConnectAsync(proxy);
        var frame = GrpcExchange.Frame(new Item { Id = 1 }.ToByteArray());
        await client.SendAsync(client.Post(1, "/v1/shelves/5/items", ("content-type", "application/grpc")), Http2Client.Data(1, System.Text.Encoding.Latin1.GetString(frame), end: true));
        Assert.That((await client.ReadResponseAsync(1)).Body, Is.EqualTo(System.Text.Encoding.Latin1.GetString(frame)));
    }

    [TestCase(0, 200)]
    [TestCase(1, 499)]
    [TestCase(2, 500)]
    [TestCase(3, 400)]
    [TestCase(4, 504)]
    [TestCase(5, 404)]
    [TestCase(6, 409)]
    [TestCase(7, 403)]
    [TestCase(8, 429)]
    [TestCase(9, 400)]
    [TestCase(10, 409)]
    [TestCase(11, 400)]
    [TestCase(12, 501)]
    [TestCase(13, 500)]
    [TestCase(14, 503)]
    [TestCase(15, 500)]
    [TestCase(16, 401)]
    [TestCase(99, 500)]
    public async Task GrpcStatus_BecomesTheHttpStatus(int status, int http)
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            _ = await c.AllAsync<GetItemRequest>();
            await c.StartAsync();
            await c.EndAsync(status, ("grpc-message", "why%20not"));
        });
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v2/items/1"));
        Assert.That(
            (response.Status, response.BodyText, response.Headers["grpc-status"], response.Headers["grpc-message"], response.Headers["content-length"]),
            Is.EqualTo((http, "", status.ToString(System.Globalization.CultureInfo.InvariantCulture), "why%20not", "0")));
    }

    [Test]
    public async Task TrailersOnly_HasTheStatusInItsHeaders()
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.RefuseAsync(5, "no such item"));
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v2/items/1"));
        Assert.That(
            (response.Status, response.BodyText, response.Headers["grpc-status"], response.Headers["grpc-message"]), Is.EqualTo((404, "", "5", "no such item")));
    }

    [Test]
    public async Task Trailers_WithoutAStatus_Are503()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            await c.StartAsync();
            await c.SendHeadersAsync(true, ("grpc-status", "none"));
        });
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(GetOf("/v2/items/1"))).Status, Is.EqualTo(503));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task ConvertGrpcStatus_MakesAJsonBody(bool trailersOnly)
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            if (trailersOnly)
            {
                await c.RefuseAsync(5, "no%20such \"item\"");
                return;
            }

            await c.StartAsync();
            await c.EndAsync(5, ("grpc-message", "no%20such \"item\""));
        });
        await using var proxy = await Start(upstream, Shop with { ConvertGrpcStatus = true });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v2/items/1"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((response.Status, response.BodyText), Is.EqualTo((404, """{"code":5,"message":"no such \"item\""}""")));
            Assert.That(response.Headers["content-type"], Is.EqualTo("application/json"));
            Assert.That(response.Headers.Contains("grpc-status"), Is.False);
        }
    }

    [TestCase("=")]
    [TestCase("")]
    public async Task ConvertGrpcStatus_WritesTheDetails(string padding)
    {
        var status = new Protos.Rpc.Status { Code = 3, Message = "bad", Details = { Any.Pack(new Item { Id = 3 }) } };
        await using var upstream = GrpcExchange.Serve(async c =>
            await c.RefuseAsync(3, "other", ("grpc-status-details-bin", Convert.ToBase64String(status.ToByteArray()).TrimEnd('=') + padding)));
        await using var proxy = await Start(upstream, Shop with { ConvertGrpcStatus = true });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v2/items/1"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                (response.Status, response.BodyText),
                Is.EqualTo((400, """{"code":3,"message":"bad","details":[{"@type":"type.googleapis.com/envoy.test.Item","id":"3"}]}""")));
            Assert.That(response.Headers.Contains("grpc-status-details-bin"), Is.False);
        }
    }

    [TestCase("!")]
    [TestCase("CAU")]
    public async Task ConvertGrpcStatus_OfDetailsThatAreNone_HasCodeAndMessage(string details)
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.RefuseAsync(5, "gone", ("grpc-status-details-bin", details)));
        await using var proxy = await Start(upstream, Shop with { ConvertGrpcStatus = true });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(GetOf("/v2/items/1"))).BodyText, Is.EqualTo(details == "CAU" ? """{"code":5}""" : """{"code":5,"message":"gone"}"""));
    }

    [Test]
    public async Task ConvertGrpcStatus_AfterABody_LeavesIt()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            await c.StartAsync();
            await c.SendAsync(new Item { Id = 1 });
            await c.EndAsync(5);
        });
        await using var proxy = await Start(upstream, Shop with { ConvertGrpcStatus = true });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v2/items/1"));
        Assert.That((response.Status, response.BodyText), Is.EqualTo((404, """{"id":"1"}""")));
    }

    [Test]
    public async Task Response_ThatIsNotGrpc_PassesAsItIs()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            await c.SendHeadersAsync(false, (":status", "418"), ("content-type", "text/plain"));
            await c.SendLastAsync("teapot");
        });
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v2/items/1"));
        Assert.That((response.Status, response.BodyText, response.Headers["content-type"]), Is.EqualTo((418, "teapot", "text/plain")));
    }

    [TestCase(new byte[] { 1, 0, 0, 0, 0 }, "Unsupported gRPC frame flag: 1", "INTERNAL")]
    [TestCase(new byte[] { 0, 0, 0 }, "Incomplete gRPC frame header received", "INTERNAL")]
    [TestCase(new byte[] { 0, 0, 0, 0, 9, 1 }, "Incomplete gRPC frame expected size: 9 actual size: 1", "INTERNAL")]
    [TestCase(new byte[] { 0, 0, 0, 0, 2, 0x12, 9 }, "The response is no message of type envoy.test.Item.", "INVALID_ARGUMENT")]
    public async Task Response_ThatIsBroken_Is502(byte[] bytes, string error, string status)
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            await c.StartAsync();
            await c.SendRawAsync(bytes);
            await c.EndAsync();
        });
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v2/items/1"));
        Assert.That((response.Status, response.BodyText), Is.EqualTo((502, error)));
        await AssertLogged(proxy, 502, ResponseFlags.None, $"grpc_json_transcode_failure{{{status}}}");
        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task Request_LongerThanItsLimit_Is413()
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.AnswerAsync((await c.AllAsync<CreateItemRequest>()).Single().Item));
        await using var proxy = await Start(upstream, Shop with { MaxRequestBodySize = 30 });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Post("/v1/shelves/5/items", """{"title":"just short enough"}"""))).Status, Is.EqualTo(200));
        _ = await proxy.AccessLog.NextAsync();
        var response = await client.ExchangeAsync(Post("/v1/shelves/5/items", """{"title":"longer than allowed"}"""));
        Assert.That(response.Status, Is.EqualTo(413));
        await AssertLogged(proxy, 413, ResponseFlags.None, "grpc_json_transcode_failure{request_buffer_size_limit_reached}");
        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task Response_LongerThanItsLimit_Is500()
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.AnswerAsync(new Item { Title = new string('x', 200) }));
        await using var proxy = await Start(upstream, Shop with { MaxResponseBodySize = 100 });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(GetOf("/v2/items/1"))).Status, Is.EqualTo(500));
        await AssertLogged(proxy, 500, ResponseFlags.None, "grpc_json_transcode_failure{response_buffer_size_limit_reached}");
        await AssertNothingKept(proxy);
    }

    [Test]
    public async Task Limits_AboveTheBuffers_CountInstead()
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.AnswerAsync((await c.AllAsync<CreateItemRequest>()).Single().Item));
        await using var proxy = await Start(upstream, Shop with { MaxRequestBodySize = 4_000_000, MaxResponseBodySize = 4_000_000 });
        using var client = proxy.CreateClient();
        var title = new string('y', 1_500_000);
        using var response = await client.PostAsync("/v1/shelves/5/items", new StringContent($$"""{"title":"{{title}}"}"""));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo($$"""{"title":"{{title}}"}"""));
    }

    [Test]
    public async Task ResponseBody_IsTheFieldAlone()
    {
        var answers = new Queue<Item>([new Item { Tags = { "a", "b" } }, new Item()]);
        await using var upstream = GrpcExchange.Serve(async c => await c.AnswerAsync(answers.Dequeue()));
        await using var proxy = await Start(upstream);
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(GetOf("/v1/items/1/tags"))).BodyText, Is.EqualTo("""["a","b"]"""));
        Assert.That((await client.ExchangeAsync(GetOf("/v1/items/1/tags"))).BodyText, Is.EqualTo("[]"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task RouteOptions_ReplaceTheFilters(bool disabled)
    {
        await using var upstream = GrpcExchange.Serve(async c => await c.AnswerAsync(new Item { Color = Color.Red }));
        var options = disabled ? Shop with { Services = [] } : Shop with { PrintOptions = new TranscoderPrintOptions { AlwaysPrintEnumsAsInts = true } };
        await using var proxy = await Start(upstream, change: o => o with
        {
            ConfigureHttp = h => o.ConfigureHttp!(h) with
            {
                RouteConfig = h.RouteConfig with
                {
                    VirtualHosts = [.. h.RouteConfig.VirtualHosts.Select(v => v with { FilterOptions = [new RouteFilterConfig(Name, new GrpcJsonTranscoderRouteOptions { Transcoder = options })] })],
                },
            },
        });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(GetOf("/v2/items/1"));
        Assert.That(response.BodyText, Is.EqualTo(disabled ? "\0\0\0\0\u0002 \u0001" : """{"color":1}"""));
        Assert.That(response.Headers["content-type"], Is.EqualTo(disabled ? "application/grpc+proto" : "application/json"));
    }
}
