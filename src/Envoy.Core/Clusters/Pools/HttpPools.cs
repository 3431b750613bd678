using System.Collections.Immutable;
using Envoy.Clusters.Hosts;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>
/// One worker's HTTP pools of a cluster, one for each host, protocol and priority; and, where TLS goes by the request's host, one for each of those hosts
/// as long as it has connections. Worker-owned.
/// </summary>
internal sealed class HttpPools : IHostObserver
{
    private const int Priorities = 2;

    // Envoy's: hosts that get a connection in advance for one request.
    private const int MostAhead = 3;

    // By protocol and priority; most clusters use one of the six.
    private readonly Dictionary<Host, IHostPool>[] _pools = [[], [], [], [], [], []];
    private readonly Dictionary<(Host Host, int Kind, ServerName Name), IHostPool> _named = [];
    private readonly Cluster _cluster;
    private readonly double _predictiveRatio;

    private HttpPools(Cluster cluster)
    {
        _cluster = cluster;
        _predictiveRatio = cluster.Snapshot.Config.Preconnect.PredictiveRatio;
        cluster.AddObserver(this);
    }

    /// <summary>Pools that there are for single hosts of requests.</summary>
    public int NamedCount => _named.Count;

    public static HttpPools Of(Cluster cluster) => cluster.Local(static c => new HttpPools(c));

    /// <summary>
    /// The host's pool for a request that is to begin, made when it is first asked for; requests of high priority have one of their own. Hosts that are to
    /// come next may get a connection in advance.
    /// </summary>
    public IHttpPool For(Host host, PoolKind kind, bool highPriority, ServerName? name = null)
    {
        if (_predictiveRatio > 1)
            PreconnectAhead(kind, highPriority, name);
        return Find(host, kind, highPriority, name);
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

        if (_named.Count == 0)
            return;
        foreach (var (key, pool) in _named.ToArray())
        {
            if (hosts.Contains(key.Host) && _named.Remove(key))
                pool.Drain();
        }
    }

    // For the whole cluster, with the request that is about to begin.
    private void PreconnectAhead(PoolKind kind, bool highPriority, ServerName? name)
    {
        for (var i = 0; i < MostAhead; i++)
        {
            var (demand, provision) = Sum();
            if ((demand + 1) * _predictiveRatio <= provision || _cluster.PeekHost() is not { } next || !Find(next, kind, highPriority, name).TryPreconnect(_predictiveRatio))
                return;
        }
    }

    private (long Demand, long Provision) Sum()
    {
        long demand = 0, provision = 0;
        foreach (var pools in _pools)
        {
            foreach (var pool in pools.Values)
                (demand, provision) = (demand + pool.Demand, provision + pool.Provision);
        }

        foreach (var pool in _named.Values)
            (demand, provision) = (demand + pool.Demand, provision + pool.Provision);
        return (demand, provision);
    }

    private IHostPool Find(Host host, PoolKind kind, bool highPriority, ServerName? name)
    {
        var index = ((int)kind * Priorities) + (highPriority ? 1 : 0);
        if (name is not null)
            return Named(host, kind, highPriority, (host, index, name));
        var pools = _pools[index];
        if (!pools.TryGetValue(host, out var pool))
            pools.Add(host, pool = Create(host, kind, highPriority, null));
        return pool;
    }

    private IHostPool Named(Host host, PoolKind kind, bool highPriority, (Host, int, ServerName) key)
    {
        if (_named.TryGetValue(key, out var pool))
            return pool;
        pool = Create(host, kind, highPriority, key.Item3);
        // Clients name hosts as they like: a pool is kept no longer than it is of use.
        pool.Emptied = () =>
        {
            if (_named.TryGetValue(key, out var current) && ReferenceEquals(current, pool))
                _named.Remove(key);
        };
        _named.Add(key, pool);
        return pool;
    }

    private IHostPool Create(Host host, PoolKind kind, bool highPriority, ServerName? name)
    {
        var limits = highPriority ? _cluster.Snapshot.HighPriorityLimits : _cluster.Limits;
        UpstreamSocketOptions? options = null;
        if (_cluster.Socket is not null)
        {
            options = new UpstreamSocketOptions
            {
                HostName = host.Hostname,
                FallbackProtocols = kind == PoolKind.Http2 ? ["h2"] : ["http/1.1"],
                ServerName = _cluster.Snapshot.Config.AutoSni && name is { IsAddress: false } ? name.Name : null,
                RequiredName = _cluster.Snapshot.Config.AutoSanValidation ? name?.Name : null,
            };
        }

        return kind switch
        {
            PoolKind.Http1 => new Http1Pool(_cluster, host, limits, options),
            PoolKind.Http2 => new Http2Pool(_cluster, host, limits, options),
            _ => new AutoPool(_cluster, host, limits, options ?? UpstreamSocketOptions.None),
        };
    }
}
