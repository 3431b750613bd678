using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.Forwarding;
using Envoy.Listeners;
using Envoy.Proxy;
using Envoy.Stats;

namespace Envoy.Core.Tests.Stats;

internal sealed class StatGroupTests
{
    [Test]
    public void Groups_MadeOnEveryShard_ShareTheirNames()
    {
        var store = new StatsStore(2);
        using var listener = store.Scope("listener.127.0.0.1:80");
        using var cluster = store.Scope("cluster.c");
        using var http = store.Scope("http.ingress");
        for (var shard = 0; shard < store.ShardCount; shard++)
        {
            var listenerStats = new ListenerStats(listener, shard);
            listenerStats.DownstreamCxTotal.Inc();
            listenerStats.WorkerDownstreamCxTotal.Inc();
            new ClusterTrafficStats(cluster, shard).UpstreamCxTotal.Inc();
            _ = new ClusterLoadBalancerStats(cluster, shard);
            new HttpConnectionManagerStats(http, shard).DownstreamRqTotal.Inc();
            new RouterStats(http, shard).NoRoute.Inc();
            new HttpListenerStats(listener.Scope("http.ingress"), shard).ChargeResponse(404);
        }

        Assert.Multiple(() =>
        {
            Assert.That(Value("listener.127.0.0.1_80.downstream_cx_total"), Is.EqualTo(3));
            Assert.That(Value("listener.127.0.0.1_80.worker_1.downstream_cx_total"), Is.EqualTo(1));
            Assert.That(Value("listener.127.0.0.1_80.main_thread.downstream_cx_total"), Is.EqualTo(1));
            Assert.That(Value("listener.127.0.0.1_80.http.ingress.downstream_rq_4xx"), Is.EqualTo(3));
            Assert.That(Value("cluster.c.upstream_cx_total"), Is.EqualTo(3));
            Assert.That(Value("http.ingress.downstream_rq_total"), Is.EqualTo(3));
            Assert.That(Value("http.ingress.no_route"), Is.EqualTo(3));
            Assert.That(Value("http.ingress.tracing.health_check"), Is.Zero);
        });

        long Value(string name) => store.Snapshot().Counters.Single(counter => counter.Name == name).Value;
    }

    [Test]
    public void HttpConnectionManager_Charge_CountsTheClass()
    {
        var store = new StatsStore(1);
        var stats = new HttpConnectionManagerStats(store.Scope("http.p"), 0);
        foreach (var code in new[] { 100, 200, 204, 301, 404, 503, 999 })
            stats.ChargeResponse(code);
        Assert.That(
            (stats.DownstreamRq1xx.Value, stats.DownstreamRq2xx.Value, stats.DownstreamRq3xx.Value, stats.DownstreamRq4xx.Value, stats.DownstreamRq5xx.Value),
            Is.EqualTo((1L, 2L, 1L, 1L, 1L)));
        Assert.That(stats.DownstreamRqCompleted.Value, Is.EqualTo(7));
    }

    [Test]
    public void Cluster_Responses_AreNamedByCodeWhenSeen()
    {
        var store = new StatsStore(1);
        var stats = new ClusterTrafficStats(store.Scope("cluster.c"), 0);
        Assert.That(Named("upstream_rq_2"), Is.Empty);
        foreach (var code in new[] { 200, 200, 503, 100, 599, 404, 201, 99, 600, -1, int.MinValue })
            stats.ChargeResponse(code, internalRequest: false, canary: false, withCode: true);
        stats.ChargeResponse(200, internalRequest: true, canary: false, withCode: true);
        stats.ChargeResponseTime(12, internalRequest: false, canary: false);

        Assert.Multiple(() =>
        {
            Assert.That(Value("upstream_rq_completed"), Is.EqualTo(12));
            Assert.That(Value("upstream_rq_200"), Is.EqualTo(3));
            Assert.That(Value("upstream_rq_2xx"), Is.EqualTo(4));
            Assert.That(Value("upstream_rq_1xx"), Is.EqualTo(1));
            Assert.That(Value("upstream_rq_599"), Is.EqualTo(1));
            Assert.That(Value("upstream_rq_unknown"), Is.EqualTo(4));
            Assert.That(Value("external.upstream_rq_200"), Is.EqualTo(2));
            Assert.That(Value("internal.upstream_rq_200"), Is.EqualTo(1));
            Assert.That(Named("upstream_rq_6"), Is.Empty);
            Assert.That(store.Snapshot().Histograms.Select(histogram => histogram.Name), Does.Contain("cluster.c.external.upstream_rq_time"));
        });

        long Value(string name) => store.Snapshot().Counters.Single(counter => counter.Name == "cluster.c." + name).Value;
        IEnumerable<string> Named(string part)
            => store.Snapshot().Counters.Select(counter => counter.Name).Where(name => name.Contains(part, StringComparison.Ordinal));
    }

    [Test]
    public void Cluster_KnownCode_AllocatesNothing()
    {
        var stats = new ClusterTrafficStats(new StatsStore(1).Scope("cluster.c"), 0);
        Charge();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Charge();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Charge()
        {
            stats.ChargeResponse(200, internalRequest: true, canary: false, withCode: true);
            stats.ChargeResponse(503, internalRequest: false, canary: false, withCode: true);
            stats.ChargeResponseTime(7, internalRequest: false, canary: false);
        }
    }

    [Test]
    public void Server_Groups_HaveEnvoysNames()
    {
        var store = new StatsStore(1);
        var server = new ServerStats(store.Scope("server"), store.MainShard);
        server.Refresh(TimeSpan.FromSeconds(90.9));
        server.Live.Set(1);
        new ListenerManagerStats(store.Scope("listener_manager"), store.MainShard).TotalListenersActive.Set(2);
        new ClusterManagerStats(store.Scope("cluster_manager"), store.MainShard).ActiveClusters.Set(3);
        new ClusterMembershipStats(store.Scope("cluster.c"), store.MainShard).MembershipTotal.Set(4);
        new CircuitBreakerStats(store.Scope("cluster.c"), "default").RqOpen.Set(1);
        var gauges = store.Snapshot().Gauges.ToDictionary(gauge => gauge.Name, gauge => gauge.Value);
        Assert.Multiple(() =>
        {
            Assert.That(gauges["server.uptime"], Is.EqualTo(90));
            Assert.That(gauges["server.memory_allocated"], Is.Positive);
            Assert.That(gauges["server.memory_physical_size"], Is.Positive);
            Assert.That(gauges["listener_manager.total_listeners_active"], Is.EqualTo(2));
            Assert.That(gauges["cluster_manager.active_clusters"], Is.EqualTo(3));
            Assert.That(gauges["cluster.c.membership_total"], Is.EqualTo(4));
            Assert.That(gauges["cluster.c.circuit_breakers.default.rq_open"], Is.EqualTo(1));
        });
    }
}
