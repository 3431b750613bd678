using Envoy.Buffers;
using Envoy.ConnectionManager.Codecs;
using Envoy.ConnectionManager.Streams;
using Envoy.FilterChains.Network;
using Envoy.Http.Streams;
using Envoy.Net;
using Envoy.Runtime.Timers;

namespace Envoy.ConnectionManager;

/// <summary>One downstream HTTP connection: its codec, its streams and the timeouts between them. Worker-owned.</summary>
internal sealed class HttpConnectionManager : INetworkReadFilter, ITimerHandler
{
    private readonly HttpConnectionManagerFactory _shared;
    private readonly TimerNode? _idleTimer;
    private NetworkFilterCallbacks _callbacks = null!;
    private Http1ServerConnection? _codec;
    private long _idleSince;
    private readonly TimerNode? _durationTimer;
    private uint _requests;
    private bool _durationReached;
    private int _streams;

    public HttpConnectionManager(HttpConnectionManagerFactory shared)
    {
        _shared = shared;
        if (shared.Options.IdleTimeout > TimeSpan.Zero)
            _idleTimer = new TimerNode(this);
        if (shared.Options.MaxConnectionDuration > TimeSpan.Zero)
            _durationTimer = new TimerNode(this);
    }

    public HttpConnectionManagerFactory Shared => _shared;

    public Connection Connection => _callbacks.Connection;

    /// <summary>The connection has lived long enough, or served enough: its next response is the last.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>The connection ends with the exchange under way, whatever its response said.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>Sends through the connection's write filters.</summary>
    public void Write(ByteQueue data) => _callbacks.Write(data, endOfStream: false);

    public void Attach(NetworkFilterCallbacks callbacks)
    {
        _callbacks = callbacks;
        var connection = callbacks.Connection;
        connection.Stats = _shared.ConnectionStats;
        connection.DelayedCloseTimeout = _shared.Options.DelayedCloseTimeout;
        var stats = _shared.Stats;
        stats.DownstreamCxTotal.Inc();
        stats.DownstreamCxActive.Inc();
        stats.DownstreamCxHttp1Total.Inc();
        stats.DownstreamCxHttp1Active.Inc();
        if (_idleTimer is not null)
        {
            _idleSince = _shared.Worker.Now;
            _shared.Worker.Arm(_idleTimer, _shared.Options.IdleTimeout);
        }

        if (_durationTimer is not null)
            _shared.Worker.Arm(_durationTimer, _shared.Options.MaxConnectionDuration);
    }

    public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream)
    {
        (_codec ??= new Http1ServerConnection(this)).OnData(data);
        return NetworkFilterStatus.Stop;
    }

    public void OnAboveWriteHighWatermark() => _codec?.OnAboveWriteHighWatermark();

    public void OnBelowWriteLowWatermark() => _codec?.OnBelowWriteLowWatermark();

    public void OnDrain()
    {
        // Between requests nothing is lost; otherwise the response under way says "connection: close" and ends the connection.
        if (_streams == 0)
        {
            _shared.Stats.DownstreamCxDrainClose.Inc();
            Connection.Close(ConnectionCloseType.FlushWriteAndDelay);
        }
    }

    public void OnClose(ConnectionEvent connectionEvent)
    {
        var stats = _shared.Stats;
        if (_idleTimer is not null)
            _shared.Worker.Disarm(_idleTimer);
        if (_durationTimer is not null)
            _shared.Worker.Disarm(_durationTimer);
        var local = connectionEvent == ConnectionEvent.LocalClose;
        stats.DownstreamCxDestroy.Inc();
        (local ? stats.DownstreamCxDestroyLocal : stats.DownstreamCxDestroyRemote).Inc();
        if (_streams > 0)
        {
            stats.DownstreamCxDestroyActiveRq.Inc();
            (local ? stats.DownstreamCxDestroyLocalActiveRq : stats.DownstreamCxDestroyRemoteActiveRq).Inc();
        }

        stats.DownstreamCxActive.Dec();
        stats.DownstreamCxHttp1Active.Dec();
        stats.DownstreamCxLengthMs.Record(_shared.Worker.Now - Connection.CreatedAt);
        _codec?.OnConnectionClosed();
    }

    /// <summary>A codec begins to read a request.</summary>
    public HttpStream NewStream(IServerStream codecStream)
    {
        _streams++;
        if (++_requests == _shared.Options.MaxRequestsPerConnection)
        {
            IsDraining = true;
            _shared.Stats.DownstreamCxMaxRequestsReached.Inc();
        }

        var stream = _shared.RentStream();
        stream.Start(this, codecStream);
        return stream;
    }

    /// <summary>A stream is over and has been given back.</summary>
    public void OnStreamEnded()
    {
        _streams--;
        _idleSince = _shared.Worker.Now;
        // The timer was left alone while streams ran; if it fired meanwhile it is armed again only now.
        if (_streams == 0 && _idleTimer is { IsArmed: false } && Connection.IsOpen)
            _shared.Worker.Arm(_idleTimer, _shared.Options.IdleTimeout);
    }

    public void OnTimer(TimerNode timer)
    {
        if (ReferenceEquals(timer, _durationTimer))
        {
            OnDuration();
            return;
        }

        if (_streams > 0)
            return;
        // Armed once, not for every request: what has happened since only moves the moment.
        var left = (long)_shared.Options.IdleTimeout.TotalMilliseconds - (_shared.Worker.Now - _idleSince);
        if (left > 0)
        {
            _shared.Worker.Arm(timer, left);
            return;
        }

        _shared.Stats.DownstreamCxIdleTimeout.Inc();
        Connection.Close(ConnectionCloseType.FlushWrite);
    }

    // First to drain; and when the time for that is up, to end the connection at the next moment between two requests.
    private void OnDuration()
    {
        if (!_durationReached)
        {
            _shared.Stats.DownstreamCxMaxDurationReached.Inc();
            _durationReached = IsDraining = true;
            // A client that has never asked is told by the close alone; another one may be asking just now.
            if (_codec is not null && _shared.Options.DrainTimeout > TimeSpan.Zero)
            {
                _shared.Worker.Arm(_durationTimer!, _shared.Options.DrainTimeout);
                return;
            }
        }

        IsClosing = true;
        if (_streams == 0)
            Connection.Close(ConnectionCloseType.FlushWrite);
    }
}
