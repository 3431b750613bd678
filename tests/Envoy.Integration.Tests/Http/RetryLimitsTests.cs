using Envoy.Clusters;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>What keeps a retry from being made, what it waits for, and which host it goes to.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class RetryLimitsTests(EngineKind engine) : HttpFixture(engine)
{
    private const string Post = "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\nbody";

    [TestCase("reset-before-request")]
    [TestCase("connect-failure")]
    [TestCase("reset")]
    [TestCase("gateway-error")]
    [TestCase("5xx")]
    public async Task HostThatRefuses_IsAReason_AndTheNextHostAnswers(string retryOn)
    {
        await using var refusing = FakeUpstream.ThatRefuses();
        await using var good = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(refusing, TwoHosts(refusing, good) with { ConfigureRoute = Retrying(retryOn) });
        using var client = await proxy.ConnectAsync();
        // Which host is the first in turn is drawn: of two requests one comes to the refusing one at first.
        for (var i = 1; i <= 2; i++)
        {
            Assert.That((await Patiently(proxy, client, Post)).Status, Is.EqualTo(200));
            Assert.That((await good.ReceivedAsync(i)).BodyText, Is.EqualTo("body"));
            await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        }

        await AssertQuiet(proxy);
        var retries = proxy.Statistics["cluster.upstream.upstream_rq_retry"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(retries, Is.InRange(1, 2));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry_success"], Is.EqualTo(retries));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_fail"], Is.EqualTo(retries));
        }
    }

    [TestCase("reset-before-request")]
    [TestCase("connect-failure")]
    [TestCase("retriable-4xx")]
    public async Task ResetOfARequestThatWasSent_IsNoReason(string retryOn)
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Close());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureRoute = Retrying(retryOn) });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(503));
        await AssertLogged(proxy, 503, ResponseFlags.UpstreamConnectionTermination, "upstream_reset_before_response_started{connection_termination}");
        Assert.That(upstream.Requests, Has.Count.EqualTo(1));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry"], Is.Zero);
    }

    [Test]
    public async Task ResetInsideTheBody_IsNotRetried()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Truncated(10, "half"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureRoute = Retrying("5xx,reset") });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.That((await client.ReadToEndAsync()).End, Is.Not.EqualTo(ConnectionEnd.Open));
        await AssertLogged(proxy, 200, ResponseFlags.UpstreamConnectionTermination, "upstream_reset_after_response_started{connection_termination}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Requests, Has.Count.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.rq_reset_after_downstream_response_started"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_tx_reset"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task MaxRetries_Reached_LeavesTheAnswerAndUO()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(503, "no"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Limited(new CircuitBreakerConfig { MaxRetries = 0 }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).BodyText, Is.EqualTo("no"));
        await AssertLogged(proxy, 503, ResponseFlags.UpstreamOverflow, "via_upstream");
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry_overflow"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry"], Is.Zero);
        await AssertQuiet(proxy);
    }

    [TestCase("upstream.use_retry", "0")]
    [TestCase("upstream.base_retry_backoff_ms", "5000")]
    public async Task Runtime_CanTurnRetriesOff_OrMakeThemSlow(string key, string value)
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(503, "no"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = Retrying("5xx"),
            Configure = c => c with { LayeredRuntime = new() { Layers = [new("static") { Values = [new(key, value)] }] } },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        if (key == "upstream.use_retry")
        {
            Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("no"));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry"], Is.Zero);
            return;
        }

        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        Assert.That(upstream.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Budget_SpentByAnotherRequest_LeavesTheAnswerAndUO()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(503, "first"), Answers.Status(503, "second"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Limited(new CircuitBreakerConfig { RetryBudget = new RetryBudgetConfig(0, 1) }));
        using var first = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry");
        using var second = await proxy.ConnectAsync();
        Assert.That((await second.ExchangeAsync(Get)).BodyText, Is.EqualTo("second"));
        await AssertLogged(proxy, 503, ResponseFlags.UpstreamOverflow, "via_upstream");
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry_overflow"], Is.EqualTo(1));

        await BackOff(proxy, 1);
        Assert.That((await first.ReadResponseAsync()).Status, Is.EqualTo(200));
        // What was spent is there again.
        upstream.AnswerNext(Answers.Status(503));
        await second.SendAsync(Get);
        await BackOff(proxy, 2);
        Assert.That((await second.ReadResponseAsync()).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Budget_IsAShareOfWhatIsUnderWay()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Never(), Answers.Status(503)).Answer(Answers.Ok());
        await using var proxy = await TestProxy.ForwardTo(upstream, Limited(new CircuitBreakerConfig { RetryBudget = new RetryBudgetConfig(50, 0) }));
        using var other = await proxy.ConnectAsync();
        await other.SendAsync(Get);
        await upstream.ReceivedAsync();
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await BackOff(proxy, 1);
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200), "one of the two");
    }

    [TestCase("3", 3000, 4500)]
    [TestCase("9", 0, 250, Description = "longer than the longest: as if it were not there")]
    [TestCase("soon", 0, 250)]
    public async Task RetryAfter_SaysWhenToComeAgain(string after, int notBefore, int atTheLatest)
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(503, "", ("retry-after", after)));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with
            {
                RetryPolicy = new() { RetryOn = "5xx", RateLimitResetHeaders = [new RateLimitResetHeaderConfig("Retry-After")], RateLimitMaxInterval = TimeSpan.FromSeconds(5) },
            },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry");
        if (notBefore > 0)
            await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(notBefore - 1));
        Assert.That(upstream.Requests, Has.Count.EqualTo(1), "not yet");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(atTheLatest - Math.Max(0, notBefore - 1)));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry_backoff_ratelimited"], Is.EqualTo(notBefore > 0 ? 1 : 0));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry_backoff_exponential"], Is.EqualTo(notBefore > 0 ? 0 : 1));
        }
    }

    [Test]
    public async Task PerTryIdleTimeout_OfASilentHost_IsRetried()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Idle(1));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));
        await BackOff(proxy, 1);
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_per_try_idle_timeout"], Is.EqualTo(1));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task PerTryIdleTimeout_WithoutARetryLeft_Is504UT()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Idle(0));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(504));
        await AssertLogged(proxy, 504, ResponseFlags.UpstreamRequestTimeout | ResponseFlags.UpstreamRetryLimitExceeded, "upstream_per_try_idle_timeout");
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_per_try_idle_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task PerTryIdleTimeout_InsideTheBody_CutsIt()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Stalled(100, "a beginning"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Idle(1));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.downstream_cx_tx_bytes_total");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.That((await client.ReadToEndAsync()).End, Is.Not.EqualTo(ConnectionEnd.Open));
        await AssertLogged(proxy, 200, ResponseFlags.UpstreamRequestTimeout, "upstream_per_try_idle_timeout");
    }

    [Test]
    public async Task BodyThatGrowsTooLarge_BetweenTwoTries_Is507()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Early(503));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = Retrying("5xx"),
            ConfigureHttp = h => h with { RouteConfig = h.RouteConfig with { VirtualHosts = [h.RouteConfig.VirtualHosts[0] with { RequestBodyBufferLimit = 10 }] } },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 20\r\n\r\n01234");
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry");
        await client.SendAsync("567890123456789");
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(507));
        await AssertLogged(proxy, 507, ResponseFlags.None, "request_payload_exceeded_retry_buffer_limit");
        Assert.That(proxy.Statistics["cluster.upstream.retry_or_shadow_abandoned"], Is.EqualTo(1));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task PreviousHosts_AreAvoided()
    {
        await using var bad = new FakeUpstream().Answer(Answers.Status(503));
        await using var good = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(bad, TwoHosts(bad, good, LoadBalancingPolicy.Random) with
        {
            ConfigureRoute = r => r with
            {
                RetryPolicy = new() { RetryOn = "5xx", HostPredicates = [RetryHostPredicateConfig.PreviousHosts], HostSelectionMaxAttempts = 100 },
            },
        });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.That((await Patiently(proxy, client, Get)).Status, Is.EqualTo(200), "a hundred draws find the other host");
        }

        Assert.That(bad.Requests, Is.Not.Empty, "it was drawn at first, or the test shows nothing");
    }

    /// <summary>The nth retry has been decided on; its back-off, at most ten times 25 ms, passes.</summary>
    private static async Task BackOff(TestProxy proxy, int retry)
    {
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry", v => v == retry);
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(250));
    }

    /// <summary>Sends, and lets each back-off pass: whether there is one depends on which host is drawn.</summary>
    private static async Task<RawResponse> Patiently(TestProxy proxy, RawClient client, string request)
    {
        var retries = proxy.Statistics["cluster.upstream.upstream_rq_retry"];
        await client.SendAsync(request);
        var reading = client.ReadResponseAsync();
        while (!reading.IsCompleted)
        {
            if (proxy.Statistics["cluster.upstream.upstream_rq_retry"] == retries)
            {
                await proxy.TurnAsync();
                continue;
            }

            retries++;
            await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(250));
        }

        return await reading;
    }

    private static Func<ForwardActionConfig, ForwardActionConfig> Retrying(string on) => r => r with { RetryPolicy = new() { RetryOn = on } };

    private TestProxyOptions Idle(uint retries) => Options with
    {
        ConfigureRoute = r => r with { RetryPolicy = new() { RetryOn = "5xx", NumRetries = retries, PerTryIdleTimeout = TimeSpan.FromSeconds(2) } },
    };

    private TestProxyOptions Limited(CircuitBreakerConfig limits) => Options with
    {
        ConfigureRoute = Retrying("5xx"),
        ConfigureCluster = c => c with { CircuitBreakers = limits },
    };

    private TestProxyOptions TwoHosts(FakeUpstream first, FakeUpstream second, LoadBalancingPolicy policy = LoadBalancingPolicy.RoundRobin) => Options with
    {
        ConfigureCluster = c => c with
        {
            LbPolicy = policy,
            Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(first.Address), new EndpointConfig(second.Address)] }],
        },
    };
}
