using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The fault filter delays, answers and slows down whom it is told to, and counts it.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class FaultFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string All = "percentage: { numerator: 100 }";
    private const string Type = "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault";
    private static readonly TimeSpan AMillisecond = TimeSpan.FromMilliseconds(1);

    [Test]
    public async Task Delay_HoldsTheRequestForItsTime()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await Start(upstream, Filter($"delay: {{ fixed_delay: 2s, {All} }}"));
        using var client = await proxy.ConnectAsync();
        // Twice, so that the pooled filter is seen to be clean.
        for (var i = 1; i <= 2; i++)
        {
            await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\nbody");
            await proxy.WaitForAsync("http.ingress.fault.delays_injected", i);
            Assert.That(proxy.Statistics["http.ingress.fault.active_faults"], Is.EqualTo(1));
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(2) - AMillisecond);
            Assert.That(upstream.Requests, Has.Count.EqualTo(i - 1), "not yet");
            await proxy.AdvanceAsync(AMillisecond);
            Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("body"));
            await AssertLogged(proxy, 200, ResponseFlags.DelayInjected, "via_upstream");
            Assert.That(proxy.Statistics["http.ingress.fault.active_faults"], Is.Zero);
        }

        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Delay_ClientThatLeaves_IsForgotten()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"delay: {{ fixed_delay: 2s, {All} }}"));
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Get);
            await proxy.WaitForAsync("http.ingress.fault.delays_injected");
        }

        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http.ingress.fault.active_faults"], Is.Zero);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(3));
        Assert.That(upstream.Connections, Is.Empty);
    }

    [Test]
    public async Task Abort_WithAStatus_AnswersAtOnce()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"abort: {{ http_status: 429, {All} }}"));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(429));
            Assert.That(response.BodyText, Is.EqualTo("fault filter abort"));
            Assert.That(upstream.Connections, Is.Empty);
            Assert.That(proxy.Statistics["http.ingress.fault.aborts_injected"], Is.EqualTo(1));
        }

        await AssertLogged(proxy, 429, ResponseFlags.FaultInjected, "fault_filter_abort");
        Assert.That(proxy.Statistics["http.ingress.fault.active_faults"], Is.Zero);
    }

    [Test]
    public async Task Delay_ThenAbort_BothHappen()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"delay: {{ fixed_delay: 1s, {All} }}, abort: {{ http_status: 503, {All} }}"));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.fault.delays_injected");
        Assert.That(proxy.Statistics["http.ingress.fault.aborts_injected"], Is.Zero);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(503));
        await AssertLogged(proxy, 503, ResponseFlags.DelayInjected | ResponseFlags.FaultInjected, "fault_filter_abort");
    }

    [TestCase("content-type: application/grpc\r\n", true)]
    [TestCase("", false)]
    public async Task Abort_WithAGrpcStatus_TellsAGrpcClient(string header, bool isGrpc)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"abort: {{ grpc_status: 5, {All} }}"));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\n{header}\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Headers["grpc-status"], Is.EqualTo(isGrpc ? "5" : null));
            Assert.That(isGrpc ? response.Headers["grpc-message"] : response.BodyText, Is.EqualTo("fault filter abort"));
        }
    }

    [TestCase("x-envoy-fault-abort-request: 418\r\n", 418)]
    [TestCase("x-envoy-fault-abort-request: 600\r\n", 200)]
    [TestCase("x-envoy-fault-abort-request: 4x8\r\n", 200)]
    [TestCase("x-envoy-fault-abort-request: 418\r\nx-envoy-fault-abort-request-percentage: 0\r\n", 200)]
    [TestCase("x-envoy-fault-abort-request: 418\r\nx-envoy-fault-abort-request-percentage: 1000\r\n", 418)]
    [TestCase("", 200)]
    public async Task HeaderAbort_IsWhatTheRequestAsksFor(string headers, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"abort: {{ header_abort: {{}}, {All} }}"));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\n{headers}\r\n")).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task HeaderAbort_WithAGrpcStatus_IsTheAnswer()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"abort: {{ header_abort: {{}}, {All} }}"));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\ncontent-type: application/grpc\r\nx-envoy-fault-abort-grpc-request: 7\r\n\r\n");
        Assert.That(response.Headers["grpc-status"], Is.EqualTo("7"));
    }

    [Test]
    public async Task HeaderDelay_IsWhatTheRequestAsksFor()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"delay: {{ header_delay: {{}}, {All} }}"));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200), "nothing asked for");
        await client.SendAsync("GET / HTTP/1.1\r\nhost: test\r\nx-envoy-fault-delay-request: 300\r\n\r\n");
        await proxy.WaitForAsync("http.ingress.fault.delays_injected");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(299));
        Assert.That(upstream.Requests, Has.Count.EqualTo(1));
        await proxy.AdvanceAsync(AMillisecond);
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Percentage_NotGiven_IsNone()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("abort: { http_status: 503 }, delay: { fixed_delay: 5s }"));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Percentage_OfHalf_HitsAboutHalf()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("abort: { http_status: 503, percentage: { numerator: 5000, denominator: TEN_THOUSAND } }"));
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 100; i++)
            await client.ExchangeAsync(Get);
        // The seed is fixed, so the draw is the same every time.
        Assert.That(proxy.Statistics["http.ingress.fault.aborts_injected"], Is.InRange(30, 70));
    }

    [TestCase("upstream_cluster: upstream", "", 503)]
    [TestCase("upstream_cluster: other", "", 200)]
    [TestCase("headers: [ { name: x-who, string_match: { exact: me } } ]", "x-who: me\r\n", 503)]
    [TestCase("headers: [ { name: x-who, string_match: { exact: me } } ]", "x-who: you\r\n", 200)]
    [TestCase("downstream_nodes: [ a, b ]", "x-envoy-downstream-service-node: b\r\n", 503)]
    [TestCase("downstream_nodes: [ a, b ]", "x-envoy-downstream-service-node: c\r\n", 200)]
    [TestCase("downstream_nodes: [ a, b ]", "", 200)]
    public async Task Condition_DecidesWhomItConcerns(string condition, string headers, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"{condition}, abort: {{ http_status: 503, {All} }}"));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\n{headers}\r\n")).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task MaxActiveFaults_Reached_LetsOthersPass()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"max_active_faults: 1, delay: {{ fixed_delay: 2s, {All} }}"));
        using var first = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.fault.active_faults");
        using var second = await proxy.ConnectAsync();
        Assert.That((await second.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That(proxy.Statistics["http.ingress.fault.faults_overflow"], Is.EqualTo(1));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.That((await first.ReadResponseAsync()).Status, Is.EqualTo(200));
        await second.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.fault.delays_injected", 2);
    }

    [TestCase("fault.http.abort.abort_percent: 0", "", 200)]
    [TestCase("fault.http.abort.http_status: 418", "", 418)]
    [TestCase("fault.http.abort.http_status: 42", "", 503)]
    [TestCase("fault.http.max_active_faults: 0", "", 200)]
    [TestCase("my.key: 0", "abort_percent_runtime: my.key, ", 200)]
    [TestCase("my.key: 429", "abort_http_status_runtime: my.key, ", 429)]
    public async Task RuntimeKey_Overrides(string key, string fields, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream, Filter($"{fields}abort: {{ http_status: 503, {All} }}"), top: $"layered_runtime: {{ layers: [ {{ name: s, static_layer: {{ {key} }} }} ] }}");
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task RuntimeKey_OfTheDelay_Overrides()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream, Filter($"delay: {{ fixed_delay: 5s, {All} }}"), top: "layered_runtime: { layers: [ { name: s, static_layer: { fault.http.delay.fixed_duration_ms: 10 } } ] }");
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.fault.delays_injected");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(10));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
    }

    [TestCase("a", 418, 1)]
    [TestCase("b", 503, 0)]
    public async Task DownstreamCluster_HasKeysAndStatisticsOfItsOwn(string cluster, int status, int counted)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream, Filter($"abort: {{ http_status: 503, {All} }}"), top: "layered_runtime: { layers: [ { name: s, static_layer: { fault.http.a.abort.http_status: 418 } } ] }");
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\nx-envoy-downstream-service-cluster: {cluster}\r\n\r\n")).Status, Is.EqualTo(status));
        Assert.That(proxy.Statistics["http.ingress.fault.a.aborts_injected"], Is.EqualTo(counted));
    }

    [TestCase(128, 1)]
    [TestCase(129, 0)]
    public async Task DownstreamCluster_WithANameThatIsNone_IsNotCounted(int length, int counted)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"abort: {{ http_status: 503, {All} }}"));
        using var client = await proxy.ConnectAsync();
        var name = new string('n', length);
        Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\nx-envoy-downstream-service-cluster: {name}\r\n\r\n")).Status, Is.EqualTo(503));
        Assert.That(proxy.Statistics[$"http.ingress.fault.{name}.aborts_injected"], Is.EqualTo(counted));
        Assert.That(proxy.Statistics["http.ingress.fault.aborts_injected"], Is.EqualTo(1));
    }

    [Test]
    public async Task Route_WithAFaultOfItsOwn_ReplacesTheFilters()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream,
            Filter($"abort: {{ http_status: 503, {All} }}"),
            $$"""
            { match: { prefix: /own }, route: { cluster: upstream }, typed_per_filter_config: { envoy.filters.http.fault: { "@type": {{Type}}, abort: { http_status: 418, {{All}} } } } },
            { match: { prefix: /none }, route: { cluster: upstream }, typed_per_filter_config: { envoy.filters.http.fault: { "@type": {{Type}} } } },
            {{ForwardAll}}
            """);
        using var client = await proxy.ConnectAsync();
        foreach (var (path, status) in new[] { ("/own", 418), ("/none", 200), ("/", 503) })
            Assert.That((await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")).Status, Is.EqualTo(status), path);
    }

    [Test]
    public async Task ResponseRateLimit_LetsTheBodyOutWithTime()
    {
        // 20 KiB a second, of which each 50 ms bring 1 KiB.
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new string('x', 4096)));
        await using var proxy = await Start(upstream, Filter($"response_rate_limit: {{ fixed_limit: {{ limit_kbps: 20 }}, {All} }}"));
        using var client = await proxy.ConnectAsync();
        long sent;
        for (var i = 1; i <= 2; i++)
        {
            await client.SendAsync(Get);
            var head = await client.ReadResponseAsync(toHead: true);
            Assert.That(head.Headers["content-length"], Is.EqualTo("4096"));
            // The client may see the head before the worker has counted it.
            await proxy.TurnAsync();
            sent = proxy.Statistics["http.ingress.downstream_cx_tx_bytes_total"];
            Assert.That(proxy.Statistics["http.ingress.fault.response_rl_injected"], Is.EqualTo(i));
            // The first look is a millisecond late, which brings 20 bytes more.
            await proxy.AdvanceAsync(AMillisecond);
            foreach (var count in new[] { 1044, 1024, 1024 })
            {
                Assert.That(await client.ReadExactlyAsync(count), Has.Length.EqualTo(count));
                await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(49));
                sent += count;
                Assert.That(proxy.Statistics["http.ingress.downstream_cx_tx_bytes_total"], Is.EqualTo(sent), "no more than that");
                await proxy.AdvanceAsync(AMillisecond);
            }

            Assert.That(await client.ReadExactlyAsync(1004), Has.Length.EqualTo(1004));
            sent += 1004;
        }

        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http.ingress.fault.active_faults"], Is.Zero);
    }

    [Test]
    public async Task ResponseRateLimit_Trailers_ComeLast()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.ChunkedWithTrailers([new string('x', 3000)], ("x-trailer", "1")));
        await using var proxy = await Start(upstream, Filter($"response_rate_limit: {{ header_limit: {{}}, {All} }}"));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nhost: test\r\nx-envoy-fault-throughput-response: 20\r\n\r\n");
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_200");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(50));
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_active"], Is.EqualTo(1));
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(50));
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(50));
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Body, Has.Length.EqualTo(3000));
            Assert.That(response.Trailers["x-trailer"], Is.EqualTo("1"));
        }
    }

    [Test]
    public async Task ResponseRateLimit_FastUpstream_IsHeldBack()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new string('x', 4_000_000)));
        await using var proxy = await Start(upstream, Filter($"response_rate_limit: {{ fixed_limit: {{ limit_kbps: 20000 }}, {All} }}"), options: Options with
        {
            Configure = p => p with { Listeners = [p.Listeners[0] with { PerConnectionBufferLimitBytes = 10_000 }] },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_paused_reading_total");
        var reading = client.ReadResponseAsync();
        while (!reading.IsCompleted)
            await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(50));
        Assert.That((await reading).Body, Has.Length.EqualTo(4_000_000));
        await AssertQuiet(proxy);
    }

    private static string Filter(string fields) => $$"""{ name: envoy.filters.http.fault, typed_config: { "@type": {{Type}}, {{fields}} } }""";
}
