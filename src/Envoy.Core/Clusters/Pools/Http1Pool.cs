using Envoy.Clusters.Hosts;
using Envoy.Http.Streams;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>
/// One worker's HTTP/1 connections to one host: idle ones are used last in, first out (the warmest first, so that a lull lets the others
/// grow old), and requests that find none wait in order while connections are made. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  request ─► idle connection? ──yes──► attached
///                 │ no
///                 ▼
///             queue (max_pending_requests) ─► connecting (max_connections) ─► connected ─► first of the queue attached
///                                                  │
///                                                  └─ failed ─► the whole queue fails (Envoy's rule: a host that refuses one refuses all)
/// </code>
/// </remarks>
internal sealed class Http1Pool : IHttpPool
{
    private readonly Cluster _cluster;
    private readonly Stack<Http1ClientConnection> _idle = new();
    private readonly PendingRequests _pending;
    private int _connecting;
    private int _connections;
    private bool _draining;

    public Http1Pool(Cluster cluster, Host host, ClusterLimits limits, UpstreamSocketOptions? options)
    {
        Limits = limits;
        _cluster = cluster;
        Host = host;
        SocketOptions = options;
        HostStats = host.Stats.Of(cluster.Worker);
        _pending = new PendingRequests(this, cluster, limits);
    }

    public Host Host { get; }

    /// <summary>What its connections ask of the cluster's transport socket; null: there is none.</summary>
    public UpstreamSocketOptions? SocketOptions { get; }

    /// <summary>The limits of its priority.</summary>
    public ClusterLimits Limits { get; }

    /// <summary>This worker's part of the host's statistics.</summary>
    public HostStatsPart HostStats { get; }

    public Cluster Cluster => _cluster;

    public Action? Emptied { get; set; }

    /// <summary>Told when a connection could not be made; null: nobody cares.</summary>
    public Action? ConnectFailed { get; init; }

    public bool IsDraining => _draining;

    public bool IsEmpty => _connections == 0 && _pending.Count == 0;

    public void Request(StreamRequest request)
    {
        while (_idle.TryPop(out var idle))
        {
            if (!idle.IsUsable)
                continue;
            Attach(idle, request);
            return;
        }

        if (_pending.TryAdd(request) && _connecting < _pending.Count)
            TryConnect();
    }

    public void Cancel(StreamRequest request)
    {
        _pending.Remove(request);
        _cluster.Stats.UpstreamRqCancelled.Inc();
    }

    public void Drain()
    {
        _draining = true;
        while (_idle.TryPop(out var idle))
            idle.Close();
    }

    /// <summary>A connection is made.</summary>
    public void OnConnected(Http1ClientConnection connection)
    {
        _connecting--;
        OnIdle(connection);
    }

    /// <summary>A connection is free for the next request.</summary>
    public void OnIdle(Http1ClientConnection connection)
    {
        if (_pending.First is { } request)
        {
            _pending.Remove(request);
            Attach(connection, request);
        }
        else if (_draining)
        {
            connection.Close();
        }
        else
        {
            _idle.Push(connection);
            connection.BecomeIdle();
        }
    }

    /// <summary>A connection could not be made.</summary>
    public void OnConnectFailed(bool timedOut, string why)
    {
        _connecting--;
        _connections--;
        ConnectFailed?.Invoke();
        _pending.FailAll(timedOut, why);
        TellIfEmpty();
    }

    /// <summary>A connection that was made is gone.</summary>
    public void OnClosed(Http1ClientConnection connection)
    {
        _connections--;
        if (connection.IsInIdleStack)
            RemoveIdle(connection);
        // Those that wait may have counted on this one.
        if (_connecting < _pending.Count)
            TryConnect();
        TellIfEmpty();
    }

    /// <summary>Takes over a connection that is made, and those who waited for it.</summary>
    public void Adopt(UpstreamConnectionAccount account, PendingRequests waiting)
    {
        waiting.MoveTo(_pending);
        _connections++;
        _connecting++;
        _cluster.Stats.UpstreamCxHttp1Total.Inc();
        new Http1ClientConnection(this, account).Adopt();
        while (_connecting < _pending.Count && TryConnect())
        {
        }
    }

    private void TellIfEmpty()
    {
        if (IsEmpty)
            Emptied?.Invoke();
    }

    private void Attach(Http1ClientConnection connection, StreamRequest request)
    {
        if (!Limits.Requests.CanCreate)
        {
            _cluster.Stats.UpstreamRqPendingOverflow.Inc();
            request.Requester.OnStreamFailed(StreamResetReason.Overflow, "");
            OnIdle(connection);
            return;
        }

        var stats = _cluster.Stats;
        stats.UpstreamRqTotal.Inc();
        stats.UpstreamRqActive.Inc();
        HostStats.RqTotal++;
        HostStats.RqActive++;
        Limits.Requests.Inc();
        connection.Attach(request.Requester.ResponseHandler);
        request.Requester.OnStreamReady(connection, Host, connection.Connection);
    }

    private bool TryConnect()
    {
        // A pool without any connection may always make one: otherwise other hosts' connections could starve this host for ever.
        if (_connections > 0 && !Limits.Connections.CanCreate)
        {
            _cluster.Stats.UpstreamCxOverflow.Inc();
            return false;
        }

        if (!Limits.Connections.CanCreate)
            _cluster.Stats.UpstreamCxOverflow.Inc();
        _connections++;
        _connecting++;
        _cluster.Stats.UpstreamCxHttp1Total.Inc();
        new Http1ClientConnection(this, new UpstreamConnectionAccount(_cluster, Host, Limits)).Open();
        return true;
    }

    private void RemoveIdle(Http1ClientConnection gone)
    {
        // Rare (an upstream ended an idle connection), and a pool is small: the stack is rebuilt without it.
        var kept = _idle.ToArray();
        _idle.Clear();
        for (var i = kept.Length - 1; i >= 0; i--)
        {
            if (!ReferenceEquals(kept[i], gone))
                _idle.Push(kept[i]);
        }
    }
}
