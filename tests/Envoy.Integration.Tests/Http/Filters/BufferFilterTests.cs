using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The buffer filter keeps a request until it is whole, tells its length, and refuses one that is too long.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class BufferFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string Filter = """{ name: envoy.filters.http.buffer, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, max_request_bytes: 10 } }""";
    private const string PerRoute = "\"@type\": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute";
    private const string Chunked = "POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n";

    [Test]
    public async Task ChunkedRequest_InParts_GoesOnWholeWithItsLength()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter);
        using var client = await proxy.ConnectAsync();
        foreach (var part in new[] { Chunked, "4\r\nbody\r\n", "3\r\n123\r\n" })
        {
            await client.SendAsync(part);
            await proxy.TurnAsync();
        }

        Assert.That(upstream.Connections, Is.Empty, "nothing passes before the end");
        await client.SendAsync("0\r\n\r\n");
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Requests[0].BodyText, Is.EqualTo("body123"));
            Assert.That(upstream.Requests[0].Headers.All("content-length"), Is.EqualTo(["7"]));
            Assert.That(upstream.Requests[0].Headers.Contains("transfer-encoding"), Is.False);
        }
    }

    [Test]
    public async Task ChunkedRequest_WithTrailers_GoesOnWhole()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Chunked + "4\r\nbody\r\n");
        await proxy.TurnAsync();
        Assert.That(upstream.Connections, Is.Empty);
        await client.SendAsync("0\r\nx-trailer: 1\r\n\r\n");
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Requests[0].BodyText, Is.EqualTo("body"));
            Assert.That(upstream.Requests[0].Headers.All("content-length"), Is.EqualTo(["4"]));
        }
    }

    [TestCase("GET / HTTP/1.1\r\nhost: test\r\n\r\n", "")]
    [TestCase("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n0123456789", "0123456789")]
    public async Task Request_WithinTheLimit_Passes(string request, string body)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter);
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(request)).Status, Is.EqualTo(200));
        Assert.That(upstream.Requests[0].BodyText, Is.EqualTo(body));
    }

    [TestCase("b\r\n01234567890\r\n")]
    [TestCase("b\r\n01234567890\r\n0\r\n\r\n")]
    [TestCase("6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n")]
    public async Task Request_AboveTheLimit_Is413(string body)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Chunked + body);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(413));
            Assert.That(response.BodyText, Is.EqualTo("Payload Too Large"));
            Assert.That(upstream.Connections, Is.Empty);
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_too_large"], Is.EqualTo(1));
        }

        await AssertLogged(proxy, 413, ResponseFlags.None, "request_payload_too_large");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Limit_OfTheFilter_CountsInsteadOfTheListeners()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter.Replace("10 }", "100000 }", StringComparison.Ordinal), options: Options with
        {
            Configure = p => p with { Listeners = [p.Listeners[0] with { PerConnectionBufferLimitBytes = 1000 }] },
        });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 50000\r\n\r\n" + new string('x', 50_000));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(upstream.Requests[0].Body, Has.Length.EqualTo(50_000));
        }
    }

    [Test]
    public async Task Route_ThatDisablesIt_LetsTheRequestStream()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter, $$"""
            { match: { prefix: / }, route: { cluster: upstream }, typed_per_filter_config: { envoy.filters.http.buffer: { {{PerRoute}}, disabled: true } } }
            """);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Chunked + "14\r\n01234567890123456789\r\n");
        await upstream.StartedAsync();
        await client.SendAsync("0\r\n\r\n");
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        Assert.That(upstream.Requests[0].BodyText, Is.EqualTo("01234567890123456789"));
    }

    [TestCase("/route", 200)]
    [TestCase("/host", 413)]
    public async Task Limit_OfTheMostSpecificLevel_Counts(string path, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream,
            Filter,
            $$"""
            { match: { prefix: /route }, route: { cluster: upstream }, typed_per_filter_config: { envoy.filters.http.buffer: { {{PerRoute}}, buffer: { max_request_bytes: 20 } } } },
            """ + ForwardAll,
            host: $$"""typed_per_filter_config: { envoy.filters.http.buffer: { {{PerRoute}}, buffer: { max_request_bytes: 3 } } }""");
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: 15\r\n\r\n012345678901234");
        Assert.That(response.Status, Is.EqualTo(status));
    }
}
