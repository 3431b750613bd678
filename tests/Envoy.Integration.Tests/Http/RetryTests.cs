using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Each reason to try again, each limit, against an upstream that misbehaves; by a clock that the test moves where time matters.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class RetryTests(EngineKind engine) : HttpFixture(engine)
{
    private static readonly TestCaseData[] Reasons =
    [
        Reason("5xx", Answers.Status(500)),
        Reason("5xx", Answers.Reset(), "a reset"),
        Reason("gateway-error", Answers.Status(503)),
        Reason("retriable-4xx", Answers.Status(409)),
        Reason("retriable-status-codes", Answers.Status(418)),
        Reason("retriable-headers", Answers.Status(200, "", ("x-again", "1"))),
        Reason("reset", Answers.Close()),
        Reason("envoy-ratelimited", Answers.Status(429, "", ("x-envoy-ratelimited", "true"))),
        Reason("unavailable", Answers.Status(200, "", ("grpc-status", "14"))),
        Reason("cancelled", Answers.Status(200, "", ("grpc-status", "1"))),
        Reason("deadline-exceeded", Answers.Status(200, "", ("grpc-status", "4"))),
        Reason("resource-exhausted", Answers.Status(200, "", ("grpc-status", "8"))),
        Reason("internal", Answers.Status(200, "", ("grpc-status", "13"))),
    ];

    private static readonly TestCaseData[] NoReasons =
    [
        Reason("gateway-error", Answers.Status(500)),
        Reason("5xx", Answers.Status(404)),
        Reason("retriable-4xx", Answers.Status(404)),
        Reason("retriable-status-codes", Answers.Status(417)),
        Reason("connect-failure", Answers.Status(503)),
        Reason("5xx", Answers.Status(503, "", ("x-envoy-ratelimited", "true")), "rate limited"),
        Reason("cancelled", Answers.Status(200, "", ("grpc-status", "14"))),
    ];

    [TestCaseSource(nameof(Reasons))]
    public async Task FirstTry_EndsWithAReason_TheSecondAnswers(string retryOn, UpstreamHandler bad)
    {
        await using var upstream = new FakeUpstream().AnswerNext(bad);
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureRoute = r => r with { RetryPolicy = Policy(retryOn) } });
        using var client = await proxy.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\nbody");
        await BackOff(proxy, 1);
        var response = await client.ReadResponseAsync();

        Assert.That((response.Status, response.BodyText), Is.EqualTo((200, "ok")));
        Assert.That((await upstream.ReceivedAsync(2)).Body, Is.EqualTo("body"u8.ToArray()), "the body is sent again");
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry_success"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry_backoff_exponential"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.circuit_breakers.default.rq_retry_open"], Is.Zero);
        }
    }

    [TestCaseSource(nameof(NoReasons))]
    public async Task FirstTry_EndsWithAnotherReason_IsTheAnswer(string retryOn, UpstreamHandler bad)
    {
        await using var upstream = new FakeUpstream().AnswerNext(bad);
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureRoute = r => r with { RetryPolicy = Policy(retryOn) } });
        using var client = await proxy.ConnectAsync();

        _ = await client.ExchangeAsync(Get);

        _ = await proxy.AccessLog.NextAsync();
        await AssertQuiet(proxy);
        Assert.That(upstream.Requests, Has.Count.EqualTo(1));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry"], Is.Zero);
    }

    [Test]
    public async Task AllTries_Fail_TheLastAnswerComesWithURX()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(503, "no"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureRoute = r => r with { RetryPolicy = Policy("5xx") with { NumRetries = 2 } } });
        using var client = await proxy.ConnectAsync();

        await client.SendAsync(Get);
        await BackOff(proxy, 1);
        await BackOff(proxy, 2);
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("no"));

        await AssertLogged(proxy, 503, ResponseFlags.UpstreamRetryLimitExceeded, "via_upstream");
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Requests, Has.Count.EqualTo(3));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry"], Is.EqualTo(2));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry_limit_exceeded"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.retry.upstream_rq_503"], Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Host_ThatRefuses_IsRetriedAndThenAnsweredWith503UF()
    {
        await using var upstream = FakeUpstream.ThatRefuses();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureRoute = r => r with { RetryPolicy = Policy("connect-failure") } });
        using var client = await proxy.ConnectAsync();

        await client.SendAsync(Get);
        await BackOff(proxy, 1);
        var response = await client.ReadResponseAsync();

        Assert.That(response.Status, Is.EqualTo(503));
        Assert.That(response.BodyText, Does.StartWith("upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure"));
        Assert.That((await proxy.AccessLog.NextAsync()).Flags, Is.EqualTo(ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry"], Is.EqualTo(1));
    }

    [Test]
    public async Task PerTryTimeout_OfASilentHost_IsRetried()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { RetryPolicy = Policy("5xx") with { PerTryTimeout = TimeSpan.FromSeconds(2) } },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        var first = await upstream.ReceivedAsync();
        Assert.That(first.Headers["x-envoy-expected-rq-timeout-ms"], Is.EqualTo("2000"));

        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));
        await BackOff(proxy, 1);

        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_per_try_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task PerTryTimeout_WithoutARetryLeft_Is504UT()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { RetryPolicy = Policy("5xx") with { NumRetries = 0, PerTryTimeout = TimeSpan.FromSeconds(2) } },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        _ = await upstream.ReceivedAsync();

        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));

        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(504));
        await AssertLogged(proxy, 504, ResponseFlags.UpstreamRequestTimeout | ResponseFlags.UpstreamRetryLimitExceeded, "upstream_per_try_timeout");
    }

    [Test]
    public async Task Hedge_WhenTheFirstTryIsLate_TakesTheFirstAnswer()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Never(), Answers.Ok("second"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with
            {
                RetryPolicy = Policy("5xx") with { PerTryTimeout = TimeSpan.FromSeconds(1) },
                HedgePolicy = new HedgePolicyConfig(HedgeOnPerTryTimeout: true),
            },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        _ = await upstream.ReceivedAsync();

        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry", v => v == 1);
        Assert.That(upstream.OpenConnections, Is.EqualTo(1), "the first try goes on");
        await BackOff(proxy, 1);

        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("second"));
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_tx_reset"], Is.EqualTo(1), "the other try is ended");
    }

    [Test]
    public async Task Body_LargerThanTheLimit_IsNotRetried()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(503));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { RetryPolicy = Policy("5xx") },
            ConfigureHttp = h => h with { RouteConfig = h.RouteConfig with { VirtualHosts = [h.RouteConfig.VirtualHosts[0] with { RequestBodyBufferLimit = 10 }] } },
        });
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 20\r\n\r\n01234567890123456789");

        Assert.That(response.Status, Is.EqualTo(503));
        Assert.That((await upstream.ReceivedAsync()).Body, Has.Length.EqualTo(20), "it still goes out whole");
        Assert.That(proxy.Statistics["cluster.upstream.retry_or_shadow_abandoned"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_retry"], Is.Zero);
    }

    [Test]
    public async Task RetryHeaders_OfAnyClient_AreNotObeyed()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(503));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-envoy-retry-on: 5xx\r\nx-envoy-max-retries: 3\r\n\r\n");

        Assert.That(response.Status, Is.EqualTo(503));
        Assert.That(upstream.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>The nth retry has been decided on; its back-off, at most ten times 25 ms, passes.</summary>
    private static async Task BackOff(TestProxy proxy, int retry)
    {
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry", v => v == retry);
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(250));
    }

    private static RetryPolicyConfig Policy(string on) => new()
    {
        RetryOn = on,
        RetriableStatusCodes = [418],
        RetriableHeaders = [new Envoy.Matching.HeaderMatcherConfig("x-again")],
    };

    private static TestCaseData Reason(string on, UpstreamHandler answer, string name = "") => new TestCaseData(on, answer).SetArgDisplayNames(on, name);
}
