using Envoy.Filters.Network.TcpProxy;
using Envoy.Stats;

namespace Envoy.Filters.Tests.Network.TcpProxy;

internal sealed class TcpProxyStatsTests
{
    [Test]
    public void Stats_OfTwoWorkers_ShareTheirNames()
    {
        var store = new StatsStore(2);
        using var scope = store.Scope("tcp.t");
        for (var shard = 0; shard < 2; shard++)
        {
            var stats = new TcpProxyStats(scope, shard);
            stats.DownstreamCxTotal.Inc();
            stats.UpstreamFlushActive.Inc();
        }

        Assert.That(store.Counter("tcp.t.downstream_cx_total").Value, Is.EqualTo(2));
        Assert.That(store.Gauge("tcp.t.upstream_flush_active").Value, Is.EqualTo(2));
        Assert.That(store.Snapshot().Counters, Has.Count.EqualTo(14));
    }
}
