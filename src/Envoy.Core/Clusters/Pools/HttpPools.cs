using System.Collections.Immutable;
using System.Net;
using Envoy.Clusters.Hosts;
using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.Clusters.Pools;

/// <summary>
/// One worker's HTTP pools of a cluster, one for each host, protocol and priority; and, where TLS goes by the request's host, or the host is told of the
/// client or sees its address, one for each of those as long as it has connections. Worker-owned.
/// </summary>
internal sealed class HttpPools : IHostObserver
{
    private const int Priorities = 2;

    // Envoy's: hosts that get a connection in advance for one request.
    private const int MostAhead = 3;

    // By protocol and priority; most clusters use one of the six.
    private readonly Dictionary<Host, IHostPool>[] _pools = [[], [], [], [], [], []];
    private readonly Dictionary<PoolKey, NamedPool> _named = [];
    private readonly Cluster _cluster;
    private readonly double _predictiveRatio;

    private HttpPools(Cluster cluster)
    {
        _cluster = cluster;
        _predictiveRatio = cluster.Snapshot.Config.Preconnect.PredictiveRatio;
        cluster.AddObserver(this);
    }

    /// <summary>Pools that there are for single hosts of requests, or for single clients.</summary>
    public int NamedCount => _named.Count;

    public static HttpPools Of(Cluster cluster) => cluster.Local(static c => new HttpPools(c));

    /// <summary>
    /// The host's pool for a request that is to begin, made when it is first asked for; requests of high priority have one of their own. Hosts that are to
    /// come next may get a connection in advance.
    /// </summary>
    /// <param name="host">Where to.</param>
    /// <param name="kind">Over which protocol.</param>
    /// <param name="highPriority">With the connections and limits of the high priority.</param>
    /// <param name="name">The request's host, where TLS goes by it.</param>
    /// <param name="client">Whom the request is for; only sockets that tell the host of it look at it.</param>
    /// <param name="source">Where its connections come from; null: where the cluster says.</param>
    public IHttpPool For(Host host, PoolKind kind, bool highPriority, ServerName? name = null, ClientAddresses? client = null, SourceBinding? source = null)
    {
        if (_predictiveRatio > 1)
            PreconnectAhead(kind, highPriority, name, client, source);
        return Find(host, kind, highPriority, name, client, source);
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
        foreach (var pool in _named.Values.ToArray())
        {
            if (hosts.Contains(pool.Key.Host))
                pool.Retire();
        }
    }

    // For the whole cluster, with the request that is about to begin.
    private void PreconnectAhead(PoolKind kind, bool highPriority, ServerName? name, ClientAddresses? client, SourceBinding? source)
    {
        for (var i = 0; i < MostAhead; i++)
        {
            var (demand, provision) = Sum();
            if ((demand + 1) * _predictiveRatio <= provision || _cluster.PeekHost() is not { } next
                || !Find(next, kind, highPriority, name, client, source).TryPreconnect(_predictiveRatio))
            {
                return;
            }
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

        foreach (var named in _named.Values)
            (demand, provision) = (demand + named.Pool.Demand, provision + named.Pool.Provision);
        return (demand, provision);
    }

    private IHostPool Find(Host host, PoolKind kind, bool highPriority, ServerName? name, ClientAddresses? client, SourceBinding? source)
    {
        var index = ((int)kind * Priorities) + (highPriority ? 1 : 0);
        if (name is not null || client is not null || source is not null)
        {
            var socket = _cluster.SocketOf(host);
            if (socket is not { IsSecure: true })
                name = null;
            if (socket is not { TellsClient: true })
                client = null;
            if (host.EndPoint is not IPEndPoint)
                source = null;
            if (name is not null || client is not null || source is not null)
                return Named(kind, highPriority, new PoolKey(host, index, name, client, source));
        }

        var pools = _pools[index];
        if (!pools.TryGetValue(host, out var pool))
            pools.Add(host, pool = Create(host, kind, highPriority, null, null, null));
        return pool;
    }

    private IHostPool Named(PoolKind kind, bool highPriority, in PoolKey key)
    {
        if (_named.TryGetValue(key, out var known))
            return known.Pool;
        var pool = Create(key.Host, kind, highPriority, key.Name, key.Client, key.Source);
        var named = new NamedPool(this, key, pool);
        _named.Add(key, named);
        if (key.Client is { HasEnded: true })
            named.Retire();
        return pool;
    }

    private IHostPool Create(Host host, PoolKind kind, bool highPriority, ServerName? name, ClientAddresses? client, SourceBinding? source)
    {
        var limits = highPriority ? _cluster.Snapshot.HighPriorityLimits : _cluster.Limits;
        var options = _cluster.SocketOptionsOf(host, client, name, source);
        if (options is not null)
            options = options with { FallbackProtocols = kind == PoolKind.Http2 ? ["h2"] : ["http/1.1"] };
        return kind switch
        {
            PoolKind.Http1 => new Http1Pool(_cluster, host, limits, options),
            PoolKind.Http2 => new Http2Pool(_cluster, host, limits, options),
            _ => new AutoPool(_cluster, host, limits, options ?? UpstreamSocketOptions.None),
        };
    }

    private readonly record struct PoolKey(Host Host, int Index, ServerName? Name, ClientAddresses? Client, SourceBinding? Source);

    /// <summary>
    /// A pool that is kept no longer than it is of use: clients name hosts as they like, and come and go; when a client has gone nobody else can use what
    /// was connected for it. Worker-owned.
    /// </summary>
    private sealed class NamedPool
    {
        private readonly HttpPools _owner;

        public NamedPool(HttpPools owner, in PoolKey key, IHostPool pool)
        {
            _owner = owner;
            Key = key;
            Pool = pool;
            pool.Emptied = Forget;
            if (key.Client is { } client)
                client.Ended += OnClientEnded;
        }

        public PoolKey Key { get; }

        public IHostPool Pool { get; }

        /// <summary>Finishes what it has and gets nothing new.</summary>
        public void Retire()
        {
            Forget();
            Pool.Drain();
        }

        private void OnClientEnded(ClientAddresses client) => Retire();

        private void Forget()
        {
            Pool.Emptied = null;
            if (Key.Client is { } client)
                client.Ended -= OnClientEnded;
            if (_owner._named.TryGetValue(Key, out var current) && ReferenceEquals(current, this))
                _owner._named.Remove(Key);
        }
    }
}
