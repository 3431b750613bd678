using System.Net.Sockets;
using Envoy.Clusters.Hosts;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.Clusters.Pools;

/// <summary>
/// What every upstream connection does besides carrying bytes: it counts against its cluster's limit and in its statistics, and gives up
/// connecting after the cluster's connect timeout. Worker-owned.
/// </summary>
internal sealed class UpstreamConnectionAccount : ITimerHandler
{
    private readonly Cluster _cluster;
    private readonly ClusterLimits _limits;
    private readonly TimerNode _connectTimer;
    private readonly HostStatsPart _hostStats;
    private readonly UpstreamConnections _all;
    private Connection? _connection;
    private SourceBinding? _source;
    private bool _connected;
    private bool _closed;

    public UpstreamConnectionAccount(Cluster cluster, Host host, ClusterLimits limits)
    {
        _limits = limits;
        _cluster = cluster;
        Host = host;
        _hostStats = host.Stats.Of(cluster.Worker);
        _connectTimer = new TimerNode(this);
        _all = UpstreamConnections.Of(cluster.Worker);
    }

    /// <summary>Links of the worker's list.</summary>
    public UpstreamConnectionAccount? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    public UpstreamConnectionAccount? Next { get; set; }

    public Connection Connection => _connection!;

    public Host Host { get; }

    /// <summary>Connecting was given up because the connect timeout passed.</summary>
    public bool TimedOut { get; private set; }

    public bool IsConnected => _connected;

    /// <summary>Why the connection could not be made, in Envoy's words; empty where it has none, as for a peer that leaves within a handshake.</summary>
    public string FailureReason
    {
        get
        {
            if (_connection!.ConnectError == SocketError.Disconnecting)
                return _connection.TransportFailureReason;
            var error = SocketErrorText.Of(_connection.ConnectError);
            return _connection.BindFailed ? $"failed to bind to {_source!.Address}: {error}" : "delayed connect error: " + error;
        }
    }

    /// <summary>Opens the connection and begins to count it.</summary>
    public Connection Open(IConnectionHandler handler, UpstreamSocketOptions? options = null)
    {
        var stats = _cluster.Stats;
        stats.UpstreamCxTotal.Inc();
        stats.UpstreamCxActive.Inc();
        _hostStats.CxTotal++;
        _hostStats.CxActive++;
        _limits.Connections.Inc();
        _source = options?.Source ?? _cluster.Snapshot.SourceFor(Host.EndPoint);
        _connection = Connection.Connect(
            _cluster.Worker,
            Host.EndPoint,
            handler,
            _cluster.Snapshot.Config.PerConnectionBufferLimitBytes,
            new ConnectOptions(NoDelay: true, _source, _cluster.Snapshot.Keepalive),
            _cluster.SocketOf(Host),
            options);
        _connection.Stats = ConnectionStatsOf(_cluster);
        _all.Add(this);
        _cluster.Worker.Arm(_connectTimer, _cluster.Snapshot.Config.ConnectTimeout);
        return _connection;
    }

    public void OnConnected()
    {
        _connected = true;
        _cluster.Worker.Disarm(_connectTimer);
        _cluster.Stats.UpstreamCxConnectMs.Record(_cluster.Worker.Now - _connection!.CreatedAt);
    }

    public void OnClosed(ConnectionEvent connectionEvent, bool hasActiveRequest)
    {
        if (_closed)
            return;
        _closed = true;
        _all.Remove(this);
        _cluster.Worker.Disarm(_connectTimer);
        var stats = _cluster.Stats;
        stats.UpstreamCxActive.Dec();
        _hostStats.CxActive--;
        _limits.Connections.Dec();
        stats.UpstreamCxLengthMs.Record(_cluster.Worker.Now - _connection!.CreatedAt);
        stats.UpstreamCxDestroy.Inc();
        var local = connectionEvent == ConnectionEvent.LocalClose;
        (local ? stats.UpstreamCxDestroyLocal : stats.UpstreamCxDestroyRemote).Inc();
        if (hasActiveRequest)
        {
            stats.UpstreamCxDestroyWithActiveRq.Inc();
            (local ? stats.UpstreamCxDestroyLocalWithActiveRq : stats.UpstreamCxDestroyRemoteWithActiveRq).Inc();
        }

        // A user that goes away while we connect is no failure of the host.
        if (_connected || (local && !TimedOut))
            return;
        stats.UpstreamCxConnectFail.Inc();
        _hostStats.CxConnectFail++;
        if (_connection.BindFailed)
            _cluster.OnBindFailed(_source!.Address, FailureReason);
    }

    public void OnTimer(TimerNode timer)
    {
        TimedOut = true;
        _cluster.Stats.UpstreamCxConnectTimeout.Inc();
        _connection!.Close(ConnectionCloseType.NoFlush);
    }

    private static ConnectionStats ConnectionStatsOf(Cluster cluster) => cluster.Local(static c => new ConnectionStats
    {
        ReceivedTotal = c.Stats.UpstreamCxRxBytesTotal,
        SentTotal = c.Stats.UpstreamCxTxBytesTotal,
        ReceivedBuffered = c.Stats.UpstreamCxRxBytesBuffered,
        SentBuffered = c.Stats.UpstreamCxTxBytesBuffered,
    });
}
