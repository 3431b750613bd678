using Envoy.Clusters;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>The answers that the proxy gives itself are Envoy's.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class LocalReplyTests(EngineKind engine) : HttpFixture(engine)
{
    private const string Overflow = "upstream connect error or disconnect/reset before headers. reset reason: overflow";

    [Test]
    public async Task NoRoute_Is404NRWithoutBody()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, WithRoute(new PrefixMatchConfig("/known"), new ForwardActionConfig { Cluster = "upstream" }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        var known = await client.ExchangeAsync("GET /known HTTP/1.1\r\nhost: test\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(404));
            Assert.That(response.Body, Is.Empty);
            Assert.That(response.Headers["content-length"], Is.EqualTo("0"));
            Assert.That(known.Status, Is.EqualTo(200));
        }

        await AssertLogged(proxy, 404, ResponseFlags.NoRouteFound, "route_not_found");
        Assert.That(proxy.Statistics["http.ingress.no_route"], Is.EqualTo(1));
    }

    [Test]
    public async Task UnknownCluster_Is503NC()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { Cluster = "nobody" },
            ConfigureHttp = h => h with { RouteConfig = h.RouteConfig with { ValidateClusters = false } },
        });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        Assert.That(response.Status, Is.EqualTo(503));
        await AssertLogged(proxy, 503, ResponseFlags.NoClusterFound, "cluster_not_found");
        Assert.That(proxy.Statistics["http.ingress.no_cluster"], Is.EqualTo(1));
    }

    [Test]
    public async Task ClusterWithoutHosts_Is503UH()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureCluster = c => c with { Endpoints = [] } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(503));
            Assert.That(response.BodyText, Is.EqualTo("no healthy upstream"));
        }

        await AssertLogged(proxy, 503, ResponseFlags.NoHealthyUpstream, "no_healthy_upstream");
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_none_healthy"], Is.EqualTo(1));
    }

    [Test]
    public async Task MaxPendingRequests_Zero_Is503UO()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, WithLimits(new CircuitBreakerConfig { MaxPendingRequests = 0 }));
        using var client = await proxy.ConnectAsync();
        await AssertOverflows(proxy, client);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_pending_overflow"], Is.EqualTo(1));
    }

    [Test]
    public async Task MaxConnections_Reached_LetsRequestsWaitForTheOneThereIs()
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().AnswerNext(async e =>
        {
            await gate.Task;
            await e.RespondAsync(200, "first");
        }).Answer(Answers.Ok("second"));
        await using var proxy = await TestProxy.ForwardTo(upstream, WithLimits(new CircuitBreakerConfig { MaxConnections = 1, MaxPendingRequests = 1 }));
        using var first = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        await upstream.ReceivedAsync();
        using var second = await proxy.ConnectAsync();
        await second.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_pending_active");
        using var third = await proxy.ConnectAsync();
        var refused = await third.ExchangeAsync(Get);
        gate.SetResult();
        var answers = new[] { (await first.ReadResponseAsync()).BodyText, (await second.ReadResponseAsync()).BodyText };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused.Status, Is.EqualTo(503));
            Assert.That(refused.Headers["x-envoy-overloaded"], Is.EqualTo("true"));
            Assert.That(answers, Is.EqualTo(["first", "second"]));
            Assert.That(upstream.Connections, Has.Count.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_overflow"], Is.GreaterThanOrEqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_pending_overflow"], Is.EqualTo(1));
        }

        await AssertLogged(proxy, 503, ResponseFlags.UpstreamOverflow, "upstream_reset_before_response_started{overflow}");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task MaxRequests_Reached_Is503UO()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, WithLimits(new CircuitBreakerConfig { MaxRequests = 1 }));
        using var first = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        await upstream.ReceivedAsync();
        using var second = await proxy.ConnectAsync();
        await AssertOverflows(proxy, second);
    }

    [TestCase("http://old.test/a?b=c", "http://new.test/a?b=c")]
    public async Task Redirect_Is301WithLocation(string from, string to)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, WithRoute(new PrefixMatchConfig("/"), new RedirectActionConfig { HostRedirect = "new.test" }));
        using var client = await proxy.ConnectAsync();
        var uri = new Uri(from);
        var response = await client.ExchangeAsync($"GET {uri.PathAndQuery} HTTP/1.1\r\nhost: {uri.Host}\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(301));
            Assert.That(response.Headers["location"], Is.EqualTo(to));
            Assert.That(response.Body, Is.Empty);
        }

        await AssertLogged(proxy, 301, ResponseFlags.None, "direct_response");
        Assert.That(proxy.Statistics["http.ingress.rq_redirect"], Is.EqualTo(1));
    }

    [Test]
    public async Task DirectResponse_HasItsStatusAndBody()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, WithRoute(new PrefixMatchConfig("/"), new DirectResponseActionConfig(418) { Body = "short and stout" }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        var head = await client.ExchangeAsync("HEAD / HTTP/1.1\r\nhost: test\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(418));
            Assert.That(response.BodyText, Is.EqualTo("short and stout"));
            Assert.That(head.Status, Is.EqualTo(418));
            Assert.That(upstream.Connections, Is.Empty);
        }

        await AssertLogged(proxy, 418, ResponseFlags.None, "direct_response");
        Assert.That(proxy.Statistics["http.ingress.rq_direct_response"], Is.EqualTo(2));
    }

    [Test]
    public async Task DirectResponse_BeforeTheRequestsEnd_EndsTheConnection()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, WithRoute(new PrefixMatchConfig("/"), new DirectResponseActionConfig(403)));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n");
        var (bytes, end) = await client.ReadToEndAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(403));
            Assert.That(response.Headers["connection"], Is.EqualTo("close"));
            Assert.That(bytes, Is.Empty);
            Assert.That(end, Is.EqualTo(ConnectionEnd.ByPeer));
        }
    }

    [Test]
    public async Task Grpc_LocalReply_Is200WithGrpcStatus()
    {
        await using var upstream = FakeUpstream.ThatRefuses();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST /service/method HTTP/1.1\r\nhost: test\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Headers["content-type"], Is.EqualTo("application/grpc"));
            Assert.That(response.Headers["grpc-status"], Is.EqualTo("14"));
            Assert.That(response.Headers["grpc-message"], Does.StartWith("upstream connect error or disconnect/reset before headers. reset reason: remote connection failure"));
            Assert.That(response.Body, Is.Empty);
        }

        var record = await proxy.AccessLog.NextAsync();
        Assert.That(record.Flags, Is.EqualTo(ResponseFlags.UpstreamConnectionFailure));
    }

    [Test]
    public async Task Upgrade_WithoutUpgradeConfig_Is403()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(403));
        await AssertLogged(proxy, 403, ResponseFlags.None, "upgrade_failed");
        await AssertServes(proxy);
    }

    private static async Task AssertOverflows(TestProxy proxy, RawClient client)
    {
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(503));
            Assert.That(response.BodyText, Is.EqualTo(Overflow));
            Assert.That(response.Headers["x-envoy-overloaded"], Is.EqualTo("true"));
        }

        await AssertLogged(proxy, 503, ResponseFlags.UpstreamOverflow, "upstream_reset_before_response_started{overflow}");
    }

    private TestProxyOptions WithLimits(CircuitBreakerConfig limits) => Options with { ConfigureCluster = c => c with { CircuitBreakers = limits } };

    private TestProxyOptions WithRoute(PathMatchConfig path, RouteActionConfig action) => Options with
    {
        ConfigureHttp = h => h with
        {
            RouteConfig = h.RouteConfig with
            {
                VirtualHosts = [h.RouteConfig.VirtualHosts[0] with { Routes = [new RouteConfig { Match = new RouteMatchConfig { Path = path }, Action = action }] }],
            },
        },
    };
}
