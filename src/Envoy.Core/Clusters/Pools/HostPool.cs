using Envoy.Clusters.Hosts;
using Envoy.Http.Streams;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>
/// What pools of HTTP/1 and HTTP/2 have in common: who waits, what counts against the limits, and when another connection is made. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  request ─► a connection with room? ──yes──► attached
///                 │ no
///                 ▼
///             queue (max_pending_requests) ─► connecting (max_connections) ─► connected ─► the queue, as far as there is room
///                                                  │
///                                                  └─ failed ─► the whole queue fails (Envoy's rule: a host that refuses one refuses all)
/// </code>
/// Another connection is made while demand × per_upstream_preconnect_ratio is above what is provided for; with the ratio's default of 1 that is
/// while more wait than the connections under way will take.
/// </remarks>
internal abstract class HostPool : IHostPool
{
    // Envoy's: no more than these at once, however much is missing.
    private const int MostAtOnce = 3;

    private readonly double _ratio;

    protected HostPool(Cluster cluster, Host host, ClusterLimits limits, UpstreamSocketOptions? options)
    {
        Cluster = cluster;
        Host = host;
        SocketOptions = options;
        Limits = limits;
        HostStats = host.Stats.Of(cluster.Worker);
        Pending = new PendingRequests(this, cluster, limits);
        _ratio = cluster.Snapshot.Config.Preconnect.PerUpstreamRatio;
    }

    public Cluster Cluster { get; }

    public Host Host { get; }

    /// <summary>What its connections ask of the cluster's transport socket; null: there is none.</summary>
    public UpstreamSocketOptions? SocketOptions { get; }

    /// <summary>The limits of its priority.</summary>
    public ClusterLimits Limits { get; }

    public Action? Emptied { get; set; }

    /// <summary>Told when a connection could not be made; null: nobody cares.</summary>
    public Action? ConnectFailed { get; init; }

    public bool IsDraining { get; private set; }

    public bool IsEmpty => ConnectionCount == 0 && Pending.Count == 0;

    public long Demand => Pending.Count + Active;

    public abstract long Provision { get; }

    /// <summary>This worker's part of the host's statistics.</summary>
    protected HostStatsPart HostStats { get; }

    protected PendingRequests Pending { get; }

    protected int Connecting { get; private set; }

    /// <summary>Requests under way.</summary>
    protected int Active { get; private set; }

    /// <summary>Connections there are, those that are being made included.</summary>
    protected abstract int ConnectionCount { get; }

    public void Request(StreamRequest request)
    {
        if (TryAttach(request))
        {
            if (_ratio > 1)
                ConnectAsNeeded();
            return;
        }

        if (Pending.TryAdd(request))
            ConnectAsNeeded();
        else
            TellIfEmpty();
    }

    public void Cancel(StreamRequest request)
    {
        Pending.Remove(request);
        Cluster.Stats.UpstreamRqCancelled.Inc();
    }

    public void Drain()
    {
        IsDraining = true;
        CloseIdle();
    }

    public bool TryPreconnect(double ratio) => !IsDraining && TryConnect(ratio, ahead: 1);

    /// <summary>Takes over a connection that is made, and those who waited for it.</summary>
    public void Adopt(UpstreamConnectionAccount account, PendingRequests waiting)
    {
        waiting.MoveTo(Pending);
        Connecting++;
        AdoptConnection(account);
        // All of them had counted on this one.
        while (TryConnect(1, ahead: 0))
        {
        }
    }

    /// <summary>A request that a connection had is over.</summary>
    public void OnRequestDone()
    {
        Active--;
        Cluster.Stats.UpstreamRqActive.Dec();
        HostStats.RqActive--;
        Limits.Requests.Dec();
    }

    protected abstract bool TryAttach(StreamRequest request);

    protected abstract void OpenConnection();

    protected abstract void AdoptConnection(UpstreamConnectionAccount account);

    protected abstract void CloseIdle();

    /// <summary>Counts a request that is about to get a connection; false, which its requester has been told: there are as many as may be.</summary>
    protected bool TryBegin(StreamRequest request)
    {
        var stats = Cluster.Stats;
        if (!Limits.Requests.CanCreate)
        {
            stats.UpstreamRqPendingOverflow.Inc();
            request.Requester.OnStreamFailed(StreamResetReason.Overflow, "");
            return false;
        }

        Active++;
        stats.UpstreamRqTotal.Inc();
        stats.UpstreamRqActive.Inc();
        HostStats.RqTotal++;
        HostStats.RqActive++;
        Limits.Requests.Inc();
        return true;
    }

    /// <summary>A connection is made: it gets those that wait.</summary>
    protected void OnConnectionMade() => Connecting--;

    /// <summary>A connection could not be made.</summary>
    protected void OnConnectionFailed(bool timedOut, string why)
    {
        Connecting--;
        ConnectFailed?.Invoke();
        Pending.FailAll(timedOut, why);
        TellIfEmpty();
    }

    /// <summary>A connection that was made is gone: those that wait may have counted on it.</summary>
    protected void OnConnectionClosed()
    {
        ConnectForWaiting();
        TellIfEmpty();
    }

    protected void ConnectForWaiting()
    {
        if (Pending.Count > 0)
            ConnectAsNeeded();
    }

    private void ConnectAsNeeded()
    {
        // A host that is gone is asked for no more than what waits.
        var ratio = IsDraining ? 1 : _ratio;
        for (var i = 0; i < MostAtOnce && TryConnect(ratio, ahead: 0); i++)
        {
        }
    }

    private bool TryConnect(double ratio, int ahead)
    {
        if ((Demand + ahead) * ratio <= Provision)
            return false;
        var allowed = Limits.Connections.CanCreate;
        if (!allowed)
            Cluster.Stats.UpstreamCxOverflow.Inc();
        // A pool without any connection may always make one: otherwise other hosts' connections could starve this host for ever.
        if (!allowed && ConnectionCount > 0)
            return false;
        Connecting++;
        OpenConnection();
        return allowed;
    }

    private void TellIfEmpty()
    {
        if (IsEmpty)
            Emptied?.Invoke();
    }
}
