using System.Collections.Immutable;
using Envoy.Clusters.Hosts;

namespace Envoy.Clusters.Pools;

/// <summary>One worker's HTTP/1 pools of a cluster, one per host. Worker-owned.</summary>
internal sealed class Http1Pools : IHostObserver
{
    private readonly Cluster _cluster;
    private readonly Dictionary<Host, Http1Pool> _pools = [];

    private Http1Pools(Cluster cluster)
    {
        _cluster = cluster;
        cluster.AddObserver(this);
    }

    public static Http1Pools Of(Cluster cluster) => cluster.Local(static c => new Http1Pools(c));

    public Http1Pool For(Host host)
    {
        if (_pools.TryGetValue(host, out var pool))
            return pool;
        pool = new Http1Pool(_cluster, host);
        _pools.Add(host, pool);
        return pool;
    }

    /// <summary>A host that is gone finishes what it has and gets nothing new.</summary>
    public void OnHostsRemoved(Cluster cluster, ImmutableArray<Host> hosts)
    {
        foreach (var host in hosts)
        {
            if (_pools.Remove(host, out var pool))
                pool.Drain();
        }
    }
}
