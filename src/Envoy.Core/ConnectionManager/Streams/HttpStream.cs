using System.Diagnostics.CodeAnalysis;
using System.Text;
using Envoy.AccessLog;
using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Http.Http1;
using Envoy.Http.Streams;
using Envoy.Net;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.ConnectionManager.Streams;

/// <summary>
/// One downstream exchange: the request from its codec through the filters, and the response back. Serves one exchange after another.
/// Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  Start ─► headers ─► data* ─► [trailers] ─► request complete ─┐
///                │                                              ├─► End (log, filters told, given back)
///                └─► response headers ─► data* ─► complete ─────┘
///  a response that is complete before its request ends the stream and the connection;
///  a reset from either side, or an exception in a filter, ends it at once.
/// </code>
/// </remarks>
internal sealed partial class HttpStream : IServerStreamHandler, IHttpStreamHost, ITimerHandler
{
    // gRPC's DEADLINE_EXCEEDED.
    private const int DeadlineExceeded = 4;

    private readonly HttpConnectionManagerFactory _shared;
    private readonly HttpFilterChain _chain;
    private readonly TimerNode _idleTimer;
    private readonly TimerNode _durationTimer;
    private readonly TimerNode? _requestTimer;
    private readonly TimerNode? _logTimer;
    private HttpConnectionManager? _manager;
    private IServerStream _codec = null!;
    private RouteMatchResult _match;
    private ulong _random;
    private ByteQueue? _localBody;
    private ByteQueue? _replay;
    private long _startedAt;
    private long _lastActivity;
    private long _idleTimeout;
    private Flags _flags;

    public HttpStream(HttpConnectionManagerFactory shared, HttpFilterSlot[] filters)
    {
        _shared = shared;
        _chain = new HttpFilterChain(this, filters);
        _idleTimer = new TimerNode(this);
        _durationTimer = new TimerNode(this);
        if (shared.Options.RequestTimeout > TimeSpan.Zero)
            _requestTimer = new TimerNode(this);
        if (shared.Options.AccessLogFlushInterval is not null)
            _logTimer = new TimerNode(this);
    }

    [Flags]
    private enum Flags
    {
        Active = 1,
        ChainStarted = 1 << 1,
        RequestComplete = 1 << 2,
        ResponseStarted = 1 << 3,
        ResponseComplete = 1 << 4,
        RouteCached = 1 << 6,
        CloseConnection = 1 << 7,
        AboveHigh = 1 << 8,
        InEvent = 1 << 9,
        EndPending = 1 << 10,
        IsGrpc = 1 << 11,
        ResetPending = 1 << 12,
        Upgrading = 1 << 13,
        Switched = 1 << 14,
        Recreating = 1 << 15,
        OwnWebSocketKey = 1 << 16,
        Connect = 1 << 17,
    }

    public HeaderMap RequestHeaders { get; } = new();

    public HeaderMap RequestTrailers { get; } = new();

    public HeaderMap ResponseHeaders { get; } = new();

    public HeaderMap ResponseTrailers { get; } = new();

    public StreamInfo StreamInfo { get; } = new();

    public Worker Worker => _shared.Worker;

    public Connection? Connection => _manager?.Connection;

    public bool TellsClient => _shared.Options.AddProxyProtocolConnectionState || Connection?.Details is { HasProxyHeader: true };

    public long BufferLimit { get; set; }

    public bool PassesInformational => _shared.Options.Proxy100Continue;

    public RouteMatchResult Match
    {
        get
        {
            if (!Has(Flags.RouteCached))
            {
                Match = _shared.RoutesFor(RequestHeaders).Match(RequestHeaders, _random, StreamInfo.DownstreamTls);
            }

            return _match;
        }

        set
        {
            _flags |= Flags.RouteCached;
            _match = value;
            StreamInfo.RouteName = value.Route?.Name;
        }
    }

    public bool IsUpgrading => Has(Flags.Upgrading);

    public bool IsConnecting => Has(Flags.Connect);

    public ulong RandomValue => _random;

    public RouteMatcher Routes => _shared.Routes;

    public RedirectHistory Redirects { get; } = new();

    public FormatContext Formatting => _shared.FormatContextOf(this);

    public void Start(HttpConnectionManager manager, IServerStream codec)
    {
        _manager = manager;
        _codec = codec;
        _flags = Flags.Active;
        Redirects.Clear();
        if (manager.Connection.IsAboveWriteHighWatermark)
            _flags |= Flags.AboveHigh;
        if (_requestTimer is not null)
            Worker.Arm(_requestTimer, _shared.Options.RequestTimeout);
        Begin(manager.Connection);
    }

    /// <summary>An exchange begins; more than one for a request whose redirects are followed here.</summary>
    private void Begin(Connection connection)
    {
        var isHttp2 = _manager!.IsMultiplexed;
        _match = default;
        _random = (ulong)Worker.Random.NextInt64(long.MinValue, long.MaxValue);
        _startedAt = _lastActivity = Worker.Now;
        BufferLimit = connection.BufferLimit;
        StreamInfo.Clear();
        StreamInfo.BeganAt = _startedAt;
        StreamInfo.Protocol = isHttp2 ? "HTTP/2" : "HTTP/1.1";
        StreamInfo.SetDownstream(connection);
        StreamInfo.StartTime = Worker.TimeProvider.GetUtcNow();
        ResponseHeaders.Clear();
        ResponseTrailers.Clear();
        _shared.Stats.DownstreamRqTotal.Inc();
        (isHttp2 ? _shared.Stats.DownstreamRqHttp2Total : _shared.Stats.DownstreamRqHttp1Total).Inc();
        _shared.Stats.DownstreamRqActive.Inc();
        _idleTimeout = (long)_shared.Options.StreamIdleTimeout.TotalMilliseconds;
        if (_idleTimeout > 0)
            Worker.Arm(_idleTimer, _idleTimeout);
        if (_logTimer is not null)
            Worker.Arm(_logTimer, _shared.Options.AccessLogFlushInterval!.Value);
    }

    public void OnRequestHeaders(bool endStream)
    {
        if (!Enter())
            return;
        try
        {
            HandleRequestHeaders(endStream);
        }
        catch (Exception e) when (FilterFailed(e))
        {
        }

        Leave();
    }

    public void OnRequestData(ByteQueue data, bool endStream)
    {
        if (!Enter())
        {
            data.Clear();
            return;
        }

        StreamInfo.BytesReceived += data.Length;
        if (endStream)
            CompleteRequest();
        try
        {
            if (_chain.Request.IsEnded)
                data.Clear();
            else
                _chain.Request.Data(data, endStream);
        }
        catch (Exception e) when (FilterFailed(e))
        {
        }

        Leave();
    }

    public void OnRequestTrailers()
    {
        if (!Enter())
            return;
        CompleteRequest();
        if (RequestPreparation.Underscores(RequestTrailers, _shared) is { } error)
        {
            OnCodecError(error);
            Leave();
            return;
        }

        try
        {
            if (!_chain.Request.IsEnded)
                _chain.Request.Trailers();
        }
        catch (Exception e) when (FilterFailed(e))
        {
        }

        Leave();
    }

    public void OnReset(StreamResetReason reason, string details)
    {
        if (!Has(Flags.Active))
            return;
        _shared.Stats.DownstreamRqRxReset.Inc();
        StreamInfo.AddFlag(reason switch
        {
            StreamResetReason.RemoteReset or StreamResetReason.RemoteRefused => ResponseFlags.DownstreamRemoteReset,
            StreamResetReason.ProtocolError => ResponseFlags.DownstreamProtocolError,
            _ => ResponseFlags.DownstreamConnectionTermination,
        });
        StreamInfo.ResponseCodeDetails = details.Length > 0 ? details : "downstream_remote_disconnect";
        End();
    }

    /// <summary>The request broke the protocol: answer it if there is still a way to, and end the connection.</summary>
    public void OnCodecError(ProtocolError error)
    {
        if (!Has(Flags.Active))
            return;
        StreamInfo.AddFlag(ResponseFlags.DownstreamProtocolError);
        Refuse(error.HttpStatus, error.Details, Encoding.ASCII.GetString(Http1ReasonPhrases.Get(error.HttpStatus)));
    }

    public void OnAboveWriteHighWatermark()
    {
        // Filled again before anybody heard that it had room, for one.
        if (!Has(Flags.Active) || Has(Flags.AboveHigh))
            return;
        _flags |= Flags.AboveHigh;
        _shared.Stats.DownstreamFlowControlPausedReadingTotal.Inc();
        _chain.HoldResponse(true);
    }

    public void OnBelowWriteLowWatermark()
    {
        if (!Has(Flags.Active) || !Has(Flags.AboveHigh))
            return;
        _flags &= ~Flags.AboveHigh;
        _shared.Stats.DownstreamFlowControlResumedReadingTotal.Inc();
        _lastActivity = Worker.Now;
        _chain.HoldResponse(false);
    }

    public void ClearRouteCache() => _flags &= ~Flags.RouteCached;

    public void ReadDisable(bool disable)
    {
        if (Has(Flags.Active) && !Has(Flags.RequestComplete))
            _codec.ReadDisable(disable);
    }

    public void SendInformational()
    {
        // Nothing holds an upstream's interim responses back: a client that does not read gets none.
        if (!Has(Flags.Active) || (_flags & (Flags.ResponseStarted | Flags.AboveHigh)) != 0 || (_codec.Traits & RequestTraits.Http10) != 0)
            return;
        _lastActivity = Worker.Now;
        HopByHop.StripResponse(ResponseHeaders, isUpgrade: false);
        _codec.SendInformational(ResponseHeaders);
    }

    public void SendHeaders(bool endStream)
    {
        if (!Has(Flags.Active))
            return;
        _lastActivity = Worker.Now;
        _flags |= Flags.ResponseStarted;
        // What is limited is the wait for the request, which nobody waits for any longer.
        if (_requestTimer is not null)
            Worker.Disarm(_requestTimer);
        var switches = Has(Flags.Upgrading) && IsGrant(ResponseHeaders.Get(HeaderId.Status));
        ResponseFinishing.Prepare(ResponseHeaders, RequestHeaders, _shared, switches && !Has(Flags.Connect));
        if (switches)
        {
            Switch(endStream);
            return;
        }

        var traits = _codec.Traits;
        if ((_shared.Drain.IsDraining || _manager!.IsDraining) && !Has(Flags.CloseConnection))
        {
            if ((traits & RequestTraits.Http2) != 0)
            {
                _manager!.OnDrain();
            }
            else
            {
                _flags |= Flags.CloseConnection;
                _shared.Stats.DownstreamCxDrainClose.Inc();
            }
        }

        if ((traits & RequestTraits.LastOnConnection) != 0)
            _flags |= Flags.CloseConnection;
        if ((traits & RequestTraits.Http10) != 0)
        {
            // HTTP/1.0 knows no chunks: without a length the connection's end is the body's.
            if (!ResponseHeaders.Contains(HeaderId.ContentLength) && !endStream)
                _flags |= Flags.CloseConnection;
            else if (!Has(Flags.CloseConnection))
                ResponseHeaders.Set(HeaderId.Connection, "keep-alive"u8);
        }

        if (!Has(Flags.RequestComplete))
        {
            // The rest of the request will not be waited for.
            _flags |= Flags.CloseConnection;
            _shared.Stats.DownstreamRqResponseBeforeRqComplete.Inc();
        }

        if (Has(Flags.CloseConnection))
            ResponseHeaders.Set(HeaderId.Connection, "close"u8);
        ChargeResponse();
        StreamInfo.Times.FirstDownstreamTx = StreamInfo.Moment(Worker.Now);
        _codec.SendHeaders(ResponseHeaders, endStream);
        // A codec whose output is full beyond its limits ends the connection, and the stream with it, from within the call.
        if (endStream && Has(Flags.Active))
            CompleteResponse();
    }

    public void SendData(ByteQueue data, bool endStream)
    {
        if (!Has(Flags.Active))
        {
            data.Clear();
            return;
        }

        _lastActivity = Worker.Now;
        StreamInfo.BytesSent += data.Length;
        _codec.SendData(data, endStream);
        if (endStream && Has(Flags.Active))
            CompleteResponse();
    }

    public void SendTrailers()
    {
        if (!Has(Flags.Active))
            return;
        _codec.SendTrailers(ResponseTrailers);
        if (Has(Flags.Active))
            CompleteResponse();
    }

    public void SendLocalReply(in LocalReply reply)
    {
        if (!Has(Flags.Active))
            return;
        StreamInfo.AddFlag(reply.Flags);
        StreamInfo.ResponseCodeDetails = reply.Details;
        if (Has(Flags.ResponseStarted))
        {
            // An answer has begun already: a second one cannot replace it.
            Reset();
            return;
        }

        if (reply.CloseConnection)
            _flags |= Flags.CloseConnection;
        // Once the filters have begun with another response (held, paused, or in a hook on the stack) this one goes past them, as in Envoy:
        // they would see two.
        var throughChain = Has(Flags.ChainStarted) && !_chain.Response.HeadersSeen;
        if (Has(Flags.ChainStarted))
            _chain.Abort();
        _chain.Request.End();
        if (Has(Flags.ChainStarted))
            _chain.Response.End();
        try
        {
            Answer(reply, throughChain);
        }
        catch (Exception e) when (FilterFailed(e))
        {
        }
    }

    public void OnRequestTooLarge()
    {
        _shared.Stats.DownstreamRqTooLarge.Inc();
        SendLocalReply(new LocalReply(413, "request_payload_too_large") { Body = "Payload Too Large" });
    }

    public void OnResponseTooLarge()
    {
        _shared.Stats.RsTooLarge.Inc();
        SendLocalReply(new LocalReply(500, "response_payload_too_large") { Body = "Internal Server Error" });
    }

    public void Reset()
    {
        if (!Has(Flags.Active))
            return;
        _shared.Stats.DownstreamRqTxReset.Inc();
        if (!Has(Flags.ResponseComplete))
            _flags |= Flags.ResetPending;
        End();
    }

    private bool Has(Flags flags) => (_flags & flags) != 0;

    private void Answer(in LocalReply reply, bool throughChain)
    {
        StreamInfo.DurationMilliseconds = Worker.Now - _startedAt;
        var body = LocalReplies.Write(reply, Has(Flags.IsGrpc), _shared.FormatContextOf(this), _shared);
        var endStream = body.IsEmpty || RequestHeaders.Get(HeaderId.Method).SequenceEqual("HEAD"u8);
        if (!throughChain)
        {
            SendHeaders(endStream);
            if (!endStream && Has(Flags.Active))
                SendData(LocalBody(body), endStream: true);
            return;
        }

        _chain.RestartResponse();
        _chain.Response.Headers(endStream);
        if (!endStream && Has(Flags.Active))
            _chain.Response.Data(LocalBody(body), endStream: true);
    }

    private bool Enter()
    {
        if (!Has(Flags.Active))
            return false;
        _lastActivity = Worker.Now;
        _flags |= Flags.InEvent;
        return true;
    }

    private void Leave()
    {
        _flags &= ~Flags.InEvent;
        if (Has(Flags.EndPending))
            Recycle();
    }

    [SuppressMessage("Design", "CA1031", Justification = "An exception of a filter resets its stream, never the worker's loop.")]
    private bool FilterFailed(Exception e)
    {
        HttpFilterLog.FilterFailed(Worker.Logger, e, "chain");
        Reset();
        return true;
    }

    private void CompleteRequest()
    {
        _flags |= Flags.RequestComplete;
        StreamInfo.Times.LastDownstreamRx = StreamInfo.Moment(Worker.Now);
        if (_requestTimer is not null)
            Worker.Disarm(_requestTimer);
    }

    private void CompleteResponse()
    {
        _flags |= Flags.ResponseComplete;
        StreamInfo.Times.LastDownstreamTx = StreamInfo.Moment(Worker.Now);
        End();
    }

    private void ChargeResponse()
    {
        StreamInfo.ResponseCode = StatusHeader.Read(ResponseHeaders);
        // Health checks are not what users of the proxy see.
        if (StreamInfo.IsHealthCheck)
            return;
        _shared.Stats.ChargeResponse(StreamInfo.ResponseCode);
        _shared.ListenerStats.ChargeResponse(StreamInfo.ResponseCode);
    }

    private ByteQueue LocalBody(ReadOnlyMemory<byte> body)
    {
        _localBody ??= new ByteQueue(Worker);
        _localBody.Append(body.Span);
        return _localBody;
    }

    /// <summary>The exchange is over: tells everybody once, and gives the codec its connection back.</summary>
    private void End()
    {
        _flags &= ~(Flags.Active | Flags.Recreating);
        Worker.Disarm(_idleTimer);
        Worker.Disarm(_durationTimer);
        if (_requestTimer is not null)
            Worker.Disarm(_requestTimer);
        if (_logTimer is not null)
            Worker.Disarm(_logTimer);
        if (Has(Flags.Switched))
            _shared.Stats.DownstreamCxUpgradesActive.Dec();
        EndExchange();
        var manager = _manager!;
        var codec = _codec;
        manager.OnStreamEnded();
        if (Has(Flags.ResetPending))
            codec.Reset(ResetReason(codec.Traits));
        else if (Has(Flags.ResponseComplete))
            codec.Finish(Has(Flags.CloseConnection) || !Has(Flags.RequestComplete) || _shared.Drain.IsDraining || manager.IsClosing);
        Log(AccessLogType.DownstreamEnd);
        // From inside one of its own events the stream is given back only when that event is over.
        if (Has(Flags.InEvent))
            _flags |= Flags.EndPending;
        else
            Recycle();
    }

    private void EndExchange()
    {
        _shared.Stats.DownstreamRqActive.Dec();
        _shared.Stats.DownstreamRqTime.Record(Worker.Now - _startedAt);
        if (Has(Flags.ChainStarted))
            _chain.End();
    }

    private void Log(AccessLogType type)
    {
        if (!_shared.AccessLogs.IsEmpty)
            _shared.AccessLogs.Write(_shared.FormatContextOf(this), type, Worker.Now - _startedAt);
    }

    private void Recycle()
    {
        _flags &= ~Flags.EndPending;
        if (Has(Flags.ChainStarted))
            _chain.Release();
        _manager = null;
        _localBody?.Clear();
        _replay?.Clear();
        RequestHeaders.Clear();
        _shared.ReturnStream(this);
    }
}
