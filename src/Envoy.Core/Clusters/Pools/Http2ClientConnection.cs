using Envoy.Buffers;
using Envoy.Http.Http2;
using Envoy.Http.Streams;
using Envoy.Net;
using Envoy.Runtime;

namespace Envoy.Clusters.Pools;

/// <summary>A pooled HTTP/2 connection to an upstream and the streams on it: gives its codec the socket, the clock and the statistics. Worker-owned.</summary>
internal sealed class Http2ClientConnection : IConnectionHandler, IHttp2ConnectionHandler, IResumable, IPooledConnection
{
    // Envoy's defaults of max_response_headers_kb and max_headers_count.
    private const int MaxHeaderBytes = 60 * 1024;
    private const int MaxHeaderCount = 100;

    // Envoy's default of delayed_close_timeout: how long an upstream may take nothing of what is left when its connection ends, the GOAWAY most often.
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

    private readonly Http2Pool _pool;
    private readonly UpstreamConnectionAccount _account;
    private readonly Http2Connection _codec;
    private readonly ConnectionLifetime _lifetime;
    private Http2Keepalive? _keepalive;
    private Connection _connection = null!;
    private bool _connected;
    private bool _resumeQueued;
    private bool _closed;

    public Http2ClientConnection(Http2Pool pool, UpstreamConnectionAccount account)
    {
        _pool = pool;
        _account = account;
        var config = pool.Cluster.Snapshot.Config;
        _codec = new Http2Connection(isServer: false, config.Http2, MaxHeaderBytes, MaxHeaderCount, config.PerConnectionBufferLimitBytes, SlabPool.Of(Worker), this);
        _lifetime = new ConnectionLifetime(pool.Cluster, this);
    }

    /// <summary>Takes another stream.</summary>
    public bool HasRoom => _connected && _connection.IsOpen && _codec.CanOpen && !_lifetime.IsSpent;

    /// <summary>How many streams more it takes, or will when it is made; below zero where the peer has lowered its limit.</summary>
    public long Room => Math.Min(_lifetime.RequestsLeft, _codec.Room);

    public Connection Connection => _connection;

    public long OutputLength => _connection.WriteBuffered;

    public bool IsOutputFull => _connection.IsAboveWriteHighWatermark;

    IResumable? IResumable.NextResumed { get; set; }

    private Worker Worker => _pool.Cluster.Worker;

    private ClusterTrafficStats Stats => _pool.Cluster.Stats;

    public void Open()
    {
        _connection = _account.Open(this, _pool.SocketOptions);
        _connection.DelayedCloseTimeout = FlushTimeout;
    }

    /// <summary>Takes over a connection that is made already.</summary>
    public void Adopt()
    {
        _connection = _account.Connection;
        _connection.Handler = this;
        _connection.DelayedCloseTimeout = FlushTimeout;
        OnEvent(ConnectionEvent.Connected);
    }

    /// <summary>Begins a stream.</summary>
    public Http2ClientStream Begin(IClientStreamHandler handler)
    {
        var wasIdle = _codec.ActiveStreams == 0;
        _lifetime.OnRequest();
        var stream = _codec.Open(handler);
        _pool.Cluster.Http2Stats.StreamsActive.Inc();
        if (wasIdle && _keepalive is not null && _pool.Cluster.Snapshot.Config.Http2.Keepalive!.ConnectionIdleInterval is { Ticks: > 0 } idle
            && Worker.Now - _lifetime.IdleSince >= idle.TotalMilliseconds)
            _keepalive.Ask();
        return stream;
    }

    /// <summary>Ends it if nothing is under way, else when that is done.</summary>
    public void CloseIfIdle()
    {
        if (_connected && _codec.ActiveStreams == 0)
            _connection.Close(ConnectionCloseType.NoFlush);
    }

    public void OnData(ByteQueue input, bool endOfStream) => _codec.Receive(input);

    public void OnEvent(ConnectionEvent connectionEvent)
    {
        if (connectionEvent == ConnectionEvent.Connected)
        {
            // A server that was found to speak it and now does not: to be asked anew.
            if (_pool.SocketOptions is { Protocols.Count: > 0 } && _connection.Tls is not { ApplicationProtocol: "h2" })
                _connection.Close(ConnectionCloseType.NoFlush);
            else
                OnConnected();
            return;
        }

        _closed = true;
        _keepalive?.Stop();
        var active = _codec.ActiveStreams;
        _account.OnClosed(connectionEvent, active > 0);
        if (!_account.IsConnected)
        {
            _pool.OnConnectFailed(this, _account.TimedOut, _account.FailureReason);
            return;
        }

        _lifetime.OnClosed();
        Stats.UpstreamRqRxReset.Add(active);
        try
        {
            _codec.OnClosed();
        }
        finally
        {
            _pool.OnClosed(this);
        }
    }

    public void OnAboveWriteHighWatermark()
    {
        Stats.UpstreamFlowControlBackedUpTotal.Inc();
        _codec.OnOutputFull();
    }

    public void OnBelowWriteLowWatermark()
    {
        Stats.UpstreamFlowControlDrainedTotal.Inc();
        _codec.OnOutputDrained();
    }

    bool IPooledConnection.IsIdle => !_closed && _codec.ActiveStreams == 0;

    void IPooledConnection.OnIdleTimeout()
    {
        _codec.GoAway(final: true);
        _connection.Close(ConnectionCloseType.FlushWrite);
    }

    // Its streams end as they will; nothing new comes to it.
    void IPooledConnection.OnDurationReached() => QueueResume();

    void IResumable.OnResumed()
    {
        _resumeQueued = false;
        if (_closed)
            return;
        _codec.Resume();
        if (_closed)
            return;
        _pool.OnRoom(this);
        if (!_closed && _codec.ActiveStreams == 0 && (_codec.IsGoingAway || _pool.IsDraining || _lifetime.IsSpent))
            _connection.Close(ConnectionCloseType.FlushWrite);
    }

    public void Write(ByteQueue output) => _connection.Write(output, endOfStream: false);

    public void OnStreamBegun(Http2ServerStream stream) => throw new NotSupportedException("An upstream begins no stream.");

    public void OnStreamClosed(Http2Stream stream)
    {
        _pool.Cluster.Http2Stats.StreamsActive.Dec();
        _pool.OnRequestDone();
        if (_closed)
            return;
        if (_codec.ActiveStreams == 0)
            _lifetime.OnIdle();

        // Others that wait for room, and the connection's end, are seen to when the codec is done with this one.
        QueueResume();
    }

    public void OnPeerReset(Http2Stream stream) => Stats.UpstreamRqRxReset.Inc();

    public void OnPeerFault()
    {
    }

    public void OnFlushPending()
    {
    }

    public void OnPeerSettings() => QueueResume();

    public void OnGoAway(uint lastStreamId, Http2ErrorCode code)
    {
        Stats.UpstreamCxCloseNotify.Inc();
        _pool.OnGoingAway();
        QueueResume();
    }

    public void OnPong() => _keepalive?.OnPong();

    public void OnConnectionError(Http2ErrorCode code, string message)
    {
        Stats.UpstreamCxProtocolError.Inc();
        if (!_closed)
            _connection.Close(ConnectionCloseType.FlushWrite);
    }

    public void ScheduleResume() => QueueResume();

    public void Count(Http2Count count)
    {
        _pool.Cluster.Http2Stats.Count(count);
        if (count == Http2Count.TxReset)
            Stats.UpstreamRqTxReset.Inc();
    }

    private void OnConnected()
    {
        _connected = true;
        _account.OnConnected();
        _codec.Start();
        _lifetime.OnIdle();
        if (_pool.Cluster.Snapshot.Config.Http2.Keepalive is { } keepalive)
            _keepalive = new Http2Keepalive(Worker, _codec, keepalive, OnSilence);
        _lifetime.OnConnected();
        _pool.OnConnected(this);
    }

    private void OnSilence()
    {
        Count(Http2Count.KeepaliveTimeout);
        _connection.Close(ConnectionCloseType.NoFlush);
    }

    private void QueueResume()
    {
        if (_resumeQueued || _closed)
            return;
        _resumeQueued = true;
        Worker.ResumeNextTurn(this);
    }
}
