using Envoy.Filters.Http.HealthCheck;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The health check filter: what others are told of this proxy and of what is behind it.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class HealthCheckFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string Name = "envoy.filters.http.health_check";
    private const string Check = "GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n";

    private static readonly HealthCheckOptions Here = new()
    {
        Headers = [new HeaderMatcherConfig(":path") { StringMatch = StringMatcherConfig.Exact("/healthz") }],
    };

    [Test]
    public async Task HealthCheck_IsAnsweredHere_AndCountsForNobody()
    {
        await using var upstream = new FakeUpstream();
        var options = With(Name, Here);
        await using var proxy = await TestProxy.ForwardTo(upstream, options with { Configure = c => c with { Node = new NodeConfig { Cluster = "mine" } } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Check);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Headers["x-envoy-upstream-healthchecked-cluster"], Is.EqualTo("mine"));
            Assert.That(upstream.Requests, Is.Empty);
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_2xx"], Is.Zero);
        }

        await AssertLogged(proxy, 200, ResponseFlags.None, "health_check_ok");
        Assert.That((await client.ExchangeAsync(Get)).Headers.Contains("x-envoy-upstream-healthchecked-cluster"), Is.False);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_2xx"], Is.EqualTo(1));
    }

    [TestCase("nobody", 1.0, 503, "health_check_no_cluster_found")]
    [TestCase("empty", 0.0, 200, "health_check_cluster_healthy")]
    [TestCase("empty", 1.0, 503, "health_check_cluster_empty")]
    [TestCase("upstream", 100.0, 200, "health_check_cluster_healthy")]
    public async Task Clusters_Decide(string cluster, double percentage, int status, string details)
    {
        await using var upstream = new FakeUpstream();
        var options = With(Name, Here with { ClusterMinHealthyPercentages = [new ClusterHealthConfig(cluster, percentage)] });
        await using var proxy = await TestProxy.ForwardTo(upstream, options with { Configure = c => c with { Clusters = [.. c.Clusters, new Clusters.ClusterConfig { Name = "empty" }] } });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Check)).Status, Is.EqualTo(status));
        await AssertLogged(proxy, status, status == 200 ? ResponseFlags.None : ResponseFlags.FailedLocalHealthCheck, details);
    }

    [Test]
    public async Task Admin_LetsHealthChecksFail_AndTheProxyDrains()
    {
        await using var upstream = new FakeUpstream();
        var options = With(Name, Here with { PassThroughMode = true });
        await using var proxy = await TestProxy.ForwardTo(upstream, options with { Configure = c => c with { Admin = new AdminConfig { Address = new SocketAddressConfig("127.0.0.1", 0) } } });
        using (var admin = await RawClient.ConnectAsync(proxy.Proxy.AdminAddress!))
            Assert.That((await admin.ExchangeAsync("POST /healthcheck/fail HTTP/1.1\r\nhost: a\r\n\r\n")).BodyText, Is.EqualTo("OK\n"));
        using (var client = await proxy.ConnectAsync())
        {
            var response = await client.ExchangeAsync(Check);
            Assert.That((response.Status, response.Headers["connection"]), Is.EqualTo((503, "close")));
        }

        await AssertLogged(proxy, 503, ResponseFlags.FailedLocalHealthCheck, "health_check_failed");
        using (var client = await proxy.ConnectAsync())
            Assert.That((await client.ExchangeAsync(Get)).Headers["x-envoy-immediate-health-check-fail"], Is.EqualTo("true"));

        using (var admin = await RawClient.ConnectAsync(proxy.Proxy.AdminAddress!))
            Assert.That((await admin.ExchangeAsync("POST /healthcheck/ok HTTP/1.1\r\nhost: a\r\n\r\n")).Status, Is.EqualTo(200));
        using (var client = await proxy.ConnectAsync())
            Assert.That((await client.ExchangeAsync(Check)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task PassThrough_WithCache_AsksTheUpstreamOnceInAWhile()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(207, "mine"));
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, Here with { PassThroughMode = true, CacheTime = TimeSpan.FromSeconds(10) }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Check)).BodyText, Is.EqualTo("mine"));
        Assert.That((await client.ExchangeAsync(Check)).Status, Is.EqualTo(207));
        await proxy.AccessLog.NextAsync();
        Assert.That((await proxy.AccessLog.NextAsync()).Details, Is.EqualTo("health_check_cached"));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(11));
        await client.ExchangeAsync(Check);
        Assert.That(upstream.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task HealthCheckWithABody_IsReadToItsEnd()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, Here));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync("POST /healthz HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nhello")).Status, Is.EqualTo(200));
        Assert.That((await client.ExchangeAsync(Check)).Status, Is.EqualTo(200), "the connection serves on");
    }
}
