using System.Text;
using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Filters.Http.HealthCheck;

/// <summary>Answers health checks, or lets them pass and remembers the answer. Worker-owned.</summary>
internal sealed class HealthCheckFilter(HealthCheckFilter.Factory shared) : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    private HttpFilterCallbacks _callbacks = null!;
    private bool _isHealthCheck;
    private bool _answers;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        if (shared.Compiled.Headers?.Matches(headers, shared.Scratch) == false)
            return FilterStatus.Continue;
        _isHealthCheck = true;
        _callbacks.StreamInfo.IsHealthCheck = true;
        _answers = !shared.Options.PassThroughMode || shared.HasFailed || shared.Compiled.Cache?.TryGet(shared.Clock, out _, out _) == true;
        if (!_answers)
            return FilterStatus.Continue;
        if (endStream)
            Answer();
        return FilterStatus.Hold;
    }

    public FilterStatus OnRequestData(ByteQueue data, bool endStream)
    {
        if (!_answers)
            return FilterStatus.Continue;
        data.Clear();
        if (endStream)
            Answer();
        return FilterStatus.Hold;
    }

    public FilterStatus OnRequestTrailers(HeaderMap trailers)
    {
        if (!_answers)
            return FilterStatus.Continue;
        Answer();
        return FilterStatus.Hold;
    }

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        if (_isHealthCheck)
        {
            if (!_answers)
                shared.Compiled.Cache?.Set(StatusHeader.Read(headers), headers.Contains("x-envoy-degraded"u8), shared.Clock);
            headers.Set("x-envoy-upstream-healthchecked-cluster"u8, shared.Compiled.OwnCluster);
        }
        else if (shared.HasFailed)
        {
            headers.Set("x-envoy-immediate-health-check-fail"u8, "true"u8);
        }

        return FilterStatus.Continue;
    }

    public void Clear() => _isHealthCheck = _answers = false;

    private void Answer()
    {
        var (status, details, degraded) = Outcome();
        _callbacks.SendLocalReply(new LocalReply(status, details)
        {
            Flags = status is >= 200 and < 300 ? ResponseFlags.None : ResponseFlags.FailedLocalHealthCheck,
            ModifyHeaders = degraded ? static headers => headers.Set("x-envoy-degraded"u8, ""u8) : null,
        });
    }

    private (int Status, string Details, bool Degraded) Outcome()
    {
        if (shared.HasFailed)
            return (503, "health_check_failed", false);
        if (shared.Compiled.Cache is { } cache && cache.TryGet(shared.Clock, out var status, out var degraded))
            return (status, "health_check_cached", degraded);
        var details = "health_check_ok";
        foreach (var wanted in shared.Options.ClusterMinHealthyPercentages)
        {
            details = "health_check_cluster_healthy";
            if (!shared.Context.Upstreams.TryGetCluster(wanted.Cluster, out var cluster))
                return (503, "health_check_no_cluster_found", false);
            if (cluster.HostCount == 0)
            {
                if (wanted.Percentage > 0)
                    return (503, "health_check_cluster_empty", false);
                continue;
            }

            if (100.0 * cluster.HealthyHostCount < cluster.HostCount * wanted.Percentage)
                return (503, "health_check_cluster_unhealthy", false);
        }

        return (200, details, false);
    }

    /// <summary>Compiled options. Immutable, but for what is remembered.</summary>
    internal sealed class Snapshot : IHttpFilterSnapshot
    {
        public Snapshot(HealthCheckOptions options, FilterCompileContext context)
        {
            Options = options;
            Headers = HeaderMatcherSet.Compile(options.Headers, static (index, message) => throw new ArgumentException($"headers[{index}]: {message}"));
            Cache = options.CacheTime > TimeSpan.Zero ? new HealthCheckCache(options.CacheTime) : null;
            OwnCluster = Encoding.UTF8.GetBytes(context.NodeCluster);
        }

        public HealthCheckOptions Options { get; }

        public HeaderMatcherSet? Headers { get; }

        public HealthCheckCache? Cache { get; }

        public byte[] OwnCluster { get; }

        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(this, context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory : IHttpFilterFactory
    {
        public Factory(Snapshot snapshot, FilterWorkerContext context)
        {
            Compiled = snapshot;
            Context = context;
            Scratch = MatchScratch.Of(context.Worker);
            snapshot.Headers?.Warm(Scratch);
        }

        public Snapshot Compiled { get; }

        public HealthCheckOptions Options => Compiled.Options;

        public FilterWorkerContext Context { get; }

        public MatchScratch Scratch { get; }

        public TimeProvider Clock => Context.Worker.TimeProvider;

        /// <summary>The admin interface was told to let health checks fail.</summary>
        public bool HasFailed => Context.Drain.FailsHealthChecks;

        public IHttpFilter Create() => new HealthCheckFilter(this);
    }
}
