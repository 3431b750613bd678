using Envoy.Buffers;
using Envoy.Clusters;
using Envoy.Clusters.Hosts;
using Envoy.Clusters.Pools;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Http.Streams;
using Envoy.Matching;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Runtime.Timers;
using Envoy.RuntimeSettings;

namespace Envoy.Forwarding;

/// <summary>
/// One request to a cluster and its response, over as many tries as it takes: chooses hosts, keeps what another try would need, and keeps the
/// time. Serves one exchange after another. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  Start ─► try ──────────► response headers ──► worth a retry? ── no ─► passed on ─► Done
///            ▲  │ failure, per-try timeout           │ yes
///            │  ▼                                    ▼
///            └─ back-off ◄──── a retry left? ◄───────┘        no retry left, or the time is up: OnFailed
/// </code>
/// With hedging a try whose time is up goes on beside the next one; the first whose headers are no reason to retry wins, and ends the others.
/// </remarks>
internal sealed partial class UpstreamExchange : ITimerHandler
{
    // A try and those that outlived their time; more than this many retries with hedging end the oldest.
    private const int MostAttempts = 8;

    private readonly Worker _worker;
    private readonly RuntimeLoader _runtime;
    private readonly MatchScratch _scratch;
    private readonly TimerNode _timeout;
    private readonly TimerNode _backOff;
    private readonly ByteQueue _kept;
    private readonly ByteQueue _waiting;
    private readonly List<UpstreamAttempt> _active = [];
    private readonly Stack<UpstreamAttempt> _free = new();
    private UpstreamAttempt? _winner;
    private HeaderMap _headers = null!;
    private HeaderMap? _trailers;
    private long _requestCompleteAt;
    private ulong _retriesLeft;
    private int _triedHosts;
    private Host?[] _hosts = new Host?[4];
    private long _nextBackOff;
    private bool _headersEnd;
    private bool _requestComplete;
    private bool _keeps;
    private bool _running;
    private bool _started;
    private bool _retryPending;
    private bool _retriesAfterTimeout;
    private bool _heldBack;
    private bool _responseHeld;
    private bool _internal;
    private bool _canary;
    private bool _paused;

    public UpstreamExchange(Worker worker, RuntimeLoader runtime, IExchangeHandler handler)
    {
        _worker = worker;
        _runtime = runtime;
        _scratch = MatchScratch.Of(worker);
        Handler = handler;
        _timeout = new TimerNode(this);
        _backOff = new TimerNode(this);
        _kept = new ByteQueue(worker);
        _waiting = new ByteQueue(worker);
    }

    public IExchangeHandler Handler { get; }

    /// <summary>What the exchange under way is like; the next one's is filled in before it starts.</summary>
    public ExchangeOptions Options { get; } = new();

    /// <summary>Two tries may be under way at the same time.</summary>
    public bool IsHedging => Options.Hedge;

    /// <summary>The host of the last try, or of the one that answered; null before.</summary>
    public Host? Host { get; private set; }

    /// <summary>The connection of the try that was sent last; null: none was.</summary>
    public Connection? Connection { get; private set; }

    /// <summary>The answer came over HTTP/2.</summary>
    public bool IsHttp2 { get; private set; }

    /// <summary>How often the request was sent, or was to be.</summary>
    public int AttemptCount { get; private set; }

    /// <summary>Milliseconds from the end of the request to the response's headers; -1 if they came before that end.</summary>
    public long ServiceTime { get; private set; }

    private Cluster Cluster => Options.Cluster;

    private ClusterLimits Limits => Options.HighPriority ? Cluster.Snapshot.HighPriorityLimits : Cluster.Limits;

    /// <summary>Begins; the outcome may come from within the call. <see cref="Options"/> has been filled.</summary>
    /// <param name="headers">The request's headers, which stay the caller's and unchanged until they are sent.</param>
    /// <param name="endStream">They are all of the request.</param>
    public void Start(HeaderMap headers, bool endStream)
    {
        _headers = headers;
        _trailers = null;
        _headersEnd = endStream;
        _requestComplete = _started = _heldBack = _retryPending = _retriesAfterTimeout = false;
        _keeps = Options.KeepsBody;
        _paused = Options.Connects && Options.Tunnel is null;
        _retriesLeft = Options.Retries;
        _nextBackOff = 0;
        _triedHosts = 0;
        _winner = null;
        ServiceTime = -1;
        Host = null;
        Connection = null;
        AttemptCount = 1;
        _running = true;
        Options.VirtualCluster?.UpstreamRqTotal.Inc();
        Options.Route?.UpstreamRqTotal.Inc();
        if (endStream)
            CompleteRequest();
        if (_running)
            Try();
    }

    public void SendData(ByteQueue data, bool endStream)
    {
        if (!_running)
        {
            data.Clear();
            return;
        }

        if (_keeps && !Keep(data))
            return;
        if (endStream)
            CompleteRequest();
        if (!_running)
        {
            data.Clear();
            return;
        }

        if (_active.Count == 1 && _active[0].IsSent && !_paused)
        {
            _active[0].SendData(data, endStream);
            return;
        }

        if (_active.Count > 1 && !_paused)
        {
            // Hedged before the request's end: each gets the same bytes.
            foreach (var attempt in _active)
            {
                if (!attempt.IsSent)
                    continue;
                foreach (var span in data)
                    _waiting.Append(span);
                attempt.SendData(_waiting, endStream);
            }

            data.Clear();
            return;
        }

        // No connection yet, or no tunnel. What is kept anyhow does not wait twice.
        if (_keeps)
            data.Clear();
        else
            _waiting.Keep(data);
        if (Math.Max(_waiting.Length, _kept.Length) > Options.BufferLimit && Options.BufferLimit > 0)
            HoldRequest(true);
    }

    public void SendTrailers(HeaderMap trailers)
    {
        if (!_running)
            return;
        _trailers = trailers;
        CompleteRequest();
        foreach (var attempt in _active)
        {
            if (attempt.IsSent && !_paused)
                attempt.SendTrailers(trailers);
        }
    }

    /// <summary>Stops (true) or restarts (false) the upstream's sending; calls do not nest.</summary>
    public void HoldResponse(bool hold)
    {
        _responseHeld = hold;
        foreach (var attempt in _active)
            attempt.Hold(hold);
    }

    /// <summary>Nobody wants the rest. Harmless when all is done.</summary>
    public void End()
    {
        if (!_running)
            return;
        Close();
        CancelAll(null);
    }

    /// <summary>The whole request is at hand, to be sent elsewhere; <see cref="KeptBody"/> is its body.</summary>
    public bool CanRedirect => _requestComplete && (_headersEnd || _keeps);

    /// <summary>The body as far as it is kept; whoever takes it away must not let the exchange go on.</summary>
    public ByteQueue KeptBody => _kept;

    /// <summary>Forgets what belongs to the last stream.</summary>
    public void Clear()
    {
        _responseHeld = false;
        _kept.Clear();
        Array.Clear(_hosts);
    }

    public void OnTimer(TimerNode timer)
    {
        if (!_running)
            return;
        if (ReferenceEquals(timer, _backOff))
        {
            Retry();
            return;
        }

        Cluster.Stats.UpstreamRqTimeout.Inc();
        Options.VirtualCluster?.UpstreamRqTimeout.Inc();
        Options.Route?.UpstreamRqTimeout.Inc();
        foreach (var attempt in _active)
        {
            attempt.HostStats.RqTimeout++;
            if (!_started)
                attempt.HostStats.RqError++;
        }

        TimeOut("upstream_response_timeout");
    }

    internal void OnReady(UpstreamAttempt attempt, IClientStream stream)
    {
        Host = attempt.Host;
        Connection = attempt.Connection;
        Handler.OnAttempt(AttemptCount, _retriesAfterTimeout);
        stream.SendHeaders(_headers, _headersEnd, Options.Upgrades);
        if (!_paused)
            SendWaiting(stream);
        if (Options.Upgrades && Options.Timeout > 0 && !_timeout.IsArmed)
            _worker.Arm(_timeout, Options.Timeout);
        if (_requestComplete || Options.Upgrades)
            attempt.BeginTime();
        if (_responseHeld)
            attempt.Hold(true);

        // What had to wait may fill the connection at once: then the client stays held back until that one has room.
        if (!_paused)
            HoldRequest(stream.IsAboveWriteHighWatermark);
    }

    /// <summary>The upstream has granted the tunnel: what the client sent meanwhile goes into it.</summary>
    internal void OnGranted(IClientStream stream)
    {
        _paused = false;
        if (!_running)
            return;
        SendWaiting(stream);
        HoldRequest(stream.IsAboveWriteHighWatermark);
    }

    internal void OnInformational(UpstreamAttempt attempt)
    {
        if (!IsHedging)
            Handler.OnInformational();
    }

    internal void OnResponseHeaders(UpstreamAttempt attempt, int status, bool endStream)
    {
        if (!attempt.IsActive)
            Release(attempt);
        var retry = !_started && Options.RetryOn != 0 && !attempt.IsOutlived && RetryDecisions.FromHeaders(Options, status, attempt.ResponseHeaders, _scratch);
        if (retry)
        {
            var wait = Options.Policy.ResetHeaders.Length == 0 ? 0 : RetryDecisions.ResetInterval(Options.Policy, attempt.ResponseHeaders, _worker.TimeProvider.GetUtcNow());
            if (BeginRetry(wait, afterTimeout: false))
            {
                Cluster.Stats.ChargeRetry(status, withCode: !Options.ExcludesCodes);
                attempt.HostStats.RqError++;
                Abandon(attempt);
                return;
            }
        }

        // A bad answer of one of several does not decide while another may give a better one.
        if (retry && (_active.Count > (attempt.IsActive ? 1 : 0) || _retryPending))
        {
            attempt.HostStats.RqError++;
            Abandon(attempt);
            return;
        }

        Count(attempt, status, endStream);
        if (_retryPending)
        {
            // The answer of a try that had outlived its time came before the next try began.
            _worker.Disarm(_backOff);
            EndRetry();
        }

        Win(attempt, status, endStream);
    }

    internal void OnResponseData(UpstreamAttempt attempt, ByteQueue data, bool endStream)
    {
        if (!ReferenceEquals(attempt, _winner) || !_running)
        {
            data.Clear();
            return;
        }

        if (endStream)
        {
            CountCut(attempt);
            Complete(attempt);
        }

        Handler.OnResponseData(data, endStream);
    }

    internal void OnResponseTrailers(UpstreamAttempt attempt)
    {
        if (!ReferenceEquals(attempt, _winner) || !_running)
            return;
        if (attempt.IsUndecided)
            CountGrpc(attempt, Handler.ResponseTrailers);
        Complete(attempt);
        Handler.OnResponseTrailers();
    }

    internal void OnWatermark(UpstreamAttempt attempt, bool above)
    {
        if (_active.Count == 1 && ReferenceEquals(_active[0], attempt))
            HoldRequest(above);
    }

    internal void OnAttemptFailed(UpstreamAttempt attempt, StreamResetReason reason, string details)
    {
        Release(attempt);
        if (!_running)
            return;
        if (!_started && !attempt.IsOutlived && Options.RetryOn != 0
            && RetryDecisions.FromReset(Options, reason, attempt.IsSent) && BeginRetry(0, afterTimeout: false))
        {
            attempt.HostStats.RqError++;
            return;
        }

        if (!_started && (_active.Count > 0 || _retryPending))
        {
            attempt.HostStats.RqError++;
            return;
        }

        Fail(attempt, reason, details);
    }

    internal void OnTryTimeout(UpstreamAttempt attempt, bool idle)
    {
        if (Options.Hedge && !idle)
        {
            if (!_started && Options.RetryOn != 0 && BeginRetry(0, afterTimeout: true))
                attempt.IsOutlived = true;
            return;
        }

        var stats = Cluster.Stats;
        (idle ? stats.UpstreamRqPerTryIdleTimeout : stats.UpstreamRqPerTryTimeout).Inc();
        attempt.HostStats.RqTimeout++;
        attempt.Cancel();
        Release(attempt);
        if (!_started && RetryDecisions.FromReset(Options, StreamResetReason.LocalReset, requestStarted: true) && BeginRetry(0, afterTimeout: true))
        {
            attempt.HostStats.RqError++;
            return;
        }

        if (!_started)
            attempt.HostStats.RqError++;
        TimeOut(idle ? "upstream_per_try_idle_timeout" : "upstream_per_try_timeout");
    }

    private void Try()
    {
        if (ChooseHost() is not { } host)
        {
            Cluster.Stats.UpstreamCxNoneHealthy.Inc();
            ChargeResponse(503);
            Close();
            CancelAll(null);
            Handler.OnFailed(new ExchangeFailure(503, "no healthy upstream", "no_healthy_upstream", ResponseFlags.NoHealthyUpstream));
            return;
        }

        if (_active.Count == MostAttempts)
            Abandon(_active[0]);
        Host = host;
        var attempt = _free.TryPop(out var free) ? free : new UpstreamAttempt(this, _worker);
        _active.Add(attempt);
        attempt.Start(host, PoolFor(host));
    }

    private IHttpPool PoolFor(Host host) => Options.Tunnel is { } tunnel
        ? new TcpTunnel(Cluster, host, Limits, tunnel, Options.Client, Options.TellsClient, Options.ServerName)
        : HttpPools.Of(Cluster).For(host, Options.Kind, Options.HighPriority, Options.ServerName, Options.TellsClient ? Options.Client?.Client : null, Options.Client?.UpstreamSource);

    /// <summary>Draws a host; again, as often as the policy allows, while it is one that a predicate rejects.</summary>
    private Host? ChooseHost()
    {
        var config = Options.Policy.Config;
        Host? host = null;
        var draws = AttemptCount > 1 && config.HostPredicates.Count > 0 ? config.HostSelectionMaxAttempts + 1 : 1;
        for (var draw = 0u; draw < draws; draw++)
        {
            host = Cluster.ChooseHost();
            if (host is null || !WasTried(host))
                break;
        }

        if (host is not null && config.HostPredicates.Count > 0)
        {
            if (_triedHosts == _hosts.Length)
                Array.Resize(ref _hosts, _triedHosts * 2);
            _hosts[_triedHosts++] = host;
        }

        return host;
    }

    // No host is a canary here, so that the other predicate rejects none.
    private bool WasTried(Host host) =>
        Options.Policy.Config.HostPredicates.Contains(Routing.RetryHostPredicateConfig.PreviousHosts) && _hosts.AsSpan(0, _triedHosts).IndexOf(host) >= 0;

    private bool Keep(ByteQueue data)
    {
        if (_kept.Length + data.Length <= Options.KeepLimit)
        {
            foreach (var span in data)
                _kept.Keep(span);
            return true;
        }

        // Too much to send again: from here on there is one try.
        Cluster.Stats.RetryOrShadowAbandoned.Inc();
        _keeps = false;
        Options.MayRedirect = false;
        Options.RetryOn = Routing.RetryConditions.None;
        Options.Hedge = false;
        if (_active.Count > 0)
        {
            if (!_active[0].IsSent)
                _waiting.Append(_kept);
            _kept.Clear();
            return true;
        }

        // Between two tries there is nobody to send it to.
        data.Clear();
        Close();
        Handler.OnFailed(new ExchangeFailure(507, "exceeded request buffer limit while retrying upstream", "request_payload_exceeded_retry_buffer_limit", ResponseFlags.None));
        return false;
    }

    private void Win(UpstreamAttempt attempt, int status, bool endStream)
    {
        var cluster = Cluster;
        ChargeResponse(status, attempt);
        if (AttemptCount > 1 && status < 500)
        {
            cluster.Stats.UpstreamRqRetrySuccess.Inc();
            Options.VirtualCluster?.UpstreamRqRetrySuccess.Inc();
            Options.Route?.UpstreamRqRetrySuccess.Inc();
        }

        _started = true;
        _winner = attempt;
        Host = attempt.Host;
        IsHttp2 = attempt.IsHttp2;
        if (_requestComplete)
        {
            ServiceTime = _worker.Now - _requestCompleteAt;
            cluster.Stats.ChargeResponseTime(ServiceTime, _internal, _canary);
            Options.VirtualCluster?.Responses.ChargeTime(ServiceTime);
            Options.Route?.Responses.ChargeTime(ServiceTime);
        }

        // What is granted may last as long as both want.
        if (Options.Upgrades && status == 101)
            _worker.Disarm(_timeout);
        CancelAll(attempt);
        if (IsHedging)
            Handler.ResponseHeaders.CopyFrom(attempt.ResponseHeaders);
        if (endStream)
            Close();
        Handler.OnResponseHeaders(status, endStream);
        if (_paused && _running && status is >= 200 and < 300)
            attempt.Grant();
        // There will be no other try: what was kept for it can go.
        if (_keeps && _running)
        {
            _keeps = false;
            _kept.Clear();
        }
    }

    private void SendWaiting(IClientStream stream)
    {
        var body = _keeps ? _kept : _waiting;
        if (_headersEnd || (body.IsEmpty && !_requestComplete))
            return;
        if (_keeps)
        {
            foreach (var span in _kept)
                _waiting.Append(span);
        }

        if (!_waiting.IsEmpty || _trailers is null)
            stream.SendData(_waiting, _requestComplete && _trailers is null);
        if (_trailers is not null)
            stream.SendTrailers(_trailers);
    }

    private void Complete(UpstreamAttempt attempt)
    {
        Release(attempt);
        Close();
    }

    private void CompleteRequest()
    {
        _requestComplete = true;
        _requestCompleteAt = _worker.Now;

        // The route's time begins only now: how long the client takes to send is not the upstream's fault.
        if (Options.Timeout > 0 && !Options.Upgrades)
            _worker.Arm(_timeout, Options.Timeout);
        foreach (var attempt in _active)
        {
            if (attempt.IsSent)
                attempt.BeginTime();
        }
    }

    /// <summary>Ends a try without a word.</summary>
    private void Abandon(UpstreamAttempt attempt)
    {
        attempt.Cancel();
        Release(attempt);
    }

    private void CancelAll(UpstreamAttempt? but)
    {
        for (var i = _active.Count - 1; i >= 0; i--)
        {
            if (!ReferenceEquals(_active[i], but))
                Abandon(_active[i]);
        }
    }

    // What it has gathered stays readable until it serves the next try, which is never from within its own call.
    private void Release(UpstreamAttempt attempt)
    {
        if (_active.Remove(attempt))
            _free.Push(attempt);
    }

    private void Close()
    {
        _running = false;
        _worker.Disarm(_timeout);
        _worker.Disarm(_backOff);
        if (_retryPending)
            EndRetry();
        _waiting.Clear();
    }

    private void HoldRequest(bool hold)
    {
        if (_heldBack == hold || !_running)
            return;
        _heldBack = hold;
        if (hold)
            Handler.OnAboveRequestHighWatermark();
        else
            Handler.OnBelowRequestLowWatermark();
    }
}
