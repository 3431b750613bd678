using Envoy.Buffers;
using Envoy.ConnectionManager.Codecs;
using Envoy.ConnectionManager.Streams;
using Envoy.FilterChains.Network;
using Envoy.Http.Http2;
using Envoy.Http.Streams;
using Envoy.Net;
using Envoy.Runtime.Timers;

namespace Envoy.ConnectionManager;

/// <summary>One downstream HTTP connection: its codec, its streams and the timeouts between them. Worker-owned.</summary>
internal sealed class HttpConnectionManager : INetworkReadFilter, ITimerHandler
{
    // "PRI * HTTP/2": no request of HTTP/1 begins so.
    private const int EnoughOfThePreface = 12;

    private readonly HttpConnectionManagerFactory _shared;
    private readonly TimerNode? _idleTimer;
    private NetworkFilterCallbacks _callbacks = null!;
    private IServerCodec? _codec;
    private byte[]? _clientCert;
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

    /// <summary>Several streams share the connection: HTTP/2.</summary>
    public bool IsMultiplexed => _codec is { IsMultiplexed: true };

    /// <summary>The connection ends with the exchange under way, whatever its response said.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>What is told upstream of the client's certificate; empty: it has none, or nothing is told.</summary>
    public ReadOnlySpan<byte> ClientCert => _clientCert ??= Connection.Tls is { Peer: not null } tls
        && _shared.Options.ForwardClientCertDetails is ForwardClientCertDetails.AppendForward or ForwardClientCertDetails.SanitizeSet
            ? _shared.Options.CurrentClientCertDetails.Format(tls)
            : [];

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
        if ((_codec ?? ChooseCodec(data)) is { } codec)
            codec.OnData(data);
        return NetworkFilterStatus.Stop;
    }

    public void OnAboveWriteHighWatermark() => _codec?.OnAboveWriteHighWatermark();

    public void OnBelowWriteLowWatermark() => _codec?.OnBelowWriteLowWatermark();

    public void OnDrain()
    {
        if (_codec is not null)
        {
            _codec.BeginDrain();
            return;
        }

        _shared.Stats.DownstreamCxDrainClose.Inc();
        Connection.Close(ConnectionCloseType.FlushWriteAndDelay);
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
        if (_codec is not null)
            (_codec.IsMultiplexed ? stats.DownstreamCxHttp2Active : stats.DownstreamCxHttp1Active).Dec();
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
        _codec?.SayGoodbye();
        Connection.Close(ConnectionCloseType.FlushWrite);
    }

    // First to drain; and when the time for that is up, to end the connection at the next moment between two requests.
    private void OnDuration()
    {
        if (!_durationReached)
        {
            _shared.Stats.DownstreamCxMaxDurationReached.Inc();
            _durationReached = IsDraining = true;
            if (_codec is { IsMultiplexed: true })
            {
                _codec.BeginDrain();
                return;
            }

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

    // By what the handshake agreed on, else by its first bytes, where that is left open; null: there are too few of them yet.
    private IServerCodec? ChooseCodec(ByteQueue data)
    {
        var type = _shared.Options.CodecType;
        if (type == HttpCodecType.Auto && Connection.Tls is { ApplicationProtocol: "h2" })
            type = HttpCodecType.Http2;
        if (type == HttpCodecType.Auto)
        {
            Span<byte> first = stackalloc byte[Http2Connection.Preface.Length];
            first = first[..data.CopyTo(first)];
            if (first.IsEmpty)
                return null;
            var isPreface = first.SequenceEqual(Http2Connection.Preface[..first.Length]);
            if (isPreface && first.Length < EnoughOfThePreface)
                return null;
            type = isPreface ? HttpCodecType.Http2 : HttpCodecType.Http1;
        }

        var stats = _shared.Stats;
        if (type == HttpCodecType.Http2)
        {
            stats.DownstreamCxHttp2Total.Inc();
            stats.DownstreamCxHttp2Active.Inc();
            return _codec = new Http2ServerConnection(this);
        }

        stats.DownstreamCxHttp1Total.Inc();
        stats.DownstreamCxHttp1Active.Inc();
        return _codec = new Http1ServerConnection(this);
    }
}
