using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.Runtime.Timers;
using Envoy.RuntimeSettings;

namespace Envoy.Filters.Http.Fault;

/// <summary>Delays a request, then aborts it, and slows its response down. Worker-owned.</summary>
internal sealed class FaultFilter : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter, ITimerHandler
{
    private readonly Factory _shared;
    private readonly TimerNode _delay;
    private HttpFilterCallbacks _callbacks = null!;
    private FaultSettings _settings = null!;
    private ResponseLimiter? _limiter;
    private string? _cluster;
    private bool _active;

    private FaultFilter(Factory shared)
    {
        _shared = shared;
        _delay = new TimerNode(this);
    }

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        _settings = _callbacks.RouteOptions<FaultSettings>() ?? _shared.Own;
        if (!MatchesCluster() || !_settings.Matches(headers, _shared.Scratch))
            return FilterStatus.Continue;
        if (headers.TryGet("x-envoy-downstream-service-cluster"u8, out var cluster) && !cluster.IsEmpty)
            _cluster = System.Text.Encoding.UTF8.GetString(cluster);
        LimitResponse(headers);
        if (DelayOf(headers) is > 0 and var delay && Begin())
        {
            _callbacks.Worker.Arm(_delay, (long)Math.Min(delay, long.MaxValue / 2));
            _shared.Stats.DelaysInjected.Inc();
            Count(abort: false);
            _callbacks.StreamInfo.AddFlag(ResponseFlags.DelayInjected);
            return FilterStatus.Pause;
        }

        return Abort(headers) ? FilterStatus.Hold : FilterStatus.Continue;
    }

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream) => FilterStatus.Continue;

    public FilterStatus OnResponseData(ByteQueue data, bool endStream) => _limiter?.Take(data, endStream) ?? FilterStatus.Continue;

    public FilterStatus OnResponseTrailers(HeaderMap trailers) => _limiter?.OnTrailers() ?? FilterStatus.Continue;

    public void OnTimer(TimerNode timer)
    {
        if (!Abort(_callbacks.RequestHeaders))
            _callbacks.ResumeRequest();
    }

    public void OnStreamEnd()
    {
        _callbacks.Worker.Disarm(_delay);
        _limiter?.End();
        if (_active)
            _shared.Stats.ActiveFaults.Dec();
    }

    public void Clear()
    {
        _limiter = null;
        _cluster = null;
        _active = false;
    }

    private bool MatchesCluster()
    {
        var wanted = _settings.Options.UpstreamCluster;
        return wanted.Length == 0
            || (_callbacks.Match.Route?.Action is ForwardAction forward && ClusterName.Of(_callbacks.Match, forward, _callbacks.RequestHeaders) == wanted);
    }

    private void LimitResponse(HeaderMap headers)
    {
        if (_settings.Options.ResponseRateLimit is not { } limit)
            return;
        var numerator = FaultSettings.Numerator(limit.Percentage, limit.LimitKbps is null, headers, "x-envoy-fault-throughput-response-percentage"u8);
        if (!IsMet(_settings.Options.ResponseRateLimitPercentRuntime, numerator, limit.Percentage.Whole)
            || FaultSettings.RateOf(limit, headers) is not { } rate || !Begin())
            return;
        _shared.Stats.ResponseRlInjected.Inc();
        _limiter = new ResponseLimiter(_callbacks.Worker, _callbacks, rate);
    }

    private ulong DelayOf(HeaderMap headers)
    {
        if (_settings.Options.Delay is not { } config)
            return 0;
        var numerator = FaultSettings.Numerator(config.Percentage, config.FixedDelay is null, headers, "x-envoy-fault-delay-request-percentage"u8);
        if (!IsMet(OfCluster("delay.fixed_delay_percent") ?? _settings.Options.DelayPercentRuntime, numerator, config.Percentage.Whole)
            || FaultSettings.DelayOf(config, headers) is not { } delay)
            return 0;
        delay = Runtime.GetInteger(_settings.Options.DelayDurationRuntime, delay);
        return OfCluster("delay.fixed_duration_ms") is { } key ? Runtime.GetInteger(key, delay) : delay;
    }

    private bool Abort(HeaderMap headers)
    {
        if (_settings.Options.Abort is not { } config)
            return false;
        var numerator = FaultSettings.Numerator(
            config.Percentage, config is { HttpStatus: null, GrpcStatus: null }, headers, "x-envoy-fault-abort-request-percentage"u8);
        if (!IsMet(OfCluster("abort.abort_percent") ?? _settings.Options.AbortPercentRuntime, numerator, config.Percentage.Whole))
            return false;
        int? grpc = null;
        if (FaultSettings.HttpStatusOf(config, headers) is { } status)
        {
            status = Runtime.GetInteger(OfCluster("abort.http_status") ?? _settings.Options.AbortHttpStatusRuntime, status);
        }
        else if (FaultSettings.GrpcStatusOf(config, headers) is { } asked)
        {
            grpc = (int)Math.Min(Runtime.GetInteger(OfCluster("abort.grpc_status") ?? _settings.Options.AbortGrpcStatusRuntime, asked), int.MaxValue);
            status = 200;
        }
        else
        {
            return false;
        }

        if (!Begin())
            return false;
        _shared.Stats.AbortsInjected.Inc();
        Count(abort: true);
        // A key may say anything; what is no status is answered as an error of ours.
        var answer = status is >= 200 and <= 599 ? (int)status : 500;
        _callbacks.SendLocalReply(new LocalReply(answer, "fault_filter_abort") { Body = "fault filter abort", Flags = ResponseFlags.FaultInjected, GrpcStatus = grpc });
        return true;
    }

    private RuntimeSnapshot Runtime => _shared.Runtime.Current;

    private bool IsMet(string key, uint numerator, uint denominator) =>
        Runtime.FeatureEnabled(key, numerator, denominator, (ulong)_callbacks.Worker.Random.NextInt64());

    /// <summary>The key that counts for the calling cluster alone; null: the caller names none.</summary>
    private string? OfCluster(string key) => _cluster is null ? null : $"fault.http.{_cluster}.{key}";

    private void Count(bool abort)
    {
        if (_cluster is not null && !_settings.Options.DisableDownstreamClusterStats)
            _shared.Stats.CountFor(_cluster, abort);
    }

    /// <summary>Whether this request may suffer; one that does already may suffer more.</summary>
    private bool Begin()
    {
        if (_active)
            return true;
        var options = _settings.Options;
        if ((ulong)_shared.Stats.ActiveFaults.Value >= Runtime.GetInteger(options.MaxActiveFaultsRuntime, options.MaxActiveFaults ?? ulong.MaxValue))
        {
            _shared.Stats.FaultsOverflow.Inc();
            return false;
        }

        _shared.Stats.ActiveFaults.Inc();
        _active = true;
        return true;
    }

    /// <summary>Compiled options. Immutable.</summary>
    internal sealed class Snapshot(FaultOptions options) : IHttpFilterSnapshot
    {
        public FaultSettings Settings { get; } = FaultSettings.Compile(options, static (path, message) => throw new ArgumentException($"{path}: {message}"));

        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(this, context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory : IHttpFilterFactory
    {
        public Factory(Snapshot snapshot, FilterWorkerContext context)
        {
            Own = snapshot.Settings;
            Runtime = context.Runtime;
            Scratch = MatchScratch.Of(context.Worker);
            Stats = new FaultStats(context.Stats, context.Worker.Index);
            Own.Warm(Scratch);
        }

        public FaultSettings Own { get; }

        public RuntimeLoader Runtime { get; }

        public MatchScratch Scratch { get; }

        public FaultStats Stats { get; }

        public IHttpFilter Create() => new FaultFilter(this);
    }
}
