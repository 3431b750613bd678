using System.Collections.Immutable;
using System.Net;
using Envoy.Clusters.Hosts;
using Envoy.Clusters.LoadBalancing;
using Envoy.Clusters.Pools;
using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.Clusters;

/// <summary>
/// A cluster as one worker uses it: its present hosts, its place in the rotation, its share of the statistics. Learns of new hosts only by
/// what main posts. Worker-owned.
/// </summary>
internal sealed class Cluster
{
    private readonly ILoadBalancer _balancer;
    private readonly LookaheadBalancer? _lookahead;
    private readonly List<IHostObserver> _observers = [];
    private readonly Dictionary<Type, object> _locals = [];
    private readonly IUpstreamTransportSocket? _socket;
    private readonly IUpstreamTransportSocket?[] _matchedSockets;
    private Http2CodecStats? _http2Stats;
    private bool _bindFailureTold;

    public Cluster(Worker worker, ClusterSnapshot snapshot, HostSetSnapshot hosts)
    {
        Worker = worker;
        Snapshot = snapshot;
        Hosts = hosts;
        Stats = new ClusterTrafficStats(snapshot.Stats, worker.Index);
        BalancerStats = new ClusterLoadBalancerStats(snapshot.Stats, worker.Index);
        _socket = snapshot.Sockets.Default?.CreateFor(worker, snapshot.Stats);
        _matchedSockets = [.. snapshot.Sockets.Matched.Select(s => s?.CreateFor(worker, snapshot.Stats))];
        HasSecureSocket = _socket is { IsSecure: true } || _matchedSockets.Any(static s => s is { IsSecure: true });
        _balancer = LoadBalancers.Create(snapshot.Config.LbPolicy, worker.Random);
        if (snapshot.Config.Preconnect.PredictiveRatio > 1)
            _balancer = _lookahead = new LookaheadBalancer(_balancer);
        _balancer.OnHostsChanged(hosts.Usable);
    }

    public Worker Worker { get; }

    public ClusterSnapshot Snapshot { get; }

    public string Name => Snapshot.Name;

    /// <summary>The present hosts, usable or not.</summary>
    public HostSetSnapshot Hosts { get; private set; }

    public ClusterTrafficStats Stats { get; }

    /// <summary>The connections to some of its hosts at least are encrypted.</summary>
    public bool HasSecureSocket { get; }

    public ClusterLoadBalancerStats BalancerStats { get; }

    /// <summary>What the codecs of its HTTP/2 connections count.</summary>
    public Http2CodecStats Http2Stats => _http2Stats ??= new Http2CodecStats(Snapshot.Stats.Scope("http2"), Worker.Index);

    /// <summary>The circuit breakers, shared with the other workers.</summary>
    public ClusterLimits Limits => Snapshot.Limits;

    /// <summary>True once the cluster has been removed, or replaced by another of its name; it has no hosts then.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>The host for the next request by the cluster's policy; null if there is none (flag UH).</summary>
    public Host? ChooseHost()
    {
        Worker.AssertOwned();
        return _balancer.Choose();
    }

    /// <summary>A host that a later request will get, as long as the hosts stay; each call looks one further. Null where nobody looks ahead, or far enough.</summary>
    public Host? PeekHost()
    {
        Worker.AssertOwned();
        return _lookahead?.Peek();
    }

    /// <summary>What lies between the connections to <paramref name="host"/> and their users on this worker; null: nothing.</summary>
    public IUpstreamTransportSocket? SocketOf(Host host) => host.SocketIndex < 0 ? _socket : _matchedSockets[host.SocketIndex];

    /// <summary>What a connection to <paramref name="host"/> asks of its socket; null: nothing that others do not.</summary>
    /// <param name="host">Where to.</param>
    /// <param name="client">Whom it is for; null: nobody.</param>
    /// <param name="name">The request's host, where TLS goes by it; null: it does not.</param>
    /// <param name="source">Where it comes from; null: where the cluster says.</param>
    public UpstreamSocketOptions? SocketOptionsOf(Host host, ClientAddresses? client, ServerName? name, SourceBinding? source) => SocketOf(host) is null && source is null
        ? null
        : new UpstreamSocketOptions
        {
            HostName = host.Hostname,
            HostTlvs = host.ProxyProtocolTlvs,
            Client = client,
            Source = source,
            ServerName = Snapshot.Config.AutoSni && name is { IsAddress: false } ? name.Name : null,
            RequiredName = Snapshot.Config.AutoSanValidation ? name?.Name : null,
        };

    /// <summary>A connection could not come from <paramref name="source"/>; the first time, this is said.</summary>
    public void OnBindFailed(IPEndPoint source, string reason)
    {
        Stats.BindErrors.Inc();
        if (_bindFailureTold)
            return;
        _bindFailureTold = true;
        ClustersLog.BindFailed(Worker.Logger, Name, source, reason);
    }

    /// <summary>Which protocol a request goes over; <paramref name="downstreamIsHttp2"/>: it came over HTTP/2.</summary>
    public PoolKind PoolKindFor(bool downstreamIsHttp2) => Snapshot.Config.HttpProtocol switch
    {
        UpstreamHttpProtocol.Http1 => PoolKind.Http1,
        UpstreamHttpProtocol.Http2 => PoolKind.Http2,
        UpstreamHttpProtocol.Negotiated => PoolKind.Negotiated,
        _ => downstreamIsHttp2 ? PoolKind.Http2 : PoolKind.Http1,
    };

    /// <summary>Tells <paramref name="observer"/> of hosts that go, from now on.</summary>
    public void AddObserver(IHostObserver observer)
    {
        Worker.AssertOwned();
        _observers.Add(observer);
    }

    /// <summary>Stops telling <paramref name="observer"/>.</summary>
    public void RemoveObserver(IHostObserver observer)
    {
        Worker.AssertOwned();
        _observers.Remove(observer);
    }

    /// <summary>This cluster's one <typeparamref name="T"/> on this worker, made when first asked for: where pools live.</summary>
    public T Local<T>(Func<Cluster, T> create)
        where T : class
    {
        Worker.AssertOwned();
        if (_locals.TryGetValue(typeof(T), out var existing))
            return (T)existing;
        var made = create(this);
        _locals.Add(typeof(T), made);
        return made;
    }

    /// <summary>Takes a new host set; <paramref name="removed"/> are the hosts of the old one that it does not have.</summary>
    internal void OnHostsChanged(HostSetSnapshot hosts, ImmutableArray<Host> removed)
    {
        Worker.AssertOwned();
        Hosts = hosts;
        _balancer.OnHostsChanged(hosts.Usable);
        if (removed.IsEmpty)
            return;
        // From the end, since an observer may stop observing when its last host goes.
        for (var i = _observers.Count - 1; i >= 0; i--)
            _observers[i].OnHostsRemoved(this, removed);
    }

    /// <summary>The cluster is gone: lets all hosts go.</summary>
    internal void Retire()
    {
        IsRemoved = true;
        OnHostsChanged(HostSetSnapshot.Empty, Hosts.All);
    }
}
