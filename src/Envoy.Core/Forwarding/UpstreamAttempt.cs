using Envoy.Buffers;
using Envoy.Clusters;
using Envoy.Clusters.Hosts;
using Envoy.Clusters.Pools;
using Envoy.Http.Headers;
using Envoy.Http.Http2;
using Envoy.Http.Streams;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.Forwarding;

/// <summary>
/// One try of an <see cref="UpstreamExchange"/>: its place in a pool's queue, its stream, its own times. Serves one try after another.
/// Worker-owned.
/// </summary>
internal sealed class UpstreamAttempt : IStreamRequester, IClientStreamHandler, ITimerHandler
{
    private readonly UpstreamExchange _exchange;
    private readonly Worker _worker;
    private readonly StreamRequest _place;
    private readonly TimerNode _timeout;
    private readonly TimerNode _idleTimeout;
    private HeaderMap? _ownHeaders;
    private IClientStream? _stream;
    private bool _held;

    public UpstreamAttempt(UpstreamExchange exchange, Worker worker)
    {
        _exchange = exchange;
        _worker = worker;
        _place = new StreamRequest(this);
        _timeout = new TimerNode(this);
        _idleTimeout = new TimerNode(this);
    }

    public IClientStreamHandler ResponseHandler => this;

    /// <summary>The exchange's map; a map of its own where another try may answer first.</summary>
    public HeaderMap ResponseHeaders => _exchange.IsHedging ? _ownHeaders ??= new HeaderMap() : _exchange.Handler.ResponseHeaders;

    public HeaderMap ResponseTrailers => _exchange.Handler.ResponseTrailers;

    public Host Host { get; private set; } = null!;

    public HostStatsPart HostStats { get; private set; } = null!;

    /// <summary>The connection that it goes over; null until there is one.</summary>
    public Connection? Connection { get; private set; }

    /// <summary>It is under way.</summary>
    public bool IsActive { get; private set; }

    /// <summary>The request's head has been given to a connection.</summary>
    public bool IsSent { get; private set; }

    /// <summary>The response's headers are there.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>Whether it went well is not known before its trailers.</summary>
    public bool IsUndecided { get; set; }

    /// <summary>Its time was up, and another try was begun beside it.</summary>
    public bool IsOutlived { get; set; }

    /// <summary>It goes, or went, over HTTP/2.</summary>
    public bool IsHttp2 { get; private set; }

    public bool IsAboveHigh => _stream is { IsAboveWriteHighWatermark: true };

    /// <summary>Begins; the outcome may come from within the call.</summary>
    public void Start(Host host, IHttpPool pool)
    {
        Host = host;
        HostStats = host.Stats.Of(_worker);
        IsActive = true;
        IsSent = HasAnswered = IsUndecided = IsOutlived = IsHttp2 = _held = false;
        _stream = null;
        Connection = null;
        pool.Request(_place);
    }

    /// <summary>The request is complete: the try's own time begins, unless it has begun.</summary>
    public void BeginTime()
    {
        if (_exchange.Options.PerTryTimeout > 0 && IsActive && !HasAnswered)
            _worker.Arm(_timeout, _exchange.Options.PerTryTimeout);
        Touch();
    }

    public void SendData(ByteQueue data, bool endStream)
    {
        Touch();
        _stream!.SendData(data, endStream);
    }

    public void SendTrailers(HeaderMap trailers) => _stream!.SendTrailers(trailers);

    /// <summary>The tunnel that it asked for is there.</summary>
    public void Grant()
    {
        if (_stream is { } stream)
            _exchange.OnGranted(stream);
    }

    public void Hold(bool hold)
    {
        if (_held == hold)
            return;
        _held = hold;
        if (_stream is { } stream)
            HoldStream(stream, hold);
    }

    /// <summary>Nobody wants it any more: leaves the queue, or resets the stream.</summary>
    public void Cancel()
    {
        if (!IsActive)
            return;
        Finish();
        _place.Cancel();
        var stream = _stream;
        _stream = null;
        stream?.Reset(StreamResetReason.LocalReset);
    }

    public void OnStreamReady(IClientStream stream, Host host, Connection connection)
    {
        Connection = connection;
        _stream = stream;
        IsHttp2 = stream is Http2ClientStream;
        IsSent = true;
        // Held back while there was no stream yet; what is asked for from here on finds one.
        if (_held)
            HoldStream(stream, hold: true);
        _exchange.OnReady(this, stream);
    }

    public void OnStreamFailed(StreamResetReason reason, string details) => Fail(reason, details);

    public void OnInformational()
    {
        Touch();
        _exchange.OnInformational(this);
    }

    public void OnResponseHeaders(int status, bool endStream)
    {
        HasAnswered = true;
        _worker.Disarm(_timeout);
        Touch();
        if (endStream)
            Complete();
        _exchange.OnResponseHeaders(this, status, endStream);
    }

    public void OnResponseData(ByteQueue data, bool endStream)
    {
        Touch();
        if (endStream)
            Complete();
        _exchange.OnResponseData(this, data, endStream);
    }

    public void OnResponseTrailers()
    {
        Complete();
        _exchange.OnResponseTrailers(this);
    }

    public void OnReset(StreamResetReason reason, string details) => Fail(reason, details);

    public void OnAboveWriteHighWatermark() => _exchange.OnWatermark(this, above: true);

    public void OnBelowWriteLowWatermark() => _exchange.OnWatermark(this, above: false);

    public void OnTimer(TimerNode timer)
    {
        if (IsActive)
            _exchange.OnTryTimeout(this, idle: ReferenceEquals(timer, _idleTimeout));
    }

    private void Touch()
    {
        if (_exchange.Options.PerTryIdleTimeout > 0 && IsActive)
            _worker.Arm(_idleTimeout, _exchange.Options.PerTryIdleTimeout);
    }

    /// <summary>The response is whole; the stream belongs to its connection again.</summary>
    private void Complete()
    {
        Finish();
        _stream = null;
    }

    private void HoldStream(IClientStream stream, bool hold)
    {
        var stats = _exchange.Options.Cluster.Stats;
        (hold ? stats.UpstreamFlowControlPausedReadingTotal : stats.UpstreamFlowControlResumedReadingTotal).Inc();
        stream.ReadDisable(hold);
    }

    private void Finish()
    {
        // Its end lets the connection go on, whoever did not want more of it.
        if (_held && _stream is not null)
            _exchange.Options.Cluster.Stats.UpstreamFlowControlResumedReadingTotal.Inc();
        _held = false;
        IsActive = false;
        _worker.Disarm(_timeout);
        _worker.Disarm(_idleTimeout);
    }

    private void Fail(StreamResetReason reason, string details)
    {
        if (!IsActive)
            return;
        Finish();
        _stream = null;
        _exchange.OnAttemptFailed(this, reason, details);
    }
}
