using Envoy.AccessLog;
using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.Filters.Network.TcpProxy;

/// <summary>Joins a downstream connection to one upstream connection, bytes and ends of both directions alike. Worker-owned.</summary>
/// <remarks>
/// <code>
///  new ─► connecting (nothing is read from the client) ─► joined ─► both directions ended, or either side closed ─► closed
///            │ failed: next attempt, up to max_connect_attempts
///            └─► no attempt left, no host, limit reached ─► closed
/// </code>
/// </remarks>
internal sealed class TcpProxyFilter : INetworkReadFilter, IUpstreamConnectionHandler, ITimerHandler
{
    private readonly TcpProxySnapshot.Factory _shared;
    private NetworkFilterCallbacks _callbacks = null!;
    private IUpstreamConnection? _upstream;
    private TimerNode? _idleTimer;
    private TimerNode? _durationTimer;
    private TimerNode? _logTimer;
    private TimerNode? _retryTimer;
    private HeaderMap? _tunnelRequest;
    private string? _cluster;
    private string? _host;
    private string? _endReason;
    private ResponseFlags _flags;
    private uint _attempts;
    private long _lastActivity;
    private ByteQueue? _early;
    private bool _earlyEnd;
    private bool _joined;
    private bool _downstreamClosed;
    private bool _upstreamClosed;
    private bool _flushing;

    public TcpProxyFilter(TcpProxySnapshot.Factory shared) => _shared = shared;

    private TcpProxyOptions Options => _shared.Snapshot.Options;

    private Worker Worker => _shared.Context.Worker;

    private Connection Downstream => _callbacks.Connection;

    public void Attach(NetworkFilterCallbacks callbacks)
    {
        _callbacks = callbacks;
        callbacks.Connection.Stats = _shared.ConnectionStats;
        callbacks.Connection.EnableHalfClose(true);
        _shared.Stats.DownstreamCxTotal.Inc();
        _lastActivity = Worker.Now;
    }

    public NetworkFilterStatus OnNewConnection()
    {
        // Until there is an upstream the client's bytes wait in the system's buffer, which holds it back.
        Downstream.ReadDisable(true);
        if (Options.MaxDownstreamConnectionDuration is { } longest)
        {
            _durationTimer = new TimerNode(this);
            Worker.Arm(_durationTimer, longest);
        }

        if (Options.AccessLogFlushInterval is { } interval)
        {
            _logTimer = new TimerNode(this);
            Worker.Arm(_logTimer, interval);
        }

        _cluster = _callbacks.ChosenCluster ?? _shared.Snapshot.ChooseCluster(Worker.Random);
        Connect();
        return NetworkFilterStatus.Continue;
    }

    public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream)
    {
        if (!_joined)
        {
            // Only what a filter before this one injects can come so early: nothing is received until there is an upstream.
            (_early ??= new ByteQueue(Worker)).Append(data);
            _earlyEnd |= endOfStream;
            return NetworkFilterStatus.Stop;
        }

        _lastActivity = Worker.Now;
        _upstream!.Write(data, endOfStream);
        return NetworkFilterStatus.Stop;
    }

    // Of the downstream connection: the client does not take what the upstream sends.
    void INetworkReadFilter.OnAboveWriteHighWatermark() => _upstream?.ReadDisable(true);

    void INetworkReadFilter.OnBelowWriteLowWatermark() => _upstream?.ReadDisable(false);

    public void OnClose(ConnectionEvent connectionEvent)
    {
        _downstreamClosed = true;
        _early?.Clear();
        if (_durationTimer is not null)
            Worker.Disarm(_durationTimer);
        if (_logTimer is not null)
            Worker.Disarm(_logTimer);
        if (_retryTimer is not null)
            Worker.Disarm(_retryTimer);
        CloseUpstream(connectionEvent);
        Log(AccessLogType.TcpConnectionEnd);
    }

    private void CloseUpstream(ConnectionEvent connectionEvent)
    {
        var upstream = _upstream;
        if (upstream is null || !_joined || _upstreamClosed || connectionEvent == ConnectionEvent.LocalClose)
        {
            DisarmIdle();
            upstream?.Close(ConnectionCloseType.NoFlush);
            return;
        }

        // What the client sent before it went still belongs to the upstream; the idle timeout bounds the wait.
        if (upstream.WriteBuffered > 0)
        {
            _flushing = true;
            _shared.Stats.UpstreamFlushTotal.Inc();
            _shared.Stats.UpstreamFlushActive.Inc();
        }

        upstream.Close(ConnectionCloseType.FlushWrite);
    }

    void IConnectionHandler.OnData(ByteQueue input, bool endOfStream)
    {
        _lastActivity = Worker.Now;
        _callbacks.Write(input, endOfStream);
    }

    void IConnectionHandler.OnEvent(ConnectionEvent connectionEvent)
    {
        if (connectionEvent == ConnectionEvent.Connected)
        {
            Join();
            return;
        }

        if (!_joined)
        {
            if (!_downstreamClosed)
                OnConnectFailed();
            return;
        }

        _upstreamClosed = true;
        if (_downstreamClosed)
        {
            if (_flushing)
                _shared.Stats.UpstreamFlushActive.Dec();
            DisarmIdle();
            return;
        }

        if (connectionEvent == ConnectionEvent.RemoteClose && _upstream!.WasReset)
            _flags |= ResponseFlags.UpstreamConnectionTermination;
        Downstream.Close(ConnectionCloseType.FlushWrite);
    }

    // Of the upstream connection: the upstream does not take what the client sends.
    void IConnectionHandler.OnAboveWriteHighWatermark()
    {
        if (_downstreamClosed)
            return;
        _shared.Stats.DownstreamFlowControlPausedReadingTotal.Inc();
        Downstream.ReadDisable(true);
    }

    void IConnectionHandler.OnBelowWriteLowWatermark()
    {
        if (_downstreamClosed)
            return;
        _shared.Stats.DownstreamFlowControlResumedReadingTotal.Inc();
        Downstream.ReadDisable(false);
    }

    public void OnTimer(TimerNode timer)
    {
        if (ReferenceEquals(timer, _durationTimer))
        {
            _shared.Stats.MaxDownstreamConnectionDuration.Inc();
            End(ResponseFlags.DurationTimeout, "max_downstream_connection_duration");
            return;
        }

        if (ReferenceEquals(timer, _logTimer))
        {
            Log(AccessLogType.TcpPeriodic);
            Worker.Arm(timer, Options.AccessLogFlushInterval!.Value);
            return;
        }

        if (ReferenceEquals(timer, _retryTimer))
            Connect();
        else
            OnIdleTimer();
    }

    private void Connect()
    {
        _attempts++;
        if (!_shared.Context.Upstreams.TryGetCluster(_cluster!, out var cluster))
        {
            _shared.Stats.DownstreamCxNoRoute.Inc();
            End(ResponseFlags.NoClusterFound, "cluster_not_found");
            return;
        }

        switch (_shared.Snapshot.Tunnels is { } tunnels ? Tunnel(cluster, tunnels) : cluster.TryConnect(this, Downstream.Client, out _upstream))
        {
            case UpstreamStart.NoHealthyHost:
                End(ResponseFlags.NoHealthyUpstream, "no_healthy_upstream");
                break;
            case UpstreamStart.Overflow:
                End(ResponseFlags.UpstreamOverflow, "upstream_overflow");
                break;
            default:
                _host = _upstream!.HostAddress;
                break;
        }
    }

    private void OnConnectFailed()
    {
        _upstream = null;
        if (_attempts < Options.MaxConnectAttempts)
        {
            if (Options.ConnectBackOff is { } least)
                Worker.Arm(_retryTimer ??= new TimerNode(this), BackOff((long)least.TotalMilliseconds));
            else
                Connect();
            return;
        }

        if (_shared.Context.Upstreams.TryGetCluster(_cluster!, out var cluster))
            cluster.OnConnectAttemptsExceeded();
        End(ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded, "upstream_connection_failure");
    }

    private UpstreamStart Tunnel(IUpstreamCluster cluster, TunnelRequests tunnels)
    {
        tunnels.Write(_tunnelRequest ??= new HeaderMap(), new FormatContext { Info = Describe(), Clock = Worker.TimeProvider, Random = Worker.Random });
        return cluster.TryTunnel(this, _tunnelRequest, Downstream.Client, out _upstream);
    }

    // Envoy's jittered exponential back-off: at random below an interval that doubles.
    private long BackOff(long least)
    {
        var most = Options.MaxConnectBackOff is { } limit ? (long)limit.TotalMilliseconds : least * 10;
        var doubled = _attempts > 30 ? most : Math.Min(least << (int)(_attempts - 1), most);
        return Math.Max(1, Worker.Random.NextInt64(Math.Max(1, doubled)));
    }

    private void Join()
    {
        _joined = true;
        _lastActivity = Worker.Now;
        if (Options.IdleTimeout > TimeSpan.Zero)
        {
            _idleTimer = new TimerNode(this);
            Worker.Arm(_idleTimer, Options.IdleTimeout);
        }

        if (Options.FlushAccessLogOnConnected)
            Log(AccessLogType.TcpUpstreamConnected);
        if (_early is { } early)
            _upstream!.Write(early, _earlyEnd);
        Downstream.ReadDisable(false);
    }

    private void OnIdleTimer()
    {
        // A slow reader that still takes what was queued long ago is not idle.
        var lastActivity = Math.Max(_lastActivity, Math.Max(Downstream.LastSentAt, _upstream!.LastSentAt));
        var left = (long)Options.IdleTimeout.TotalMilliseconds - (Worker.Now - lastActivity);
        if (left > 0)
        {
            Worker.Arm(_idleTimer!, left);
            return;
        }

        _shared.Stats.IdleTimeout.Inc();
        if (_downstreamClosed)
            _upstream.Close(ConnectionCloseType.NoFlush);
        else
            End(ResponseFlags.None, "idle_timeout");
    }

    private void End(ResponseFlags flags, string reason)
    {
        _flags |= flags;
        _endReason = reason;
        Downstream.Close(ConnectionCloseType.NoFlush);
    }

    private void DisarmIdle()
    {
        if (_idleTimer is not null)
            Worker.Disarm(_idleTimer);
    }

    private void Log(AccessLogType type)
    {
        if (_shared.AccessLogs.IsEmpty)
            return;
        var info = Describe();
        _shared.AccessLogs.Write(new FormatContext { Info = info, Clock = Worker.TimeProvider, Random = Worker.Random }, type, Worker.Now - Downstream.CreatedAt);
    }

    private StreamInfo Describe()
    {
        var duration = Worker.Now - Downstream.CreatedAt;
        var info = new StreamInfo
        {
            StartTime = Worker.TimeProvider.GetUtcNow() - TimeSpan.FromMilliseconds(duration),
            BytesReceived = Downstream.BytesReceived,
            BytesSent = Downstream.BytesSent,
            ResponseFlags = _flags,
            ConnectionTerminationDetails = _endReason ?? _callbacks.TerminationDetails,
            AttemptCount = (int)_attempts,
            UpstreamCluster = _cluster,
            UpstreamHost = _host,
            UpstreamLocalAddress = _joined ? _upstream?.Connection?.LocalAddress : null,
            UpstreamRemoteAddress = _joined ? _upstream?.Connection?.RemoteAddress : null,
            UpstreamTls = _joined ? _upstream?.Connection?.Tls : null,
            ConnectionMetadata = Downstream.Details?.Metadata,
        };
        info.SetDownstream(Downstream);
        return info;
    }
}
