using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The header mutation filter changes both messages in the order of its lists and of the route table's levels.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class HeaderMutationFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string PerRoute = "\"@type\": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute";

    [Test]
    public async Task RequestMutations_OneAfterAnother_EachSeesWhatIsLeft()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("""
            request_mutations: [
              { append: { header: { key: x-new, value: "%REQ(x-given)%" } } },
              { append: { header: { key: x-given, value: more } } },
              { append: { header: { key: x-only, value: over }, append_action: OVERWRITE_IF_EXISTS_OR_ADD } },
              { append: { header: { key: x-absent, value: never }, append_action: OVERWRITE_IF_EXISTS } },
              { append: { header: { key: x-only, value: never }, append_action: ADD_IF_ABSENT } },
              { remove: x-gone },
              { remove_on_match: { key_matcher: { prefix: x-secret- } } }
            ]
            """));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-given: one\r\nx-only: first\r\nx-gone: 1\r\nx-gone: 2\r\nx-secret-a: 1\r\nx-secret-b: 2\r\nx-secret-a: 3\r\n\r\n");
        var headers = upstream.Requests[0].Headers;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(headers.All("x-new"), Is.EqualTo(["one"]));
            Assert.That(headers.All("x-given"), Is.EqualTo(["one", "more"]));
            Assert.That(headers.All("x-only"), Is.EqualTo(["over"]));
            Assert.That(headers.Contains("x-absent"), Is.False);
            Assert.That(headers.Contains("x-gone"), Is.False);
            Assert.That(headers.Contains("x-secret-a"), Is.False);
            Assert.That(headers.Contains("x-secret-b"), Is.False);
        }
    }

    [Test]
    public async Task EmptyValue_IsAddedOnlyIfItIsKept()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("""
            request_mutations: [
              { append: { header: { key: x-dropped, value: "" } } },
              { append: { header: { key: x-kept, value: "" }, keep_empty_value: true } }
            ]
            """));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Requests[0].Headers.Contains("x-dropped"), Is.False);
            Assert.That(upstream.Requests[0].Headers.All("x-kept"), Is.EqualTo([""]));
        }
    }

    [Test]
    public async Task Path_Mutated_IsWhatTheUpstreamGets()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("""request_mutations: [ { append: { header: { key: ":path", value: /other } } } ]"""));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        Assert.That(upstream.Requests[0].Path, Is.EqualTo("/other"));
    }

    [TestCase(":path", "/a b", "GET /a_b HTTP/1.1")]
    [TestCase(":path", "/a\tHTTP/1.1", "GET /a_HTTP/1.1 HTTP/1.1")]
    [TestCase(":method", "PATCH", "PATCH / HTTP/1.1")]
    [TestCase(":method", "PUT /x", "GET / HTTP/1.1")]
    [TestCase(":method", "CONNECT", "GET / HTTP/1.1")]
    [TestCase(":method", "", "GET / HTTP/1.1")]
    public async Task FirstLine_FromWhatAClientSays_StaysOne(string name, string value, string expected)
    {
        var line = new TaskCompletionSource<string>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var buffer = new byte[4096];
            var length = await c.ReadAsync(buffer);
            line.TrySetResult(System.Text.Encoding.ASCII.GetString(buffer, 0, length).Split("\r\n")[0]);
            await c.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        });
        await using var proxy = await Start(
            upstream, Filter($$"""request_mutations: [ { append: { header: { key: "{{name}}", value: "%REQ(x-given)%" }, keep_empty_value: true } } ]"""));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\nx-given: {value}\r\n\r\n")).Status, Is.EqualTo(200));
        Assert.That(await line.Task, Is.EqualTo(expected));
    }

    [Test]
    public async Task ResponseAndTrailers_AreMutated()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.ChunkedWithTrailers(["body"], ("x-trailer", "1")));
        await using var proxy = await Start(upstream, Filter("""
            request_trailers_mutations: [ { append: { header: { key: x-request, value: t } } }, { remove: x-old } ],
            response_mutations: [ { append: { header: { key: x-response, value: "%RESPONSE_CODE%" } } } ],
            response_trailers_mutations: [ { append: { header: { key: x-trailer, value: "2" } } } ]
            """));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-old: 1\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers["x-response"], Is.EqualTo("200"));
            Assert.That(response.Trailers.All("x-trailer"), Is.EqualTo(["1", "2"]));
            Assert.That(upstream.Requests[0].Trailers.All("x-request"), Is.EqualTo(["t"]));
            Assert.That(upstream.Requests[0].Trailers.Contains("x-old"), Is.False);
        }
    }

    [Test]
    public async Task LocalReply_IsMutatedToo()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream, Filter("response_mutations: [ { append: { header: { key: x-response, value: here } } } ]"), "{ match: { prefix: / }, direct_response: { status: 418 } }");
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(418));
            Assert.That(response.Headers["x-response"], Is.EqualTo("here"));
        }
    }

    [TestCase("/?b=2&a=1", "/?a=1&added=v&b=3")]
    [TestCase("/?gone=1&b=x%20y", "/?added=v&b=3")]
    [TestCase("/", "/?added=v")]
    [TestCase("/?c=%ff%C3%28&d=%2", "/?added=v&c=%FF%C3%28&d=%252")]
    public async Task Query_Mutated_IsWrittenInTheOrderOfItsNames(string path, string expected)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("""
            query_parameter_mutations: [
              { append: { record: { key: added, value: v }, action: ADD_IF_ABSENT } },
              { append: { record: { key: b, value: "3" }, action: OVERWRITE_IF_EXISTS } },
              { remove: gone }
            ]
            """));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nhost: test\r\n\r\n");
        Assert.That(upstream.Requests[0].Path, Is.EqualTo(expected));
    }

    [TestCase(false, "filter,route,host,table")]
    [TestCase(true, "filter,table,host,route")]
    public async Task Levels_AllOfThem_ActInTheirOrder(bool mostSpecificWins, string order)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream,
            Filter(Adding("filter"), mostSpecificWins),
            $$"""{ match: { prefix: / }, route: { cluster: upstream }, {{Level("route")}} }""",
            host: Level("host"),
            table: Level("table"));
        using var client = await proxy.ConnectAsync();
        // A second stream uses the pooled filter again.
        for (var i = 0; i < 2; i++)
        {
            var response = await client.ExchangeAsync(Get);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(upstream.Requests[i].Headers.All("x-level"), Is.EqualTo(order.Split(',')));
                Assert.That(response.Headers.All("x-level"), Is.EqualTo(order.Split(',')));
            }
        }
    }

    private static string Filter(string mutations, bool mostSpecificWins = false) => $$"""
        { name: envoy.filters.http.header_mutation, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation,
        most_specific_header_mutations_wins: {{(mostSpecificWins ? "true" : "false")}}, mutations: { {{mutations}} } } }
        """;

    private static string Adding(string value) =>
        $$"""request_mutations: [ { append: { header: { key: x-level, value: {{value}} } } } ], response_mutations: [ { append: { header: { key: x-level, value: {{value}} } } } ]""";

    private static string Level(string value) => $$"""typed_per_filter_config: { envoy.filters.http.header_mutation: { {{PerRoute}}, mutations: { {{Adding(value)}} } } }""";
}
