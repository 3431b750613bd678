using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Requests and responses of every shape pass unchanged.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class ExchangeTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task KeepAlive_ManyRequests_UseOneConnectionOnEachSide()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            var response = await client.ExchangeAsync(Get);
            Assert.That(response.BodyText, Is.EqualTo("ok"));
            Assert.That(response.Headers.Contains("connection"), Is.False);
        }

        Assert.That(upstream.Connections, Has.Count.EqualTo(1));
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_total"], Is.EqualTo(20));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_2xx"], Is.EqualTo(20));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_total"], Is.EqualTo(20));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_200"], Is.EqualTo(20));
        }
    }

    [Test]
    public async Task Pipelining_HundredRequestsInOnePacket_AreAnsweredInOrder()
    {
        await using var upstream = new FakeUpstream().Answer(e => e.RespondAsync(200, e.Request.Path));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 100).Select(i => $"GET /{i} HTTP/1.1\r\nhost: test\r\n\r\n")));
        for (var i = 0; i < 100; i++)
            Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo($"/{i}"));
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_total"], Is.EqualTo(100));
    }

    [Test]
    public async Task Pipelining_RequestsWithBodies_AreNotMixedUp()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 50).Select(i => i % 2 == 0
            ? $"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {2 + i.ToString().Length}\r\n\r\nb={i}"
            : $"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n2\r\nb=\r\n{i.ToString().Length:x}\r\n{i}\r\n0\r\n\r\n")));
        for (var i = 0; i < 50; i++)
            Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo($"b={i}"));
    }

    [Test]
    public async Task Chunked_BothWays_BodiesArriveWhole()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Chunked("one ", "two ", "three"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.BodyText, Is.EqualTo("one two three"));
            Assert.That(response.Headers["transfer-encoding"], Is.EqualTo("chunked"));
            Assert.That(request.BodyText, Is.EqualTo("abcdefg"));
            Assert.That(request.Headers["transfer-encoding"], Is.EqualTo("chunked"));
        }
    }

    [Test]
    public async Task Chunked_OneByteAtATime_BodyArrivesWhole()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        foreach (var c in "POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
        {
            await client.SendAsync(c.ToString());
            await proxy.TurnAsync();
        }

        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("abcdefg"));
    }

    [Test]
    public async Task Head_ResponseWithContentLength_HasNoBodyAndKeepsTheConnection()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok("twelve bytes"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var head = await client.ExchangeAsync("HEAD / HTTP/1.1\r\nhost: test\r\n\r\n");
        var get = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(head.Headers["content-length"], Is.EqualTo("12"));
            Assert.That(get.BodyText, Is.EqualTo("twelve bytes"));
            Assert.That(upstream.Connections, Has.Count.EqualTo(1));
        }
    }

    [TestCase(204)]
    [TestCase(304)]
    public async Task Status_ThatHasNoBody_KeepsTheConnection(int status)
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(status));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var first = await client.ExchangeAsync(Get);
        var second = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Status, Is.EqualTo(status));
            Assert.That(first.Headers.Contains("content-length"), Is.False);
            Assert.That(first.Headers.Contains("transfer-encoding"), Is.False);
            Assert.That(second.BodyText, Is.EqualTo("ok"));
        }
    }

    [Test]
    public async Task ExpectContinue_IsAnsweredByTheProxy_AndNotForwarded()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var interim = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
        await client.SendAsync("body");
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(interim.Status, Is.EqualTo(100));
            Assert.That(response.BodyText, Is.EqualTo("body"));
            Assert.That(upstream.Requests[0].Headers.Contains("expect"), Is.False);
        }
    }

    [Test]
    public async Task Informational_FromUpstream_IsDroppedByDefault()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Informational(103, Answers.Ok(), ("link", "</a.css>")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Headers.Contains("link"), Is.False);
        }
    }

    [Test]
    public async Task Proxy100Continue_LeavesTheExpectationToTheUpstream()
    {
        await using var upstream = new FakeUpstream().Answer(async e =>
        {
            await e.SendHeadersAsync(100);
            await e.RespondAsync(200, await e.ReadBodyAsync());
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { Proxy100Continue = true } });
        using var client = await proxy.ConnectAsync();
        var interim = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
        await client.SendAsync("body");
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(interim.Status, Is.EqualTo(100));
            Assert.That(response.BodyText, Is.EqualTo("body"));
            Assert.That(upstream.Requests[0].Headers["expect"], Is.EqualTo("100-continue"));
        }
    }

    [Test]
    public async Task Informational_FromUpstream_ReachesTheClientBeforeTheResponse()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Informational(103, Answers.Ok(), ("link", "</a.css>")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { Proxy100Continue = true } });
        using var client = await proxy.ConnectAsync();
        var interim = await client.ExchangeAsync(Get);
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(interim.Status, Is.EqualTo(103));
            Assert.That(interim.Headers["link"], Is.EqualTo("</a.css>"));
            Assert.That(response.BodyText, Is.EqualTo("ok"));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Trailers_PassOnlyWhenEnabled(bool enabled)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.ChunkedWithTrailers(["body"], ("x-response-trailer", "r")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { EnableTrailers = enabled } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-request-trailer: q\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.BodyText, Is.EqualTo("body"));
            Assert.That(response.Trailers["x-response-trailer"], Is.EqualTo(enabled ? "r" : null));
            Assert.That(request.BodyText, Is.EqualTo("abc"));
            Assert.That(request.Trailers["x-request-trailer"], Is.EqualTo(enabled ? "q" : null));
        }
    }

    [Test]
    public async Task Bodies_OfAnySizeBothWays_AreEqualByteForByte([Values(0, 1, 16 * 1024, 10 * 1024 * 1024)] int size, [Values] bool chunked)
    {
        var requestBody = Bytes(size);
        var responseBody = Bytes(size + 1)[1..];
        await using var upstream = new FakeUpstream().Answer(async e =>
        {
            await e.ReadBodyAsync();
            if (!chunked)
            {
                await e.RespondAsync(200, responseBody);
                return;
            }

            await e.SendHeadersAsync(200, ("transfer-encoding", "chunked"));
            for (var i = 0; i < size; i += 100_000)
                await e.SendChunkAsync(responseBody.AsMemory(i, Math.Min(100_000, size - i)));
            await e.EndChunksAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = proxy.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new ByteArrayContent(requestBody) };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await client.SendAsync(request);
        var received = await response.Content.ReadAsByteArrayAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(received.AsSpan().SequenceEqual(responseBody), Is.True, "response body");
            Assert.That((await upstream.ReceivedAsync()).Body.AsSpan().SequenceEqual(requestBody), Is.True, "request body");
        }

        var record = await proxy.AccessLog.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(record.BytesReceived, Is.EqualTo(size));
            Assert.That(record.BytesSent, Is.EqualTo(size));
        }
    }

    [Test]
    public async Task UpstreamBody_ThatEndsWithTheConnection_ReachesTheClientWhole()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.UntilClose("until the end"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        var second = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.BodyText, Is.EqualTo("until the end"));
            Assert.That(second.BodyText, Is.EqualTo("until the end"));
            Assert.That(upstream.Connections, Has.Count.EqualTo(2));
        }
    }

    [Test]
    public async Task UpstreamResponse_ThatSaysClose_EndsTheUpstreamConnectionOnly()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.OkThenClose());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            var response = await client.ExchangeAsync(Get);
            Assert.That(response.Headers.Contains("connection"), Is.False);
        }

        Assert.That(upstream.Connections, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task ClientRequest_ThatSaysClose_IsAnsweredAndClosed()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        var rest = await client.ReadToEndAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers["connection"], Is.EqualTo("close"));
            Assert.That(rest.Bytes, Is.Empty);
            Assert.That(rest.End, Is.EqualTo(ConnectionEnd.ByPeer));
            Assert.That(upstream.Requests[0].Headers.Contains("connection"), Is.False);
        }
    }

    [Test]
    public async Task EarlyResponse_BeforeTheRequestIsComplete_IsPassedOnAndClosesTheConnection()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Early(413, "too much"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 1000000\r\n\r\nthe beginning");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(413));
            Assert.That(response.BodyText, Is.EqualTo("too much"));
            Assert.That(response.Headers["connection"], Is.EqualTo("close"));
        }

        await AssertLogged(proxy, 413, ResponseFlags.None, "via_upstream");
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_response_before_rq_complete"], Is.EqualTo(1));
    }

    [Test]
    public async Task HalfClosedClient_DoesNotKeepItsRequest()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        client.ShutdownSend();
        await AssertLogged(proxy, 0, ResponseFlags.DownstreamConnectionTermination, "downstream_remote_disconnect");
        await upstream.EndedAsync();
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task ClientThatLeaves_ResetsItsUpstreamRequest(bool reset)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        if (reset)
            client.Reset();
        else
            client.Dispose();
        await upstream.EndedAsync();
        await AssertLogged(proxy, 0, ResponseFlags.DownstreamConnectionTermination, "downstream_remote_disconnect");
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_destroy_remote_active_rq"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_rx_reset"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_tx_reset"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task MemoryNetwork_WithoutAnySocket_ServesTheSame()
    {
        var network = new Envoy.Runtime.Memory.MemoryNetwork();
        await using var upstream = new FakeUpstream(network, "origin").Answer(Answers.Echo());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { MemoryNetwork = network, Address = new Envoy.Net.MemoryAddressConfig("front") });
        using var client = proxy.CreateClient();
        var body = Bytes(1_000_000);
        using var content = new ByteArrayContent(body);
        using var response = await client.PostAsync("/", content);
        Assert.That((await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(body), Is.True);
    }
}
