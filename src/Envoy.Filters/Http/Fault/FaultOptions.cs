using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Matching;

namespace Envoy.Filters.Http.Fault;

/// <summary>
/// Options of <c>envoy.filters.http.fault</c>, which delays requests, answers them, and slows responses down, to see how others bear it.
/// Immutable.
/// </summary>
public sealed record FaultOptions : HttpFilterOptions
{
    internal static readonly FieldTable<FaultOptions> Fields = new FieldTable<FaultOptions>("envoy.extensions.filters.http.fault.v3.HTTPFault", new FaultOptions())
        .Message("delay", o => o.Delay, (o, v) => o with { Delay = v }, FaultDelayConfig.Fields)
        .Message("abort", o => o.Abort, (o, v) => o with { Abort = v }, FaultAbortConfig.Fields)
        .Text("upstream_cluster", o => o.UpstreamCluster, (o, v) => o with { UpstreamCluster = v })
        .List("headers", "HeaderMatcher", o => o.Headers, (o, v) => o with { Headers = v }, HeaderMatcherReader.TryRead)
        .List("downstream_nodes", "string", o => o.DownstreamNodes, (o, v) => o with { DownstreamNodes = v }, ConfigValues.ReadString)
        .Number("max_active_faults", o => o.MaxActiveFaults, (o, v) => o with { MaxActiveFaults = v })
        .Message("response_rate_limit", o => o.ResponseRateLimit, (o, v) => o with { ResponseRateLimit = v }, FaultRateLimitConfig.Fields)
        .Text("delay_percent_runtime", o => o.DelayPercentRuntime, (o, v) => o with { DelayPercentRuntime = v })
        .Text("abort_percent_runtime", o => o.AbortPercentRuntime, (o, v) => o with { AbortPercentRuntime = v })
        .Text("delay_duration_runtime", o => o.DelayDurationRuntime, (o, v) => o with { DelayDurationRuntime = v })
        .Text("abort_http_status_runtime", o => o.AbortHttpStatusRuntime, (o, v) => o with { AbortHttpStatusRuntime = v })
        .Text("abort_grpc_status_runtime", o => o.AbortGrpcStatusRuntime, (o, v) => o with { AbortGrpcStatusRuntime = v })
        .Text("max_active_faults_runtime", o => o.MaxActiveFaultsRuntime, (o, v) => o with { MaxActiveFaultsRuntime = v })
        .Text("response_rate_limit_percent_runtime", o => o.ResponseRateLimitPercentRuntime, (o, v) => o with { ResponseRateLimitPercentRuntime = v })
        .Bool("disable_downstream_cluster_stats", o => o.DisableDownstreamClusterStats, (o, v) => o with { DisableDownstreamClusterStats = v })
        .NotYet("filter_metadata=[]");

    /// <summary>Requests wait; null (default): they do not.</summary>
    public FaultDelayConfig? Delay { get; init; }

    /// <summary>Requests are answered, after their delay if there is one; null (default): they are not.</summary>
    public FaultAbortConfig? Abort { get; init; }

    /// <summary>Responses' bodies are slowed down; null (default): they are not.</summary>
    public FaultRateLimitConfig? ResponseRateLimit { get; init; }

    /// <summary>Only requests whose route leads to this cluster; empty (default): all.</summary>
    public string UpstreamCluster { get; init; } = "";

    /// <summary>Only requests that meet all of these. Default: all requests.</summary>
    public ValueList<HeaderMatcherConfig> Headers { get; init; } = [];

    /// <summary>Only requests whose <c>x-envoy-downstream-service-node</c> is one of these. Default: all requests.</summary>
    public ValueList<string> DownstreamNodes { get; init; } = [];

    /// <summary>No more than so many requests at a time are delayed, answered or slowed down, over all workers; null (default): no limit.</summary>
    public uint? MaxActiveFaults { get; init; }

    /// <summary>The runtime key of the delayed requests' share; empty (default): <c>fault.http.delay.fixed_delay_percent</c>.</summary>
    public string DelayPercentRuntime { get; init; } = "";

    /// <summary>The runtime key of the answered requests' share; empty (default): <c>fault.http.abort.abort_percent</c>.</summary>
    public string AbortPercentRuntime { get; init; } = "";

    /// <summary>The runtime key of the delay in milliseconds; empty (default): <c>fault.http.delay.fixed_duration_ms</c>.</summary>
    public string DelayDurationRuntime { get; init; } = "";

    /// <summary>The runtime key of the answers' status; empty (default): <c>fault.http.abort.http_status</c>.</summary>
    public string AbortHttpStatusRuntime { get; init; } = "";

    /// <summary>The runtime key of the answers' gRPC status; empty (default): <c>fault.http.abort.grpc_status</c>.</summary>
    public string AbortGrpcStatusRuntime { get; init; } = "";

    /// <summary>The runtime key of <see cref="MaxActiveFaults"/>; empty (default): <c>fault.http.max_active_faults</c>.</summary>
    public string MaxActiveFaultsRuntime { get; init; } = "";

    /// <summary>The runtime key of the slow responses' share; empty (default): <c>fault.http.rate_limit.response_percent</c>.</summary>
    public string ResponseRateLimitPercentRuntime { get; init; } = "";

    /// <summary>Count nothing by <c>x-envoy-downstream-service-cluster</c>. Default false.</summary>
    public bool DisableDownstreamClusterStats { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        _ = FaultSettings.Compile(this, (path, message) => validation.ErrorAt(this, path, message));
    }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new FaultFilter.Snapshot(this);
}
