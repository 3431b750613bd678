using System.Buffers.Text;
using System.Text;
using Envoy.Buffers;
using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Filters.Http.HealthCheck;

/// <summary>Answers health checks, or remembers what the upstream answered to them. Worker-owned.</summary>
internal sealed class HealthCheckFilter : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    private static readonly Action<HeaderMap> AddDegraded = static headers => headers.Set(HeaderId.XEnvoyDegraded, ""u8);

    private readonly Factory _shared;
    private HttpFilterCallbacks _callbacks = null!;
    private bool _isCheck;
    private bool _answers;

    private HealthCheckFilter(Factory shared) => _shared = shared;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        if (_shared.Headers is { } matchers && !matchers.Matches(headers, _shared.Scratch))
            return FilterStatus.Continue;
        _isCheck = true;
        _callbacks.StreamInfo.IsHealthCheck = true;
        _answers = !_shared.Options.PassThroughMode || _shared.Health.IsFailing || (_shared.Cache?.TryGet(_shared.Clock, out _, out _) ?? false);
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
        // Nobody reads it.
        data.Clear();
        if (endStream)
            Answer();
        return FilterStatus.Take;
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
        if (_isCheck)
        {
            if (_shared.Cache is { } cache && Utf8Parser.TryParse(headers.Get(HeaderId.Status), out int status, out _))
                cache.Set(_shared.Clock, status, headers.Contains(HeaderId.XEnvoyDegraded));
            headers.Set(Names.HealthCheckedCluster, _shared.NodeCluster);
        }
        else if (_shared.Health.IsFailing)
        {
            headers.Set(HeaderId.XEnvoyImmediateHealthCheckFail, "true"u8);
        }

        return FilterStatus.Continue;
    }

    public void Clear() => _isCheck = _answers = false;

    private void Answer()
    {
        var degraded = false;
        int status;
        string details;
        if (_shared.Health.IsFailing)
        {
            (status, details) = (503, "health_check_failed");
        }
        else if (_shared.Cache is { } cache)
        {
            // The body may have taken longer than the answer was good for: it is given all the same, as in Envoy.
            _ = cache.TryGet(_shared.Clock, out status, out degraded);
            details = "health_check_cached";
            _shared.Stats.CachedResponse.Inc();
        }
        else
        {
            (status, details) = AskClusters();
        }

        var isWell = status is >= 200 and < 300;
        _shared.Stats.RequestTotal.Inc();
        (isWell ? _shared.Stats.Ok : _shared.Stats.Failed).Inc();
        if (degraded)
            _shared.Stats.Degraded.Inc();
        _callbacks.SendLocalReply(new LocalReply(status, details)
        {
            Flags = isWell ? ResponseFlags.None : ResponseFlags.FailedLocalHealthCheck,
            ModifyHeaders = degraded ? AddDegraded : null,
        });
    }

    private (int Status, string Details) AskClusters()
    {
        var details = "health_check_ok";
        for (var i = 0; i < _shared.Clusters.Count; i++)
        {
            var wanted = _shared.Clusters[i];
            details = "health_check_ok_cluster_healthy";
            if (!_shared.Upstreams.TryGetCluster(wanted.Cluster, out var cluster))
            {
                _shared.Stats.FailedClusterNotFound.Inc();
                return (503, "health_check_failed_no_cluster_found");
            }

            var least = (long)wanted.MinHealthyPercentage;
            if (cluster.HostCount == 0 && least > 0)
            {
                _shared.Stats.FailedClusterEmpty.Inc();
                return (503, "health_check_failed_cluster_empty");
            }

            if (cluster.HealthyHostCount * 100L < cluster.HostCount * least)
            {
                _shared.Stats.FailedClusterUnhealthy.Inc();
                return (503, "health_check_failed_cluster_unhealthy");
            }
        }

        return (200, details);
    }

    private static class Names
    {
        public static ReadOnlySpan<byte> HealthCheckedCluster => "x-envoy-upstream-healthchecked-cluster"u8;
    }

    /// <summary>Compiled options. Immutable, but for the cached answer.</summary>
    internal sealed class Snapshot : IHttpFilterSnapshot
    {
        public Snapshot(HealthCheckOptions options, FilterCompileContext context)
        {
            Options = options;
            Health = context.Health;
            NodeCluster = Encoding.UTF8.GetBytes(context.NodeCluster);
            Headers = HeaderMatcherSet.Compile(options.Headers, static (i, error) => throw new ArgumentException($"headers[{i}]: {error}"));
            Cache = options.CacheTime > TimeSpan.Zero ? new HealthCheckCache(options.CacheTime) : null;
        }

        public HealthCheckOptions Options { get; }

        public ServerHealth Health { get; }

        public byte[] NodeCluster { get; }

        public HeaderMatcherSet? Headers { get; }

        public HealthCheckCache? Cache { get; }

        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(this, context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory : IHttpFilterFactory
    {
        private readonly Snapshot _snapshot;

        public Factory(Snapshot snapshot, FilterWorkerContext context)
        {
            _snapshot = snapshot;
            Clock = context.Worker.TimeProvider;
            Upstreams = context.Upstreams;
            Stats = new HealthCheckStats(context.Stats, context.Worker.Index);
            Scratch = MatchScratch.Of(context.Worker);
            snapshot.Headers?.Warm(Scratch);
            snapshot.Cache?.Begin(Clock);
        }

        public HealthCheckOptions Options => _snapshot.Options;

        public ValueList<ClusterHealthConfig> Clusters => Options.ClusterMinHealthyPercentages;

        public ServerHealth Health => _snapshot.Health;

        public byte[] NodeCluster => _snapshot.NodeCluster;

        public HeaderMatcherSet? Headers => _snapshot.Headers;

        public HealthCheckCache? Cache => _snapshot.Cache;

        public TimeProvider Clock { get; }

        public IUpstreams Upstreams { get; }

        public HealthCheckStats Stats { get; }

        public MatchScratch Scratch { get; }

        public IHttpFilter Create() => new HealthCheckFilter(this);
    }
}
