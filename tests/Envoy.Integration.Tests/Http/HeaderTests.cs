using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>What the proxy adds to headers, and what it takes away.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class HeaderTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task Request_ReachesTheUpstreamWithEnvoysHeaders()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET /path?query HTTP/1.1\r\nHost: Example.Test:8080\r\nx-mine: kept\r\nx-mine: twice\r\nx-envoy-internal: true\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Method, Is.EqualTo("GET"));
            Assert.That(request.Path, Is.EqualTo("/path?query"));
            Assert.That(request.Version, Is.EqualTo("HTTP/1.1"));
            Assert.That(request.Headers["host"], Is.EqualTo("Example.Test:8080"));
            Assert.That(request.Headers.All("x-mine"), Is.EqualTo(["kept", "twice"]));
            Assert.That(Guid.TryParse(request.Headers["x-request-id"], out _), Is.True);
            Assert.That(request.Headers["x-forwarded-proto"], Is.EqualTo("http"));
            Assert.That(request.Headers["x-envoy-expected-rq-timeout-ms"], Is.EqualTo("15000"));
            Assert.That(request.Headers.Contains("x-envoy-internal"), Is.False);
            Assert.That(request.Headers.Contains("transfer-encoding"), Is.False);
            Assert.That(request.Headers.Contains("content-length"), Is.False);
        }
    }

    [Test]
    public async Task RequestId_OfTheClient_IsKept()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-request-id: mine\r\nx-forwarded-proto: https\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Headers.All("x-request-id"), Is.EqualTo(["mine"]));
            Assert.That(request.Headers.All("x-forwarded-proto"), Is.EqualTo(["https"]));
        }
    }

    [Test]
    public async Task HopByHopHeaders_OfTheRequest_AreNotForwarded()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nconnection: keep-alive, x-hop\r\nkeep-alive: timeout=5\r\nproxy-connection: keep-alive\r\nx-hop: 1\r\nx-end: 2\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            foreach (var name in new[] { "connection", "keep-alive", "proxy-connection", "x-hop", "upgrade" })
                Assert.That(request.Headers.Contains(name), Is.False, name);
            Assert.That(request.Headers["x-end"], Is.EqualTo("2"));
        }
    }

    [Test]
    public async Task HopByHopHeaders_OfTheResponse_AreNotForwarded()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "ok",
            ("connection", "keep-alive"), ("keep-alive", "timeout=5"), ("proxy-connection", "x"), ("x-end", "2")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            foreach (var name in new[] { "connection", "keep-alive", "proxy-connection" })
                Assert.That(response.Headers.Contains(name), Is.False, name);
            Assert.That(response.Headers["x-end"], Is.EqualTo("2"));
        }
    }

    [Test]
    public async Task Response_HasServerDateAndServiceTime()
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().AnswerNext(async e =>
        {
            await gate.Task;
            await e.RespondAsync(200, "ok", ("server", "origin"));
        }).Answer(Answers.Status(200, "ok", ("date", "Tue, 15 Nov 1994 08:12:31 GMT")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(7));
        gate.SetResult();
        var first = await client.ReadResponseAsync();
        var second = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Headers.All("server"), Is.EqualTo(["envoy"]));
            Assert.That(first.Headers["date"], Is.EqualTo("Sat, 01 Jan 2000 00:00:07 GMT"));
            Assert.That(first.Headers["x-envoy-upstream-service-time"], Is.EqualTo("7000"));
            Assert.That(second.Headers.All("date"), Is.EqualTo(["Tue, 15 Nov 1994 08:12:31 GMT"]));
            Assert.That(second.Headers["x-envoy-upstream-service-time"], Is.EqualTo("0"));
        }

        var record = await proxy.AccessLog.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(record.DurationMilliseconds, Is.EqualTo(7000));
            Assert.That(record.StartTime, Is.EqualTo(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)));
            Assert.That(record.Cluster, Is.EqualTo("upstream"));
            Assert.That(record.UpstreamHost, Is.EqualTo($"127.0.0.1:{upstream.Port}"));
            Assert.That(record.BytesSent, Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Http10_Is426_UnlessAccepted()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.0\r\nhost: test\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(426));
        await AssertLogged(proxy, 426, ResponseFlags.None, "low_version");
        Assert.That(upstream.Connections, Is.Empty);
    }

    [TestCase("", true)]
    [TestCase("connection: keep-alive\r\n", false)]
    public async Task Http10_Accepted_ClosesUnlessAskedToKeep(string header, bool closes)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { AcceptHttp10 = true } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"GET / HTTP/1.0\r\nhost: test\r\n{header}\r\n");
        Assert.That(response.BodyText, Is.EqualTo("ok"));
        if (closes)
            Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.ByPeer));
        else
            Assert.That((await client.ExchangeAsync($"GET / HTTP/1.0\r\nhost: test\r\n{header}\r\n")).BodyText, Is.EqualTo("ok"));
    }

    [Test]
    public async Task Http10_ChunkedUpstream_IsGivenWithoutChunks()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Chunked("un", "chunked"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { AcceptHttp10 = true } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.0\r\nhost: test\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers.Contains("transfer-encoding"), Is.False);
            Assert.That(response.BodyText, Is.EqualTo("unchunked"));
        }
    }
}
