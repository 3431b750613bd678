using Envoy.Filters.Http.Fault;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Runtime;
using Envoy.RuntimeSettings;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The fault filter: requests that are delayed or aborted, and responses that are slowed down, by the test's clock.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class FaultFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string Name = "envoy.filters.http.fault";
    private static readonly FractionalPercentConfig All = new(100);
    private static readonly FaultOptions Abort418 = new() { Abort = new FaultAbortConfig { HttpStatus = 418, Percentage = All } };

    [Test]
    public async Task Abort_AnswersWithTheStatus()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, Abort418));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        Assert.That((response.Status, response.BodyText), Is.EqualTo((418, "fault filter abort")));
        await AssertLogged(proxy, 418, ResponseFlags.FaultInjected, "fault_filter_abort");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Requests, Is.Empty);
            Assert.That(proxy.Statistics["http.ingress.fault.aborts_injected"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.fault.active_faults"], Is.Zero);
        }
    }

    [Test]
    public async Task Abort_WithGrpcStatus_IsToldToGrpcClients()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new FaultOptions { Abort = new FaultAbortConfig { GrpcStatus = 8, Percentage = All } }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n");
        Assert.That((response.Status, response.Headers["grpc-status"], response.Headers["grpc-message"]), Is.EqualTo((200, "8", "fault filter abort")));
    }

    [Test]
    public async Task Delay_HoldsTheRequest_ByTheClock()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new FaultOptions { Delay = new FaultDelayConfig { FixedDelay = TimeSpan.FromSeconds(3), Percentage = All } }));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nhello");
        await proxy.WaitForAsync("http.ingress.fault.delays_injected");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2.9));
        Assert.That(upstream.Connections, Is.Empty);
        Assert.That(proxy.Statistics["http.ingress.fault.active_faults"], Is.EqualTo(1));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(0.2));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        Assert.That((await upstream.ReceivedAsync()).BodyText, Is.EqualTo("hello"));
        await AssertLogged(proxy, 200, ResponseFlags.DelayInjected, "via_upstream");
        await proxy.WaitForAsync("http.ingress.fault.active_faults", v => v == 0);
    }

    [Test]
    public async Task Delay_ThenAbort_MarksBoth()
    {
        await using var upstream = new FakeUpstream();
        var fault = Abort418 with { Delay = new FaultDelayConfig { FixedDelay = TimeSpan.FromSeconds(1), Percentage = All } };
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, fault));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.fault.delays_injected");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1.1));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(418));
        await AssertLogged(proxy, 418, ResponseFlags.DelayInjected | ResponseFlags.FaultInjected, "fault_filter_abort");
    }

    [Test]
    public async Task ClientThatLeavesDuringADelay_LeavesNothingBehind()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new FaultOptions { Delay = new FaultDelayConfig { FixedDelay = TimeSpan.FromSeconds(3), Percentage = All } }));
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Get);
            await proxy.WaitForAsync("http.ingress.fault.active_faults");
        }

        await proxy.WaitForAsync("http.ingress.fault.active_faults", v => v == 0);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.That(upstream.Connections, Is.Empty);
    }

    [TestCase("x-envoy-fault-abort-request: 501\r\n", 501)]
    [TestCase("x-envoy-fault-abort-request: 199\r\n", 200, Description = "no status")]
    [TestCase("x-envoy-fault-abort-request: 501\r\nx-envoy-fault-abort-request-percentage: 0\r\n", 200)]
    [TestCase("", 200)]
    public async Task Headers_DecideWhereTheyMay(string headers, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new FaultOptions { Abort = new FaultAbortConfig { Percentage = All } }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\n{headers}\r\n")).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task HeaderDelay_IsInMilliseconds()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new FaultOptions { Delay = new FaultDelayConfig { Percentage = All } }));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nhost: test\r\nx-envoy-fault-delay-request: 500\r\n\r\n");
        await proxy.WaitForAsync("http.ingress.fault.delays_injected");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(510));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
    }

    [TestCaseSource(nameof(NotMeant))]
    public async Task RequestThatIsNotMeant_Passes(FaultOptions fault)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, fault));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Conditions_ThatHold_LetTheFaultHappen()
    {
        await using var upstream = new FakeUpstream();
        var fault = Abort418 with { UpstreamCluster = TestProxy.ClusterName, DownstreamNodes = ["other", "me"], Headers = [new HeaderMatcherConfig("x-fault")] };
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, fault));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-fault: 1\r\nx-envoy-downstream-service-node: me\r\n\r\n")).Status, Is.EqualTo(418));
    }

    [Test]
    public async Task Route_HasOptionsOfItsOwn()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new FaultOptions(), new FaultRouteOptions(Abort418)));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(418));
    }

    [Test]
    public async Task RuntimeKeys_ChangeShareAndStatus_AlsoForOneCaller()
    {
        await using var upstream = new FakeUpstream();
        var options = With(Name, Abort418 with { Abort = Abort418.Abort! with { Percentage = new FractionalPercentConfig(0) } });
        await using var proxy = await TestProxy.ForwardTo(upstream, options with
        {
            Configure = c => c with
            {
                LayeredRuntime = new LayeredRuntimeConfig
                {
                    Layers = [new RuntimeLayerConfig("static") { Values = [new("fault.http.shop.abort.abort_percent", "100"), new("fault.http.shop.abort.http_status", "503")] }],
                },
            },
        });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That((await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-envoy-downstream-service-cluster: shop\r\n\r\n")).Status, Is.EqualTo(503));
        Assert.That(proxy.Statistics["http.ingress.fault.shop.aborts_injected"], Is.EqualTo(1));
    }

    [Test]
    public async Task MaxActiveFaults_LetsTheOthersPass()
    {
        await using var upstream = new FakeUpstream();
        var fault = new FaultOptions { Delay = new FaultDelayConfig { FixedDelay = TimeSpan.FromSeconds(3), Percentage = All }, MaxActiveFaults = 1 };
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, fault));
        using var first = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.fault.active_faults");
        using var second = await proxy.ConnectAsync();
        Assert.That((await second.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That(proxy.Statistics["http.ingress.fault.faults_overflow"], Is.EqualTo(1));
    }

    [Test]
    public async Task ResponseRateLimit_LetsOneSliceThroughAtATime()
    {
        // 16 KiB a second: slices of 1 KiB, one every 63 ms.
        var body = Bytes(4096);
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(body));
        var fault = new FaultOptions { ResponseRateLimit = new FaultRateLimitConfig { LimitKbps = 16, Percentage = All } };
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, fault));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.fault.response_rl_injected");
        await client.ReadResponseAsync(toHead: true);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_active", v => v == 0);
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        var received = new List<byte>(await client.ReadExactlyAsync(1024));
        for (var i = 0; i < 3; i++)
        {
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_active"], Is.EqualTo(1), "the rest waits");
            await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(64));
            received.AddRange(await client.ReadExactlyAsync(1024));
        }

        Assert.That(received, Is.EqualTo(body));
        await proxy.WaitForAsync("http.ingress.downstream_rq_active", v => v == 0);
        Assert.That(proxy.Statistics["http.ingress.fault.active_faults"], Is.Zero);
    }

    [Test]
    public async Task ResponseRateLimit_KeepsTrailersBehindTheBody_AndHoldsTheUpstream()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.ChunkedWithTrailers([new string('a', 3000)], ("x-end", "1")));
        var fault = new FaultOptions { ResponseRateLimit = new FaultRateLimitConfig { LimitKbps = 16, Percentage = All } };
        var options = With(Name, fault);
        await using var proxy = await TestProxy.ForwardTo(upstream, options with
        {
            ConfigureHttp = h => options.ConfigureHttp!(h) with { EnableTrailers = true },
            Configure = c => c with { Listeners = [c.Listeners[0] with { PerConnectionBufferLimitBytes = 1000 }] },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.fault.response_rl_injected");
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_paused_reading_total");
        var response = client.ReadResponseAsync();
        for (var i = 0; i < 20 && !response.IsCompleted; i++)
            await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(64));
        Assert.That(((await response).Body.Length, (await response).Trailers["x-end"]), Is.EqualTo((3000, "1")));
    }

    private static IEnumerable<FaultOptions> NotMeant()
    {
        yield return Abort418 with { UpstreamCluster = "another" };
        yield return Abort418 with { DownstreamNodes = ["me"] };
        yield return Abort418 with { Headers = [new HeaderMatcherConfig("x-fault")] };
        yield return Abort418 with { Abort = Abort418.Abort! with { Percentage = new FractionalPercentConfig(0) } };
        yield return new FaultOptions();
    }
}
