using System.Collections.Immutable;
using Envoy.Clusters.Hosts;

namespace Envoy.Clusters.Pools;

/// <summary>One worker's HTTP/1 pools of a cluster, one per host and priority. Worker-owned.</summary>
internal sealed class Http1Pools : IHostObserver
{
    private readonly Cluster _cluster;
    private readonly Dictionary<Host, Http1Pool> _pools = [];
    private readonly Dictionary<Host, Http1Pool> _highPriority = [];

    private Http1Pools(Cluster cluster)
    {
        _cluster = cluster;
        cluster.AddObserver(this);
    }

    public static Http1Pools Of(Cluster cluster) => cluster.Local(static c => new Http1Pools(c));

    /// <summary>The host's pool, made when it is first asked for; requests of high priority have one of their own.</summary>
    public Http1Pool For(Host host, bool highPriority)
    {
        var pools = highPriority ? _highPriority : _pools;
        if (pools.TryGetValue(host, out var pool))
            return pool;
        pool = new Http1Pool(_cluster, host, highPriority ? _cluster.Snapshot.HighPriorityLimits : _cluster.Limits);
        pools.Add(host, pool);
        return pool;
    }

    /// <summary>A host that is gone finishes what it has and gets nothing new.</summary>
    public void OnHostsRemoved(Cluster cluster, ImmutableArray<Host> hosts)
    {
        foreach (var host in hosts)
        {
            if (_pools.Remove(host, out var pool))
                pool.Drain();
            if (_highPriority.Remove(host, out pool))
                pool.Drain();
        }
    }
}
