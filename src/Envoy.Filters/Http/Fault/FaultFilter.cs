using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Runtime.Timers;
using Envoy.RuntimeSettings;

namespace Envoy.Filters.Http.Fault;

/// <summary>Delays a request, then perhaps answers it; slows the response down. Worker-owned.</summary>
internal sealed class FaultFilter : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter, ITimerHandler
{
    // A delay that a header asks for must not overflow the clock.
    private const ulong LongestDelay = 365UL * 24 * 60 * 60 * 1000;

    private readonly Factory _shared;
    private readonly TimerNode _delay;
    private HttpFilterCallbacks _callbacks = null!;
    private ResponseLimiter? _limiter;
    private FaultSettings _settings;
    private DownstreamClusterFaults? _cluster;
    private bool _isActive;

    private FaultFilter(Factory shared)
    {
        _shared = shared;
        _settings = shared.Settings;
        _delay = new TimerNode(this);
    }

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        _settings = _callbacks.RouteOptions<FaultSettings>() ?? _shared.Settings;
        if (!_settings.Concerns(headers, _callbacks, _shared.Scratch))
            return FilterStatus.Continue;
        if (headers.TryGet(FaultHeaders.DownstreamCluster, out var cluster))
            _cluster = _shared.Stats.Of(cluster);
        var runtime = _shared.Runtime.Current;
        LimitResponse(headers, runtime);
        if (DelayOf(headers, runtime) is > 0 and var delay && TryBeActive(runtime))
        {
            _callbacks.Worker.Arm(_delay, (long)Math.Min(delay, LongestDelay));
            _shared.Stats.CountDelay(Counted);
            _callbacks.StreamInfo.AddFlag(ResponseFlags.DelayInjected);
            return FilterStatus.Pause;
        }

        return TryAbort(headers, runtime) ? FilterStatus.Hold : FilterStatus.Continue;
    }

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream) => FilterStatus.Continue;

    public FilterStatus OnResponseData(ByteQueue data, bool endStream) =>
        _limiter is { IsActive: true } limiter ? limiter.OnData(data, endStream) : FilterStatus.Continue;

    public FilterStatus OnResponseTrailers(HeaderMap trailers) => _limiter is { IsActive: true } limiter ? limiter.OnTrailers() : FilterStatus.Continue;

    public void OnTimer(TimerNode timer)
    {
        if (TryAbort(_callbacks.RequestHeaders, _shared.Runtime.Current))
            return;
        // The delay is over; a response that may be slowed down still counts as one under a fault.
        if (_settings.Options.ResponseRateLimit is null)
            EndActive();
        _callbacks.ResumeRequest();
    }

    public void OnStreamEnd()
    {
        _callbacks.Worker.Disarm(_delay);
        _limiter?.Stop();
        EndActive();
    }

    public void Clear()
    {
        _settings = _shared.Settings;
        _cluster = null;
    }

    private DownstreamClusterFaults? Counted => _settings.Options.DisableDownstreamClusterStats ? null : _cluster;

    private ulong? DelayOf(HeaderMap request, RuntimeSnapshot runtime)
    {
        if (_settings.Options.Delay is not { } delay
            || !FaultSettings.Draw(delay.Percentage, delay.FromHeader, FaultHeaders.DelayPercentage, request, runtime, _cluster?.DelayPercentKey ?? _settings.DelayPercentKey, Random())
            || _settings.DelayMilliseconds(request) is not { } milliseconds)
        {
            return null;
        }

        milliseconds = runtime.GetInteger(_settings.DelayDurationKey, milliseconds);
        return _cluster is null ? milliseconds : runtime.GetInteger(_cluster.DelayDurationKey, milliseconds);
    }

    private bool TryAbort(HeaderMap request, RuntimeSnapshot runtime)
    {
        if (_settings.Options.Abort is not { } abort
            || !FaultSettings.Draw(abort.Percentage, abort.FromHeader, FaultHeaders.AbortPercentage, request, runtime, _cluster?.AbortPercentKey ?? _settings.AbortPercentKey, Random()))
        {
            return false;
        }

        var status = _settings.AbortStatus(request);
        int? grpcStatus = null;
        // The downstream cluster's key counts alone, also where only the general one is set.
        if (status is { } http)
            status = Limited(runtime.GetInteger(_cluster?.AbortHttpStatusKey ?? _settings.AbortHttpStatusKey, (ulong)http), 200, 599, http);
        else if (_settings.AbortGrpcStatus(request) is { } grpc)
            (status, grpcStatus) = (200, Limited(runtime.GetInteger(_cluster?.AbortGrpcStatusKey ?? _settings.AbortGrpcStatusKey, (ulong)grpc), 0, int.MaxValue, grpc));
        if (status is null || !TryBeActive(runtime))
            return false;
        _shared.Stats.CountAbort(Counted);
        _callbacks.SendLocalReply(new LocalReply(status.Value, "fault_filter_abort")
        {
            Body = "fault filter abort",
            Flags = ResponseFlags.FaultInjected,
            GrpcStatus = grpcStatus,
        });
        return true;
    }

    private void LimitResponse(HeaderMap request, RuntimeSnapshot runtime)
    {
        if (_settings.Options.ResponseRateLimit is not { } limit
            || !FaultSettings.Draw(limit.Percentage, limit.FromHeader, FaultHeaders.ThroughputPercentage, request, runtime, _settings.RateLimitPercentKey, Random())
            || _settings.Kbps(request) is not { } kbps
            || !TryBeActive(runtime))
        {
            return;
        }

        _shared.Stats.ResponseRlInjected.Inc();
        (_limiter ??= new ResponseLimiter(_callbacks)).Start(kbps);
    }

    /// <summary>Counts the request as one under a fault, once; false: there are as many as may be. Fuzzy between workers, as in Envoy.</summary>
    private bool TryBeActive(RuntimeSnapshot runtime)
    {
        if (_isActive)
            return true;
        var stats = _shared.Stats;
        if ((ulong)Math.Max(stats.ActiveFaults.Value, 0) >= runtime.GetInteger(_settings.MaxActiveFaultsKey, _settings.Options.MaxActiveFaults ?? ulong.MaxValue))
        {
            stats.FaultsOverflow.Inc();
            return false;
        }

        stats.ActiveFaults.Inc();
        return _isActive = true;
    }

    private void EndActive()
    {
        if (!_isActive)
            return;
        _isActive = false;
        _shared.Stats.ActiveFaults.Dec();
    }

    private ulong Random() => (ulong)_callbacks.Worker.Random.NextInt64(long.MinValue, long.MaxValue);

    // A status from the runtime that no message may have counts as not set.
    private static int Limited(ulong value, int least, int most, int fallback) => value >= (ulong)least && value <= (ulong)most ? (int)value : fallback;

    /// <summary>Compiled options. Immutable.</summary>
    internal sealed class Snapshot(FaultOptions options) : IHttpFilterSnapshot
    {
        private readonly FaultSettings _settings = FaultSettings.Compile(options, static (path, message) => throw new ArgumentException($"{path}: {message}"));

        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(_settings, context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory : IHttpFilterFactory
    {
        public Factory(FaultSettings settings, FilterWorkerContext context)
        {
            Settings = settings;
            Runtime = context.Runtime;
            Stats = new FaultStats(context.Stats, context.Worker.Index);
            Scratch = MatchScratch.Of(context.Worker);
            settings.Warm(Scratch);
        }

        public FaultSettings Settings { get; }

        public RuntimeLoader Runtime { get; }

        public FaultStats Stats { get; }

        public MatchScratch Scratch { get; }

        public IHttpFilter Create() => new FaultFilter(this);
    }
}
