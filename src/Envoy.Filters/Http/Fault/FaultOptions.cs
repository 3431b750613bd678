using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Matching;

namespace Envoy.Filters.Http.Fault;

/// <summary>
/// Options of <c>envoy.filters.http.fault</c>, which delays requests, then aborts them, and slows responses down, each for a share of the
/// requests that match. Immutable.
/// </summary>
public sealed record FaultOptions : HttpFilterOptions
{
    /// <summary>How requests are delayed. Default null: they are not.</summary>
    public FaultDelayConfig? Delay { get; init; }

    /// <summary>How requests are aborted, after their delay. Default null: they are not.</summary>
    public FaultAbortConfig? Abort { get; init; }

    /// <summary>How responses are slowed down. Default null: they are not.</summary>
    public FaultRateLimitConfig? ResponseRateLimit { get; init; }

    /// <summary>Only requests whose route names this cluster; empty (default): all.</summary>
    public string UpstreamCluster { get; init; } = "";

    /// <summary>Only requests of these nodes, by <c>x-envoy-downstream-service-node</c>. Default none: all.</summary>
    public ValueList<string> DownstreamNodes { get; init; } = [];

    /// <summary>Conditions on the request, which must all hold. Default none.</summary>
    public ValueList<HeaderMatcherConfig> Headers { get; init; } = [];

    /// <summary>How many requests may suffer at the same time, over all workers; default null: any number.</summary>
    public uint? MaxActiveFaults { get; init; }

    /// <summary>The runtime key of the delays' share, in hundredths.</summary>
    public string DelayPercentRuntime { get; init; } = "fault.http.delay.fixed_delay_percent";

    /// <summary>The runtime key of the aborts' share, in hundredths.</summary>
    public string AbortPercentRuntime { get; init; } = "fault.http.abort.abort_percent";

    /// <summary>The runtime key of the delay in milliseconds.</summary>
    public string DelayDurationRuntime { get; init; } = "fault.http.delay.fixed_duration_ms";

    /// <summary>The runtime key of the aborts' HTTP status.</summary>
    public string AbortHttpStatusRuntime { get; init; } = "fault.http.abort.http_status";

    /// <summary>The runtime key of the aborts' gRPC status.</summary>
    public string AbortGrpcStatusRuntime { get; init; } = "fault.http.abort.grpc_status";

    /// <summary>The runtime key of <see cref="MaxActiveFaults"/>.</summary>
    public string MaxActiveFaultsRuntime { get; init; } = "fault.http.max_active_faults";

    /// <summary>The runtime key of the slowed responses' share, in hundredths.</summary>
    public string ResponseRateLimitPercentRuntime { get; init; } = "fault.http.rate_limit.response_percent";

    /// <summary>Do not count by <c>x-envoy-downstream-service-cluster</c> besides. Default false.</summary>
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

/// <summary>How requests are delayed (<c>FaultDelay</c>): by a fixed time, or by what a header says. Immutable.</summary>
public sealed record FaultDelayConfig
{
    /// <summary>The delay, above zero; null: <c>x-envoy-fault-delay-request</c> says it, in milliseconds (<c>header_delay</c>).</summary>
    public TimeSpan? FixedDelay { get; init; }

    /// <summary>The share; with <c>x-envoy-fault-delay-request-percentage</c> it is at most this. Default 0 of 100.</summary>
    public FractionalPercentConfig Percentage { get; init; } = new(0);
}

/// <summary>How requests are aborted (<c>FaultAbort</c>): with a status, or with what headers say. Immutable.</summary>
public sealed record FaultAbortConfig
{
    /// <summary>The HTTP status, 200 to 599; null: <see cref="GrpcStatus"/>, or a header, says it.</summary>
    public uint? HttpStatus { get; init; }

    /// <summary>The gRPC status; null: <see cref="HttpStatus"/> says it, or, where that is null too, <c>x-envoy-fault-abort-request</c> or
    /// <c>x-envoy-fault-abort-grpc-request</c> (<c>header_abort</c>).</summary>
    public uint? GrpcStatus { get; init; }

    /// <summary>The share; with <c>x-envoy-fault-abort-request-percentage</c> it is at most this. Default 0 of 100.</summary>
    public FractionalPercentConfig Percentage { get; init; } = new(0);
}

/// <summary>How responses are slowed down (<c>FaultRateLimit</c>). Immutable.</summary>
public sealed record FaultRateLimitConfig
{
    /// <summary>KiB a second, 1 or more; null: <c>x-envoy-fault-throughput-response</c> says it (<c>header_limit</c>).</summary>
    public ulong? LimitKbps { get; init; }

    /// <summary>The share; with <c>x-envoy-fault-throughput-response-percentage</c> it is at most this. Default 0 of 100.</summary>
    public FractionalPercentConfig Percentage { get; init; } = new(0);
}
