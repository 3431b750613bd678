using System.Collections.Immutable;
using Envoy.Clusters.Hosts;

namespace Envoy.Clusters.Pools;

/// <summary>One worker's HTTP pools of a cluster, one for each host, protocol and priority. Worker-owned.</summary>
internal sealed class HttpPools : IHostObserver
{
    // By protocol and priority; most clusters use one of the four.
    private readonly Dictionary<Host, IHttpPool>[] _pools = [[], [], [], []];
    private readonly Cluster _cluster;

    private HttpPools(Cluster cluster)
    {
        _cluster = cluster;
        cluster.AddObserver(this);
    }

    public static HttpPools Of(Cluster cluster) => cluster.Local(static c => new HttpPools(c));

    /// <summary>The host's pool, made when it is first asked for; requests of high priority have one of their own.</summary>
    public IHttpPool For(Host host, bool http2, bool highPriority)
    {
        var pools = _pools[(http2 ? 2 : 0) + (highPriority ? 1 : 0)];
        if (pools.TryGetValue(host, out var pool))
            return pool;
        var limits = highPriority ? _cluster.Snapshot.HighPriorityLimits : _cluster.Limits;
        pool = http2 ? new Http2Pool(_cluster, host, limits) : new Http1Pool(_cluster, host, limits);
        pools.Add(host, pool);
        return pool;
    }

    /// <summary>A host that is gone finishes what it has and gets nothing new.</summary>
    public void OnHostsRemoved(Cluster cluster, ImmutableArray<Host> hosts)
    {
        foreach (var host in hosts)
        {
            foreach (var pools in _pools)
            {
                if (pools.Remove(host, out var pool))
                    pool.Drain();
            }
        }
    }
}
