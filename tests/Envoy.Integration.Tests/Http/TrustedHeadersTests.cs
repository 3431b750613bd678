using Envoy.ConnectionManager;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>The <c>x-envoy-</c> headers by which a client from inside says how its request is to be forwarded; from outside they mean nothing.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class TrustedHeadersTests(EngineKind engine) : HttpFixture(engine)
{
    private static readonly TestCaseData[] Reasons =
    [
        Reason("x-envoy-retry-on: 5xx", Answers.Status(500)),
        Reason("x-envoy-retry-on: gateway-error", Answers.Status(502)),
        Reason("x-envoy-retry-on: reset", Answers.Close()),
        Reason("x-envoy-retry-on: retriable-4xx", Answers.Status(409)),
        Reason("x-envoy-retry-on: retriable-status-codes\r\nx-envoy-retriable-status-codes: 417, 418", Answers.Status(418)),
        Reason("x-envoy-retry-on: retriable-headers\r\nx-envoy-retriable-header-names: x-other, x-again", Answers.Status(200, "", ("x-again", "1"))),
        Reason("x-envoy-retry-grpc-on: unavailable", Answers.Status(200, "", ("grpc-status", "14"))),
        Reason("x-envoy-retry-grpc-on: cancelled,internal", Answers.Status(200, "", ("grpc-status", "13"))),
    ];

    [TestCaseSource(nameof(Reasons))]
    public async Task RetryHeaders_FromInside_AreObeyed(string headers, UpstreamHandler bad)
    {
        await using var upstream = new FakeUpstream().AnswerNext(bad);
        await using var proxy = await TestProxy.ForwardTo(upstream, Inside());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Request(headers));
        await BackOff(proxy, 1);
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("ok"));
        var again = await upstream.ReceivedAsync(2);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.Headers.Contains("x-envoy-retry-on"), Is.False, "the next proxy does not obey it again");
            Assert.That(again.Headers.Contains("x-envoy-retry-grpc-on"), Is.False);
        }

        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
    }

    [TestCaseSource(nameof(Reasons))]
    public async Task RetryHeaders_FromOutside_AreTakenOff(string headers, UpstreamHandler bad)
    {
        await using var upstream = new FakeUpstream().AnswerNext(bad);
        await using var proxy = await TestProxy.ForwardTo(upstream, Outside());
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Request(headers));
        var request = (await upstream.ReceivedAsync()).Headers;
        Assert.That(upstream.Requests, Has.Count.EqualTo(1));
        foreach (var line in headers.Split("\r\n"))
            Assert.That(request.Contains(line.Split(':')[0]), Is.False, line);
    }

    [Test]
    public async Task MaxRetries_FromInside_IsTheLimit()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(503));
        await using var proxy = await TestProxy.ForwardTo(upstream, Inside());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Request("x-envoy-retry-on: 5xx\r\nx-envoy-max-retries: 2"));
        await BackOff(proxy, 1);
        await BackOff(proxy, 2);
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(503));
        await AssertLogged(proxy, 503, ResponseFlags.UpstreamRetryLimitExceeded, "via_upstream");
        Assert.That(upstream.Requests, Has.Count.EqualTo(3));
    }

    [TestCase("", 504, ResponseFlags.UpstreamRequestTimeout)]
    [TestCase("\r\nx-envoy-upstream-rq-timeout-alt-response: 1", 204, ResponseFlags.UpstreamRequestTimeout)]
    public async Task Timeout_FromInside_IsTheRoutes(string more, int status, ResponseFlags flags)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Inside());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Request("x-envoy-upstream-rq-timeout-ms: 3000" + more));
        Assert.That((await upstream.ReceivedAsync()).Headers["x-envoy-expected-rq-timeout-ms"], Is.EqualTo("3000"));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(3));
        var response = await client.ReadResponseAsync();
        Assert.That((response.Status, response.BodyText), Is.EqualTo((status, status == 204 ? "" : "upstream request timeout")));
        await AssertLogged(proxy, status, flags, "upstream_response_timeout");
        Assert.That(proxy.Statistics[$"cluster.upstream.upstream_rq_{status}"], Is.EqualTo(1));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task PerTryTimeout_FromInside_IsRetried()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Inside());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Request("x-envoy-retry-on: 5xx\r\nx-envoy-upstream-rq-per-try-timeout-ms: 1000"));
        Assert.That((await upstream.ReceivedAsync()).Headers["x-envoy-expected-rq-timeout-ms"], Is.EqualTo("1000"));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        await BackOff(proxy, 1);
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_per_try_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task Hedge_FromInside_LetsTheFirstTryGoOn()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Never(), Answers.Ok("second"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Inside());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Request("x-envoy-retry-on: 5xx\r\nx-envoy-upstream-rq-per-try-timeout-ms: 1000\r\nx-envoy-hedge-on-per-try-timeout: true"));
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry");
        Assert.That(upstream.OpenConnections, Is.EqualTo(1), "the first try goes on");
        await BackOff(proxy, 1);
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("second"));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Times_FromOutside_AreTakenOff()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Outside());
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Request("x-envoy-upstream-rq-timeout-ms: 1\r\nx-envoy-upstream-rq-per-try-timeout-ms: 1\r\nx-envoy-upstream-rq-timeout-alt-response: 1\r\nx-envoy-hedge-on-per-try-timeout: true"));
        var headers = (await upstream.ReceivedAsync()).Headers;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(headers["x-envoy-expected-rq-timeout-ms"], Is.EqualTo("15000"));
            Assert.That(headers.Contains("x-envoy-upstream-rq-timeout-ms"), Is.False);
            Assert.That(headers.Contains("x-envoy-upstream-rq-per-try-timeout-ms"), Is.False);
            Assert.That(headers.Contains("x-envoy-upstream-rq-timeout-alt-response"), Is.False);
            Assert.That(headers.Contains("x-envoy-hedge-on-per-try-timeout"), Is.False);
        }
    }

    private static async Task BackOff(TestProxy proxy, int retry)
    {
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry", v => v == retry);
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(250));
    }

    private static string Request(string headers) => $"GET / HTTP/1.1\r\nhost: test\r\n{headers}\r\n\r\n";

    private static TestCaseData Reason(string headers, UpstreamHandler answer) => new TestCaseData(headers, answer).SetArgDisplayNames(headers.Replace("\r\n", ", ", StringComparison.Ordinal));

    private TestProxyOptions Inside() => Edge("127.0.0.0");

    private TestProxyOptions Outside() => Edge("10.0.0.0");

    private TestProxyOptions Edge(string inside) => Options with
    {
        ConfigureHttp = h => h with { UseRemoteAddress = true, InternalAddresses = new() { CidrRanges = [new CidrRangeConfig(inside, 8)] } },
    };
}
