using Envoy.Buffers;
using Envoy.Clusters;
using Envoy.Clusters.Hosts;
using Envoy.Clusters.Pools;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Http.Streams;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.Forwarding;

/// <summary>
/// One request to a cluster and its response: chooses a host, waits for a connection, and keeps the time. Serves one exchange after
/// another. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  Start ─► waiting for a connection (what is sent meanwhile is kept up to the watermark) ─► sending ─► response ─► Done
///              │ pool failure                                                                  │ reset, timeout
///              └────────────────────────────► OnFailed ◄─────────────────────────────────────────┘
/// </code>
/// </remarks>
internal sealed class UpstreamExchange : IStreamRequester, IClientStreamHandler, ITimerHandler
{
    private readonly Worker _worker;
    private readonly IExchangeHandler _handler;
    private readonly StreamRequest _place;
    private readonly TimerNode _timeout;
    private readonly ByteQueue _waiting;
    private Cluster? _cluster;
    private Host? _host;
    private HostStatsPart? _hostStats;
    private IClientStream? _stream;
    private HeaderMap _headers = null!;
    private HeaderMap? _trailers;
    private TimeSpan _limit;
    private long _bufferLimit;
    private long _requestCompleteAt;
    private bool _headersEnd;
    private bool _requestComplete;
    private bool _responseStarted;
    private bool _active;
    private bool _heldBack;
    private bool _responseHeld;

    public UpstreamExchange(Worker worker, IExchangeHandler handler)
    {
        _worker = worker;
        _handler = handler;
        _place = new StreamRequest(this);
        _timeout = new TimerNode(this);
        _waiting = new ByteQueue(worker);
    }

    public IClientStreamHandler ResponseHandler => this;

    public HeaderMap ResponseHeaders => _handler.ResponseHeaders;

    public HeaderMap ResponseTrailers => _handler.ResponseTrailers;

    /// <summary>The host that was chosen; null before.</summary>
    public string? HostAddress => _host?.Address;

    /// <summary>Milliseconds from the end of the request to the response's headers; -1 if they came before that end.</summary>
    public long ServiceTime { get; private set; }

    /// <summary>Begins; the outcome may come from within the call.</summary>
    /// <param name="cluster">Where to.</param>
    /// <param name="headers">The request's headers, which stay the caller's and unchanged until they are sent.</param>
    /// <param name="endStream">They are all of the request.</param>
    /// <param name="timeout">From the end of the request to the end of the response; zero: none.</param>
    /// <param name="bufferLimit">How much may wait for a connection before the source is held back.</param>
    public void Start(Cluster cluster, HeaderMap headers, bool endStream, TimeSpan timeout, long bufferLimit)
    {
        _cluster = cluster;
        _headers = headers;
        _trailers = null;
        _headersEnd = endStream;
        _limit = timeout;
        _bufferLimit = bufferLimit;
        _requestComplete = _responseStarted = _heldBack = false;
        ServiceTime = -1;
        _stream = null;
        _host = cluster.ChooseHost();
        if (_host is null)
        {
            cluster.Stats.UpstreamCxNoneHealthy.Inc();
            cluster.Stats.ChargeResponse(503, internalRequest: false);
            _handler.OnFailed(new ExchangeFailure(503, "no healthy upstream", "no_healthy_upstream", ResponseFlags.NoHealthyUpstream));
            return;
        }

        _hostStats = _host.Stats.Of(_worker);
        _active = true;
        if (endStream)
            CompleteRequest();
        if (_active)
            Http1Pools.Of(cluster).For(_host).Request(_place);
    }

    public void SendData(ByteQueue data, bool endStream)
    {
        if (!_active)
        {
            data.Clear();
            return;
        }

        if (endStream)
            CompleteRequest();
        if (_stream is { } stream)
        {
            stream.SendData(data, endStream);
            return;
        }

        _waiting.Append(data);
        if (_waiting.Length > _bufferLimit && _bufferLimit > 0)
            HoldRequest(true);
    }

    public void SendTrailers(HeaderMap trailers)
    {
        if (!_active)
            return;
        CompleteRequest();
        if (_stream is { } stream)
            stream.SendTrailers(trailers);
        else
            _trailers = trailers;
    }

    /// <summary>Stops (true) or restarts (false) the upstream's sending; calls do not nest.</summary>
    public void HoldResponse(bool hold)
    {
        if (_responseHeld == hold)
            return;
        _responseHeld = hold;
        _stream?.ReadDisable(hold);
    }

    /// <summary>Nobody wants the rest: leaves the queue or resets the stream. Harmless when all is done.</summary>
    public void End()
    {
        if (!_active)
            return;
        Close();
        _place.Cancel();
        var stream = _stream;
        _stream = null;
        stream?.Reset(StreamResetReason.LocalReset);
    }

    public void OnStreamReady(IClientStream stream, Host host)
    {
        _stream = stream;
        var dataFollows = !_waiting.IsEmpty || _trailers is not null;
        stream.SendHeaders(_headers, _headersEnd);
        if (!_headersEnd && (dataFollows || _requestComplete))
        {
            if (!_waiting.IsEmpty || _trailers is null)
                stream.SendData(_waiting, _requestComplete && _trailers is null);
            if (_trailers is not null)
                stream.SendTrailers(_trailers);
        }

        if (_responseHeld)
            stream.ReadDisable(true);
        // What had to wait may fill the connection at once: then the client stays held back until that one has room.
        HoldRequest(stream.IsAboveWriteHighWatermark);
    }

    public void OnStreamFailed(StreamResetReason reason, string details) => Fail(reason, details);

    public void OnInformational() => _handler.OnInformational();

    public void OnResponseHeaders(int status, bool endStream)
    {
        _responseStarted = true;
        var cluster = _cluster!;
        cluster.Stats.ChargeResponse(status, internalRequest: false);
        if (status >= 500)
            _hostStats!.RqError++;
        else
            _hostStats!.RqSuccess++;
        if (_requestComplete)
        {
            ServiceTime = _worker.Now - _requestCompleteAt;
            cluster.Stats.ChargeResponseTime(ServiceTime, internalRequest: false);
        }

        if (endStream)
            Complete();
        _handler.OnResponseHeaders(status, endStream);
    }

    public void OnResponseData(ByteQueue data, bool endStream)
    {
        if (endStream)
            Complete();
        _handler.OnResponseData(data, endStream);
    }

    public void OnResponseTrailers()
    {
        Complete();
        _handler.OnResponseTrailers();
    }

    public void OnReset(StreamResetReason reason, string details) => Fail(reason, details);

    public void OnAboveWriteHighWatermark() => HoldRequest(true);

    public void OnBelowWriteLowWatermark() => HoldRequest(false);

    public void OnTimer(TimerNode timer)
    {
        var cluster = _cluster!;
        cluster.Stats.UpstreamRqTimeout.Inc();
        _hostStats!.RqTimeout++;
        if (!_responseStarted)
        {
            cluster.Stats.ChargeResponse(504, internalRequest: false);
            _hostStats.RqError++;
        }

        End();
        _handler.OnFailed(new ExchangeFailure(504, "upstream request timeout", "upstream_response_timeout", ResponseFlags.UpstreamRequestTimeout));
    }

    /// <summary>Forgets that the response was held; for the next stream.</summary>
    public void Clear() => _responseHeld = false;

    private void HoldRequest(bool hold)
    {
        if (_heldBack == hold || !_active)
            return;
        _heldBack = hold;
        if (hold)
            _handler.OnAboveRequestHighWatermark();
        else
            _handler.OnBelowRequestLowWatermark();
    }

    private void CompleteRequest()
    {
        _requestComplete = true;
        _requestCompleteAt = _worker.Now;
        // The route's time begins only now: how long the client takes to send is not the upstream's fault.
        if (_limit > TimeSpan.Zero)
            _worker.Arm(_timeout, _limit);
    }

    /// <summary>The response is whole; the stream belongs to its connection again.</summary>
    private void Complete()
    {
        Close();
        _stream = null;
    }

    private void Close()
    {
        _active = false;
        _worker.Disarm(_timeout);
        _waiting.Clear();
    }

    private void Fail(StreamResetReason reason, string details)
    {
        if (!_active)
            return;
        Close();
        _stream = null;
        var overflow = reason == StreamResetReason.Overflow;
        var status = reason == StreamResetReason.ProtocolError ? 502 : 503;
        var text = StreamResetReasons.Text(reason);
        if (!_responseStarted)
        {
            _cluster!.Stats.ChargeResponse(status, internalRequest: false);
            if (!overflow)
                _hostStats!.RqError++;
        }

        var body = "upstream connect error or disconnect/reset before headers. reset reason: " + text
            + (details.Length > 0 ? ", transport failure reason: " + details : "");
        var word = _responseStarted ? "upstream_reset_after_response_started{" : "upstream_reset_before_response_started{";
        var inner = details.Length > 0 ? text + "|" + details : text;
        _handler.OnFailed(new ExchangeFailure(status, body, word + inner.Replace(' ', '_') + "}", FlagOf(reason)) { Overloaded = overflow });
    }

    private static ResponseFlags FlagOf(StreamResetReason reason) => reason switch
    {
        StreamResetReason.LocalConnectionFailure or StreamResetReason.RemoteConnectionFailure or StreamResetReason.ConnectionTimeout
            => ResponseFlags.UpstreamConnectionFailure,
        StreamResetReason.ConnectionTermination => ResponseFlags.UpstreamConnectionTermination,
        StreamResetReason.LocalReset => ResponseFlags.LocalReset,
        StreamResetReason.Overflow => ResponseFlags.UpstreamOverflow,
        StreamResetReason.ProtocolError => ResponseFlags.UpstreamProtocolError,
        _ => ResponseFlags.UpstreamRemoteReset,
    };
}
