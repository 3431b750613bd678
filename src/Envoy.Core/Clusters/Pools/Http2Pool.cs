using Envoy.Clusters.Hosts;
using Envoy.Http.Streams;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>
/// One worker's HTTP/2 connections to one host: requests share a connection as long as it takes more streams, and wait in order while one is made.
/// Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  request ─► a connection with room? ──yes──► a stream of it
///                 │ no
///                 ▼
///             queue (max_pending_requests) ─► connecting (max_connections) ─► connected ─► the queue, as far as there is room
/// </code>
/// A connection that goes away (GOAWAY) takes nothing new and ends with its last stream.
/// </remarks>
internal sealed class Http2Pool : IHttpPool
{
    private readonly Cluster _cluster;
    private readonly List<Http2ClientConnection> _connections = [];
    private readonly PendingRequests _pending;
    private int _connecting;
    private bool _draining;

    public Http2Pool(Cluster cluster, Host host, ClusterLimits limits, UpstreamSocketOptions? options)
    {
        _cluster = cluster;
        Host = host;
        SocketOptions = options;
        Limits = limits;
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

    public bool IsEmpty => _connections.Count == 0 && _pending.Count == 0;

    public void Request(StreamRequest request)
    {
        if (Find() is { } connection)
        {
            Attach(connection, request);
            return;
        }

        if (_pending.TryAdd(request) && _pending.Count > (long)_connecting * MaxStreams)
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
        foreach (var connection in _connections.ToArray())
            connection.CloseIfIdle();
    }

    /// <summary>A connection is made.</summary>
    public void OnConnected(Http2ClientConnection connection)
    {
        _connecting--;
        OnRoom(connection);
        // More wait than it takes.
        if (_pending.Count > (long)_connecting * MaxStreams)
            TryConnect();
    }

    /// <summary>A connection has room for another stream, perhaps.</summary>
    public void OnRoom(Http2ClientConnection connection)
    {
        while (connection.HasRoom && _pending.First is { } request)
        {
            _pending.Remove(request);
            Attach(connection, request);
        }
    }

    /// <summary>A connection takes no more streams: those that wait need another one.</summary>
    public void OnGoingAway()
    {
        if (_pending.Count > 0 && _connecting == 0)
            TryConnect();
    }

    /// <summary>A connection could not be made.</summary>
    public void OnConnectFailed(Http2ClientConnection connection, bool timedOut, string why)
    {
        _connecting--;
        _connections.Remove(connection);
        ConnectFailed?.Invoke();
        _pending.FailAll(timedOut, why);
        TellIfEmpty();
    }

    /// <summary>A connection that was made is gone.</summary>
    public void OnClosed(Http2ClientConnection connection)
    {
        _connections.Remove(connection);
        if (_pending.Count > 0 && _connecting == 0)
            TryConnect();
        TellIfEmpty();
    }

    /// <summary>Takes over a connection that is made, and those who waited for it.</summary>
    public void Adopt(UpstreamConnectionAccount account, PendingRequests waiting)
    {
        waiting.MoveTo(_pending);
        _connecting++;
        _cluster.Stats.UpstreamCxHttp2Total.Inc();
        var connection = new Http2ClientConnection(this, account);
        _connections.Add(connection);
        connection.Adopt();
    }

    private void TellIfEmpty()
    {
        if (IsEmpty)
            Emptied?.Invoke();
    }

    private uint MaxStreams => _cluster.Snapshot.Config.Http2.MaxConcurrentStreams;

    private Http2ClientConnection? Find()
    {
        foreach (var connection in _connections)
        {
            if (connection.HasRoom)
                return connection;
        }

        return null;
    }

    private void Attach(Http2ClientConnection connection, StreamRequest request)
    {
        if (!Limits.Requests.CanCreate)
        {
            _cluster.Stats.UpstreamRqPendingOverflow.Inc();
            request.Requester.OnStreamFailed(StreamResetReason.Overflow, "");
            return;
        }

        var stats = _cluster.Stats;
        stats.UpstreamRqTotal.Inc();
        stats.UpstreamRqActive.Inc();
        HostStats.RqTotal++;
        HostStats.RqActive++;
        Limits.Requests.Inc();
        var stream = connection.Open(request.Requester.ResponseHandler);
        request.Requester.OnStreamReady(stream, Host, connection.Connection);
    }

    private void TryConnect()
    {
        // A pool without any connection may always make one: otherwise other hosts' connections could starve this host for ever.
        if (!Limits.Connections.CanCreate)
            _cluster.Stats.UpstreamCxOverflow.Inc();
        if (_connections.Count > 0 && !Limits.Connections.CanCreate)
            return;
        _connecting++;
        _cluster.Stats.UpstreamCxHttp2Total.Inc();
        var connection = new Http2ClientConnection(this, new UpstreamConnectionAccount(_cluster, Host, Limits));
        _connections.Add(connection);
        connection.Connect();
    }
}
