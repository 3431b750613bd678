using Envoy.ConnectionManager;
using Envoy.FilterChains.Http;
using Envoy.Filters.Http.Router;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>What the connection manager and the cluster count, by Envoy's names.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class HttpStatisticsTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task Exchange_IsCountedOnBothSides()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using (var client = await proxy.ConnectAsync())
        {
            await client.ExchangeAsync(Get);
            await client.ExchangeAsync(Get);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(proxy.Statistics["http.ingress.downstream_cx_active"], Is.EqualTo(1));
                Assert.That(proxy.Statistics["http.ingress.downstream_cx_http1_active"], Is.EqualTo(1));
                Assert.That(proxy.Statistics["http.ingress.downstream_rq_http1_total"], Is.EqualTo(2));
                Assert.That(proxy.Statistics["http.ingress.downstream_rq_completed"], Is.EqualTo(2));
                Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_http1_total"], Is.EqualTo(1));
                Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_pending_total"], Is.EqualTo(1));
                Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_tx_bytes_total"], Is.GreaterThan(0));
                Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_completed"], Is.EqualTo(2));
            }
        }

        await proxy.WaitForAsync("http.ingress.downstream_cx_destroy");
        await proxy.WaitForAsync("http.ingress.downstream_cx_active", v => v == 0);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_destroy_remote"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_destroy_local"], Is.Zero);
    }

    [Test]
    public async Task ClientThatLeaves_WithARequestUnderWay_IsCountedAsSuch()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        client.Dispose();
        await AssertLogged(proxy, 0, ResponseFlags.DownstreamConnectionTermination, "downstream_remote_disconnect");
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_destroy_active_rq"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_destroy_remote_active_rq"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_destroy_local_active_rq"], Is.Zero);
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_rx_reset"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_tx_reset"], Is.EqualTo(1));
        }

        await proxy.WaitForAsync("cluster.upstream.upstream_cx_destroy_local_with_active_rq");
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_destroy_with_active_rq"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_destroy_local"], Is.EqualTo(1));
    }

    [Test]
    public async Task UpstreamConnection_ServesSoManyRequests_OrSoLong()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureCluster = c => c with { MaxRequestsPerConnection = 2, MaxConnectionDuration = TimeSpan.FromSeconds(10) },
        });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 3; i++)
            await client.ExchangeAsync(Get);
        Assert.That(upstream.Connections, Has.Count.EqualTo(2));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_max_requests"], Is.EqualTo(1));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        await upstream.EndedAsync(2);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_max_duration_reached"], Is.EqualTo(1));
        await AssertServes(proxy);
        Assert.That(upstream.Connections, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task RequestThatIsGivenUp_BeforeItsConnection_IsCancelled()
    {
        await using var upstream = FakeUpstream.ThatNeverAccepts();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_pending_active");
        client.Dispose();
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_cancelled");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task AbsolutePath_ThatAFilterMakes_IsRefused()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync("OPTIONS * HTTP/1.1\r\nhost: test\r\n\r\n")).Status, Is.EqualTo(404));
        await AssertLogged(proxy, 404, ResponseFlags.None, "absolute_path_rejected");
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_non_relative_path"], Is.EqualTo(1));
        Assert.That(upstream.Requests, Is.Empty);
        await AssertServes(proxy);
    }

    [Test]
    public async Task EnvoyHeaders_Suppressed_AreNotThere()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureHttp = h => h with { HttpFilters = [new HttpFilterConfig("envoy.filters.http.router", new RouterOptions { SuppressEnvoyHeaders = true })] },
            ConfigureRoute = r => r with { PrefixRewrite = "/new" },
        });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        var request = (await upstream.ReceivedAsync()).Headers;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers.Contains("x-envoy-upstream-service-time"), Is.False);
            Assert.That(request.Contains("x-envoy-expected-rq-timeout-ms"), Is.False);
            Assert.That(request.Contains("x-envoy-original-path"), Is.False);
        }
    }

    [TestCase("", "test", TestName = "StripMatchingPort_OfTheListener_IsTakenOff")]
    [TestCase("1", "test:1", TestName = "StripMatchingPort_AnotherOne_Stays")]
    public async Task StripMatchingPort(string port, string expected)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { StripMatchingHostPort = true } });
        using var client = await proxy.ConnectAsync();
        var given = port.Length == 0 ? proxy.Port.ToString(System.Globalization.CultureInfo.InvariantCulture) : port;
        await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test:{given}\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync()).Headers["host"], Is.EqualTo(expected));
    }

    [TestCase(503, 503)]
    [TestCase(200, 403)]
    public async Task Detection_ThatFails_IsAnsweredAsConfigured(int configured, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureHttp = h => h with { OriginalIpDetection = [new CustomHeaderDetectionConfig("x-real-ip") { RejectWithStatus = configured }] },
        });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(status));
        await AssertLogged(proxy, status, ResponseFlags.None, "rejecting_because_detection_failed");
    }
}
