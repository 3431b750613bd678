using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Statistics of virtual clusters and of routes with a prefix, and the times that a route or a gRPC client sets.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class RouteStatisticsTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task VirtualClustersAndRoutes_AreCounted()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(503, "no"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { RetryPolicy = new RetryPolicyConfig { RetryOn = "5xx", BackOffBaseInterval = TimeSpan.FromMilliseconds(1) } },
            ConfigureHttp = h => h with
            {
                RouteConfig = h.RouteConfig with
                {
                    VirtualHosts =
                    [
                        h.RouteConfig.VirtualHosts[0] with
                        {
                            Name = "shop",
                            VirtualClusters = [new VirtualClusterConfig("users") { Headers = [new HeaderMatcherConfig(":path") { StringMatch = new StringMatcherConfig(StringMatchKind.Prefix, "/users") }] }],
                            Routes = [h.RouteConfig.VirtualHosts[0].Routes[0] with { StatPrefix = "all" }],
                        },
                    ],
                },
            },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET /users/1 HTTP/1.1\r\nhost: test\r\n\r\n");
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(100));
        await client.ReadResponseAsync();
        await client.ExchangeAsync("GET /other HTTP/1.1\r\nhost: test\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["vhost.shop.vcluster.users.upstream_rq_total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["vhost.shop.vcluster.users.upstream_rq_retry"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["vhost.shop.vcluster.users.upstream_rq_retry_success"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["vhost.shop.vcluster.users.upstream_rq_200"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["vhost.shop.vcluster.other.upstream_rq_2xx"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["vhost.shop.route.all.upstream_rq_total"], Is.EqualTo(2));
            Assert.That(proxy.Statistics["vhost.shop.route.all.upstream_rq_completed"], Is.EqualTo(2));
        }
    }

    [TestCase(null, 5, null, 5000)]
    [TestCase(3, 5, null, 3000)]
    [TestCase(0, 5, null, 0)]
    [TestCase(null, null, null, 0)]
    [TestCase(3, 5, "2S", 2000)]
    [TestCase(3, 5, "1M", 10_000, Description = "grpc_timeout_header_max")]
    public async Task StreamDuration_IsTheRoutesOrTheClientsOrTheManagers(int? route, int? manager, string? grpc, int expected)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with
            {
                Timeout = TimeSpan.Zero,
                MaxStreamDuration = route is null ? null : new MaxStreamDurationConfig { MaxStreamDuration = TimeSpan.FromSeconds(route.Value), GrpcTimeoutHeaderMax = TimeSpan.FromSeconds(10) },
            },
            ConfigureHttp = h => h with { MaxStreamDuration = manager is null ? null : TimeSpan.FromSeconds(manager.Value) },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nhost: test\r\n{(grpc is null ? "" : $"content-type: application/grpc\r\ngrpc-timeout: {grpc}\r\n")}\r\n");
        await upstream.ReceivedAsync();
        if (expected == 0)
        {
            await proxy.AdvanceAsync(TimeSpan.FromMinutes(4));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_active"], Is.EqualTo(1));
            return;
        }

        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(expected - 100));
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_active"], Is.EqualTo(1));
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(200));
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(grpc is null ? 504 : 200));
            if (grpc is null)
                Assert.That(response.BodyText, Is.EqualTo("downstream duration timeout"));
            else
                Assert.That(response.Headers["grpc-status"], Is.EqualTo("4"));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_max_duration_reached"], Is.EqualTo(1));
        }

        Assert.That((await proxy.AccessLog.NextAsync()).Details, Is.EqualTo("max_duration_timeout"));
    }

    [TestCase("5S", "4800", "4800m")]
    [TestCase("1H", "10000", "10000m")]
    [TestCase(null, "10000", "10000m", Description = "0 is no limit, and capped")]
    [TestCase("100m", "100", "100m", Description = "an offset that would leave nothing is not taken off")]
    [TestCase("1500u", "2", "2m")]
    public async Task GrpcTimeout_IsCappedAndPassedOn(string? asked, string expected, string header)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { MaxGrpcTimeout = TimeSpan.FromSeconds(10), GrpcTimeoutOffset = TimeSpan.FromMilliseconds(200) },
        });
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n{(asked is null ? "" : $"grpc-timeout: {asked}\r\n")}\r\n");
        var request = await upstream.ReceivedAsync();
        Assert.That((request.Headers["x-envoy-expected-rq-timeout-ms"], request.Headers["grpc-timeout"]), Is.EqualTo((expected, header)));
    }
}
