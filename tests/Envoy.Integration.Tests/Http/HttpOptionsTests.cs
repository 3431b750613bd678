using Envoy.ConnectionManager;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>What the connection manager's options make of a request's address, path, host and ids, and of a connection's life.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class HttpOptionsTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task RemoteAddress_IsAppendedToForwardedFor_AndSaidToBeExternal()
    {
        var request = await Forwarded(h => h with { UseRemoteAddress = true }, "x-forwarded-for: 10.0.0.1\r\nx-forwarded-proto: https\r\nx-request-id: mine\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Headers.All("x-forwarded-for"), Is.EqualTo(["10.0.0.1,127.0.0.1"]));
            Assert.That(request.Headers["x-envoy-external-address"], Is.EqualTo("127.0.0.1"));
            Assert.That(request.Headers["x-forwarded-proto"], Is.EqualTo("http"), "nobody before us is trusted");
            Assert.That(request.Headers["x-request-id"], Is.Not.EqualTo("mine"));
        }
    }

    [Test]
    public async Task TrustedHops_BehindTheEdge_CountFromTheRight()
    {
        var request = await Forwarded(
            h => h with { UseRemoteAddress = true, XffNumTrustedHops = 2, PreserveExternalRequestId = true, SkipXffAppend = true },
            "x-forwarded-for: 192.0.2.1, 192.0.2.2\r\nx-forwarded-for: 192.0.2.3\r\nx-forwarded-proto: https\r\nx-request-id: mine\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Headers["x-envoy-external-address"], Is.EqualTo("192.0.2.2"));
            Assert.That(request.Headers.All("x-forwarded-for"), Is.EqualTo(["192.0.2.1, 192.0.2.2", "192.0.2.3"]), "left as it came");
            Assert.That(request.Headers["x-forwarded-proto"], Is.EqualTo("https"));
            Assert.That(request.Headers["x-request-id"], Is.EqualTo("mine"));
        }
    }

    [TestCase(0u, "192.0.2.2")]
    [TestCase(1u, "192.0.2.1")]
    [TestCase(2u, "127.0.0.1", Description = "too few: whoever is connected")]
    public async Task ForwardedFor_WithoutRemoteAddress_NamesTheClient(uint hops, string expected)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with
        {
            XffNumTrustedHops = hops,
            RouteConfig = h.RouteConfig with
            {
                Headers = new() { RequestHeadersToAdd = [new("x-client", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")] },
            },
        }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-forwarded-for: 192.0.2.1, 192.0.2.2\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync()).Headers["x-client"], Is.EqualTo(expected));
    }

    [Test]
    public async Task Via_IsAppendedBothWays()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "ok", ("via", "1.1 origin")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { Via = "1.1 edge" }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nvia: 1.0 first\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await upstream.ReceivedAsync()).Headers.All("via"), Is.EqualTo(["1.0 first, 1.1 edge"]));
            Assert.That(response.Headers.All("via"), Is.EqualTo(["1.1 origin, 1.1 edge"]));
        }
    }

    [TestCase(ServerHeaderTransformation.Overwrite, "origin", "envoy")]
    [TestCase(ServerHeaderTransformation.AppendIfAbsent, "origin", "origin")]
    [TestCase(ServerHeaderTransformation.AppendIfAbsent, null, "envoy")]
    [TestCase(ServerHeaderTransformation.PassThrough, "origin", "origin")]
    [TestCase(ServerHeaderTransformation.PassThrough, null, null)]
    public async Task ServerHeader_IsTransformed(ServerHeaderTransformation how, string? upstreams, string? expected)
    {
        await using var upstream = new FakeUpstream().Answer(upstreams is null ? Answers.Ok("x") : Answers.Status(200, "x", ("server", upstreams)));
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { ServerHeaderTransformation = how }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Headers["server"], Is.EqualTo(expected));
    }

    [Test]
    public async Task RequestId_WhereAskedFor_IsSaidInTheResponse()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { AlwaysSetRequestIdInResponse = true }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-request-id: mine\r\n\r\n");
        Assert.That(response.Headers["x-request-id"], Is.EqualTo("mine"));
    }

    [TestCase("/a/b/../c?d=/../e", "/a/c?d=/../e")]
    [TestCase("/a/./b/.", "/a/b/")]
    [TestCase("/a/b/..", "/a/")]
    [TestCase("/../../x", "/x")]
    [TestCase("/a/%2e%2E/b", "/b")]
    [TestCase("/a/.%2e/..", "/")]
    [TestCase("/a\\b\\..\\c", "/a/c")]
    [TestCase("/a/.../b..", "/a/.../b..")]
    [TestCase("/a//../b", "/a/b")]
    [TestCase("/%41%2f", "/%41%2f")]
    public async Task Path_IsNormalised(string path, string expected)
    {
        var request = await Forwarded(h => h with { NormalizePath = true }, path: path);
        Assert.That(request.Path, Is.EqualTo(expected));
    }

    [TestCase("//a///b//?x=//", "/a/b/?x=//")]
    [TestCase("/a/..//b", "/a/../b")]
    public async Task Slashes_AreMerged(string path, string expected)
    {
        var request = await Forwarded(h => h with { MergeSlashes = true }, path: path);
        Assert.That(request.Path, Is.EqualTo(expected));
    }

    [Test]
    public async Task EscapedSlashes_Forwarded_BecomeSlashes()
    {
        var request = await Forwarded(
            h => h with { NormalizePath = true, PathWithEscapedSlashesAction = EscapedSlashesAction.UnescapeAndForward }, path: "/a%2Fb%5c..%5Cc?q=%2F");
        Assert.That(request.Path, Is.EqualTo("/a/c?q=%2F"));
    }

    [TestCase("", 307, "/a/b?x=%2f")]
    [TestCase("content-type: application/grpc\r\n", 200, null)]
    public async Task EscapedSlashes_Redirected_GrpcIsRefused(string headers, int status, string? location)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(
            upstream, Http(h => h with { PathWithEscapedSlashesAction = EscapedSlashesAction.UnescapeAndRedirect }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"GET /a%2fb?x=%2f HTTP/1.1\r\nhost: test\r\n{headers}\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(status));
            Assert.That(response.Headers["location"], Is.EqualTo(location));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_redirected_with_normalized_path"], Is.EqualTo(location is null ? 0 : 1));
        }

        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200), "the connection is good");
    }

    [TestCase("/a%2fb")]
    [TestCase("/a/%zz")]
    public async Task Path_ThatIsRefused_Is400(string path)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(
            h => h with { NormalizePath = true, PathWithEscapedSlashesAction = EscapedSlashesAction.RejectRequest }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nhost: test\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(400));
        await AssertLogged(proxy, 400, ResponseFlags.None, "path_normalization_failed");
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_failed_path_normalization"], Is.EqualTo(1));
    }

    [TestCase("test.:81", "test.:81", false, false)]
    [TestCase("test:81", "test", true, false)]
    [TestCase("[::1]:81", "[::1]", true, false)]
    [TestCase("[::1]", "[::1]", true, false)]
    [TestCase("test.:81", "test:81", false, true)]
    [TestCase("test.:81", "test", true, true)]
    public async Task Host_LosesPortAndDot(string host, string expected, bool port, bool dot)
    {
        var request = await Forwarded(h => h with { StripAnyHostPort = port, StripTrailingHostDot = dot }, host: host);
        Assert.That(request.Headers["host"], Is.EqualTo(expected));
    }

    [Test]
    public async Task HostPort_OnlyTheListenersOwn_IsStrippedWhenMatching()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { StripMatchingHostPort = true }));
        var port = proxy.Port;
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test:{port}\r\n\r\n");
        await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test:{port ^ 1}\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync()).Headers["host"], Is.EqualTo("test"));
        Assert.That((await upstream.ReceivedAsync(2)).Headers["host"], Is.EqualTo($"test:{port ^ 1}"));
    }

    [Test]
    public async Task HeadersWithUnderscores_AreDropped()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(
            upstream, Http(h => h with { HeadersWithUnderscoresAction = HeadersWithUnderscoresAction.DropHeader }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx_a: 1\r\nx-b: 2\r\nx_a: 3\r\nx_c: 4\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Headers.Contains("x_a") || request.Headers.Contains("x_c"), Is.False);
            Assert.That(request.Headers["x-b"], Is.EqualTo("2"));
            Assert.That(proxy.Statistics["http1.dropped_headers_with_underscores"], Is.EqualTo(3));
        }
    }

    [Test]
    public async Task HeadersWithUnderscores_AreRefused()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(
            upstream, Http(h => h with { HeadersWithUnderscoresAction = HeadersWithUnderscoresAction.RejectRequest }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx_a: 1\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(400));
        await AssertLogged(proxy, 400, ResponseFlags.DownstreamProtocolError, "http1.unexpected_underscore");
        Assert.That(proxy.Statistics["http1.requests_rejected_with_underscores_in_headers"], Is.EqualTo(1));
        await AssertServes(proxy);
    }

    [TestCase(HeadersWithUnderscoresAction.DropHeader, 200)]
    [TestCase(HeadersWithUnderscoresAction.RejectRequest, 400)]
    public async Task TrailersWithUnderscores_AreTreatedAsHeaders(HeadersWithUnderscoresAction action, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { HeadersWithUnderscoresAction = action, EnableTrailers = true }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx_a: 1\r\nx-b: 2\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(status));
        if (status == 400)
        {
            await AssertLogged(proxy, 400, ResponseFlags.DownstreamProtocolError, "http1.unexpected_underscore");
            await AssertServes(proxy);
            return;
        }

        var trailers = (await upstream.ReceivedAsync()).Trailers;
        Assert.That((trailers.Contains("x_a"), trailers["x-b"]), Is.EqualTo((false, "2")));
    }

    [Test]
    public async Task MaxRequests_BeforeTheDuration_DoNotTakeItsDrainTime()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with
        {
            MaxRequestsPerConnection = 1,
            MaxConnectionDuration = TimeSpan.FromSeconds(10),
            DrainTimeout = TimeSpan.FromSeconds(5),
        }));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(11));
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_max_duration_reached"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_active"], Is.EqualTo(1));
    }

    [Test]
    public async Task MaxRequests_TheLastResponse_SaysClose()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { MaxRequestsPerConnection = 2 }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Headers["connection"], Is.Null);
        Assert.That((await client.ExchangeAsync(Get)).Headers["connection"], Is.EqualTo("close"));
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_max_requests_reached"], Is.EqualTo(1));
    }

    [Test]
    public async Task MaxConnectionDuration_DrainsAndThenCloses()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with
        {
            MaxConnectionDuration = TimeSpan.FromSeconds(10),
            DrainTimeout = TimeSpan.FromSeconds(5),
        }));
        using var asks = await proxy.ConnectAsync();
        using var idles = await proxy.ConnectAsync();
        await asks.ExchangeAsync(Get);
        await idles.ExchangeAsync(Get);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_max_duration_reached"], Is.EqualTo(2));
        Assert.That((await asks.ExchangeAsync(Get)).Headers["connection"], Is.EqualTo("close"));
        Assert.That((await asks.ReadToEndAsync()).Bytes, Is.Empty);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.That((await idles.ReadToEndAsync()).Bytes, Is.Empty);
        await AssertServes(proxy);
    }

    [Test]
    public async Task Http10_WithoutHost_GetsTheDefaultOne()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(
            upstream, Http(h => h with { AcceptHttp10 = true, DefaultHostForHttp10 = "fallback.test" }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.0\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(200));
        Assert.That((await upstream.ReceivedAsync()).Headers["host"], Is.EqualTo("fallback.test"));
    }

    private TestProxyOptions Http(Func<HttpConnectionManagerOptions, HttpConnectionManagerOptions> configure) => Options with { ConfigureHttp = configure };

    private async Task<ReceivedRequest> Forwarded(
        Func<HttpConnectionManagerOptions, HttpConnectionManagerOptions> configure, string headers = "", string path = "/", string host = "test")
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(configure));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n");
        Assert.That(response.Status, Is.EqualTo(200));
        return await upstream.ReceivedAsync();
    }
}
