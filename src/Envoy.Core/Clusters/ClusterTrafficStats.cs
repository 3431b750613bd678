using Envoy.Stats;

namespace Envoy.Clusters;

/// <summary>
/// What the traffic to a cluster counts, Envoy's names under <c>cluster.NAME.</c>, with the response codes. Worker-owned.
/// </summary>
internal sealed class ClusterTrafficStats
{
    public readonly CounterCell BindErrors;
    public readonly CounterCell OriginalDstHostInvalid;
    public readonly CounterCell RetryOrShadowAbandoned;
    public readonly CounterCell UpstreamCxCloseNotify;
    public readonly CounterCell UpstreamCxConnectAttemptsExceeded;
    public readonly CounterCell UpstreamCxConnectFail;
    public readonly CounterCell UpstreamCxConnectTimeout;
    public readonly CounterCell UpstreamCxConnectWith0Rtt;
    public readonly CounterCell UpstreamCxDestroy;
    public readonly CounterCell UpstreamCxDestroyLocal;
    public readonly CounterCell UpstreamCxDestroyLocalWithActiveRq;
    public readonly CounterCell UpstreamCxDestroyRemote;
    public readonly CounterCell UpstreamCxDestroyRemoteWithActiveRq;
    public readonly CounterCell UpstreamCxDestroyWithActiveRq;
    public readonly CounterCell UpstreamCxHttp1Total;
    public readonly CounterCell UpstreamCxHttp2Total;
    public readonly CounterCell UpstreamCxHttp3Total;
    public readonly CounterCell UpstreamCxIdleTimeout;
    public readonly CounterCell UpstreamCxMaxDurationReached;
    public readonly CounterCell UpstreamCxMaxRequests;
    public readonly CounterCell UpstreamCxNoneHealthy;
    public readonly CounterCell UpstreamCxOverflow;
    public readonly CounterCell UpstreamCxPoolOverflow;
    public readonly CounterCell UpstreamCxProtocolError;
    public readonly CounterCell UpstreamCxRxBytesTotal;
    public readonly CounterCell UpstreamCxTotal;
    public readonly CounterCell UpstreamCxTxBytesTotal;
    public readonly CounterCell UpstreamFlowControlBackedUpTotal;
    public readonly CounterCell UpstreamFlowControlDrainedTotal;
    public readonly CounterCell UpstreamFlowControlPausedReadingTotal;
    public readonly CounterCell UpstreamFlowControlResumedReadingTotal;
    public readonly CounterCell UpstreamInternalRedirectFailedTotal;
    public readonly CounterCell UpstreamInternalRedirectSucceededTotal;
    public readonly CounterCell UpstreamRqCancelled;
    public readonly CounterCell UpstreamRqCompleted;
    public readonly CounterCell UpstreamRqMaintenanceMode;
    public readonly CounterCell UpstreamRqMaxDurationReached;
    public readonly CounterCell UpstreamRqPendingFailureEject;
    public readonly CounterCell UpstreamRqPendingOverflow;
    public readonly CounterCell UpstreamRqPendingTotal;
    public readonly CounterCell UpstreamRq0rtt;
    public readonly CounterCell UpstreamRqPerTryTimeout;
    public readonly CounterCell UpstreamRqPerTryIdleTimeout;
    public readonly CounterCell UpstreamRqRetry;
    public readonly CounterCell UpstreamRqRetryBackoffExponential;
    public readonly CounterCell UpstreamRqRetryBackoffRatelimited;
    public readonly CounterCell UpstreamRqRetryLimitExceeded;
    public readonly CounterCell UpstreamRqRetryOverflow;
    public readonly CounterCell UpstreamRqRetrySuccess;
    public readonly CounterCell UpstreamRqRxReset;
    public readonly CounterCell UpstreamRqTimeout;
    public readonly CounterCell UpstreamRqTotal;
    public readonly CounterCell UpstreamRqTxReset;
    public readonly CounterCell UpstreamHttp3Broken;
    public readonly GaugeCell UpstreamCxActive;
    public readonly GaugeCell UpstreamCxRxBytesBuffered;
    public readonly GaugeCell UpstreamCxTxBytesBuffered;
    public readonly GaugeCell UpstreamRqActive;
    public readonly GaugeCell UpstreamRqPendingActive;
    public readonly HistogramCell UpstreamCxConnectMs;
    public readonly HistogramCell UpstreamCxLengthMs;
    public readonly HistogramCell UpstreamRqPerCx;

    /// <summary>Answers of upstreams: <c>upstream_rq_200</c>, <c>upstream_rq_2xx</c>, <c>upstream_rq_time</c>.</summary>
    public readonly ResponseCodeStats Responses;

    /// <summary>The same for requests from outside: <c>external.upstream_rq_200</c> and so on.</summary>
    public readonly ResponseCodeStats ExternalResponses;

    /// <summary>The same for internal requests: <c>internal.upstream_rq_200</c> and so on.</summary>
    public readonly ResponseCodeStats InternalResponses;

    /// <summary>The same for answers that say <c>x-envoy-upstream-canary</c>: <c>canary.upstream_rq_200</c> and so on.</summary>
    public readonly ResponseCodeStats CanaryResponses;
    public readonly ResponseCodeStats RetryResponses;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>cluster.NAME</c>, the cluster's name or its <c>alt_stat_name</c>.</param>
    /// <param name="shard">The worker's shard, or main's.</param>
    public ClusterTrafficStats(StatsScope scope, int shard)
    {
        BindErrors = scope.Counter("bind_errors", shard);
        OriginalDstHostInvalid = scope.Counter("original_dst_host_invalid", shard);
        RetryOrShadowAbandoned = scope.Counter("retry_or_shadow_abandoned", shard);
        UpstreamCxCloseNotify = scope.Counter("upstream_cx_close_notify", shard);
        UpstreamCxConnectAttemptsExceeded = scope.Counter("upstream_cx_connect_attempts_exceeded", shard);
        UpstreamCxConnectFail = scope.Counter("upstream_cx_connect_fail", shard);
        UpstreamCxConnectTimeout = scope.Counter("upstream_cx_connect_timeout", shard);
        UpstreamCxConnectWith0Rtt = scope.Counter("upstream_cx_connect_with_0_rtt", shard);
        UpstreamCxDestroy = scope.Counter("upstream_cx_destroy", shard);
        UpstreamCxDestroyLocal = scope.Counter("upstream_cx_destroy_local", shard);
        UpstreamCxDestroyLocalWithActiveRq = scope.Counter("upstream_cx_destroy_local_with_active_rq", shard);
        UpstreamCxDestroyRemote = scope.Counter("upstream_cx_destroy_remote", shard);
        UpstreamCxDestroyRemoteWithActiveRq = scope.Counter("upstream_cx_destroy_remote_with_active_rq", shard);
        UpstreamCxDestroyWithActiveRq = scope.Counter("upstream_cx_destroy_with_active_rq", shard);
        UpstreamCxHttp1Total = scope.Counter("upstream_cx_http1_total", shard);
        UpstreamCxHttp2Total = scope.Counter("upstream_cx_http2_total", shard);
        UpstreamCxHttp3Total = scope.Counter("upstream_cx_http3_total", shard);
        UpstreamCxIdleTimeout = scope.Counter("upstream_cx_idle_timeout", shard);
        UpstreamCxMaxDurationReached = scope.Counter("upstream_cx_max_duration_reached", shard);
        UpstreamCxMaxRequests = scope.Counter("upstream_cx_max_requests", shard);
        UpstreamCxNoneHealthy = scope.Counter("upstream_cx_none_healthy", shard);
        UpstreamCxOverflow = scope.Counter("upstream_cx_overflow", shard);
        UpstreamCxPoolOverflow = scope.Counter("upstream_cx_pool_overflow", shard);
        UpstreamCxProtocolError = scope.Counter("upstream_cx_protocol_error", shard);
        UpstreamCxRxBytesTotal = scope.Counter("upstream_cx_rx_bytes_total", shard);
        UpstreamCxTotal = scope.Counter("upstream_cx_total", shard);
        UpstreamCxTxBytesTotal = scope.Counter("upstream_cx_tx_bytes_total", shard);
        UpstreamFlowControlBackedUpTotal = scope.Counter("upstream_flow_control_backed_up_total", shard);
        UpstreamFlowControlDrainedTotal = scope.Counter("upstream_flow_control_drained_total", shard);
        UpstreamFlowControlPausedReadingTotal = scope.Counter("upstream_flow_control_paused_reading_total", shard);
        UpstreamFlowControlResumedReadingTotal = scope.Counter("upstream_flow_control_resumed_reading_total", shard);
        UpstreamInternalRedirectFailedTotal = scope.Counter("upstream_internal_redirect_failed_total", shard);
        UpstreamInternalRedirectSucceededTotal = scope.Counter("upstream_internal_redirect_succeeded_total", shard);
        UpstreamRqCancelled = scope.Counter("upstream_rq_cancelled", shard);
        UpstreamRqCompleted = scope.Counter("upstream_rq_completed", shard);
        UpstreamRqMaintenanceMode = scope.Counter("upstream_rq_maintenance_mode", shard);
        UpstreamRqMaxDurationReached = scope.Counter("upstream_rq_max_duration_reached", shard);
        UpstreamRqPendingFailureEject = scope.Counter("upstream_rq_pending_failure_eject", shard);
        UpstreamRqPendingOverflow = scope.Counter("upstream_rq_pending_overflow", shard);
        UpstreamRqPendingTotal = scope.Counter("upstream_rq_pending_total", shard);
        UpstreamRq0rtt = scope.Counter("upstream_rq_0rtt", shard);
        UpstreamRqPerTryTimeout = scope.Counter("upstream_rq_per_try_timeout", shard);
        UpstreamRqPerTryIdleTimeout = scope.Counter("upstream_rq_per_try_idle_timeout", shard);
        UpstreamRqRetry = scope.Counter("upstream_rq_retry", shard);
        UpstreamRqRetryBackoffExponential = scope.Counter("upstream_rq_retry_backoff_exponential", shard);
        UpstreamRqRetryBackoffRatelimited = scope.Counter("upstream_rq_retry_backoff_ratelimited", shard);
        UpstreamRqRetryLimitExceeded = scope.Counter("upstream_rq_retry_limit_exceeded", shard);
        UpstreamRqRetryOverflow = scope.Counter("upstream_rq_retry_overflow", shard);
        UpstreamRqRetrySuccess = scope.Counter("upstream_rq_retry_success", shard);
        UpstreamRqRxReset = scope.Counter("upstream_rq_rx_reset", shard);
        UpstreamRqTimeout = scope.Counter("upstream_rq_timeout", shard);
        UpstreamRqTotal = scope.Counter("upstream_rq_total", shard);
        UpstreamRqTxReset = scope.Counter("upstream_rq_tx_reset", shard);
        UpstreamHttp3Broken = scope.Counter("upstream_http3_broken", shard);
        UpstreamCxActive = scope.Gauge("upstream_cx_active", shard);
        UpstreamCxRxBytesBuffered = scope.Gauge("upstream_cx_rx_bytes_buffered", shard);
        UpstreamCxTxBytesBuffered = scope.Gauge("upstream_cx_tx_bytes_buffered", shard);
        UpstreamRqActive = scope.Gauge("upstream_rq_active", shard);
        UpstreamRqPendingActive = scope.Gauge("upstream_rq_pending_active", shard);
        UpstreamCxConnectMs = scope.Histogram("upstream_cx_connect_ms", shard);
        UpstreamCxLengthMs = scope.Histogram("upstream_cx_length_ms", shard);
        UpstreamRqPerCx = scope.Histogram("upstream_rq_per_cx", shard, HistogramUnit.Unspecified);
        Responses = new ResponseCodeStats(scope, "", shard);
        ExternalResponses = new ResponseCodeStats(scope, "external.", shard);
        RetryResponses = new ResponseCodeStats(scope, "retry.", shard);
        InternalResponses = new ResponseCodeStats(scope, "internal.", shard);
        CanaryResponses = new ResponseCodeStats(scope, "canary.", shard);
    }

    /// <summary>Counts an answer that was a reason to try again, under <c>retry.</c></summary>
    public void ChargeRetry(int code, bool withCode) => RetryResponses.Charge(code, withCode);

    /// <summary>Counts an upstream's answer, <c>upstream_rq_completed</c> included, also under <c>internal.</c> or <c>external.</c></summary>
    /// <param name="code">The status code.</param>
    /// <param name="internalRequest">Whether the request was marked internal (<c>x-envoy-internal</c>).</param>
    /// <param name="canary">Whether the answer came from a canary.</param>
    /// <param name="withCode">False: it counts as completed, whatever its code.</param>
    public void ChargeResponse(int code, bool internalRequest, bool canary, bool withCode)
    {
        Responses.Charge(code, withCode);
        if (canary)
            CanaryResponses.Charge(code);
        (internalRequest ? InternalResponses : ExternalResponses).Charge(code);
    }

    /// <summary>Records how long an upstream took to answer, also under <c>internal.</c> or <c>external.</c></summary>
    /// <param name="milliseconds">From the end of the request to the end of the response.</param>
    /// <param name="internalRequest">Whether the request was marked internal.</param>
    /// <param name="canary">Whether the answer came from a canary.</param>
    public void ChargeResponseTime(long milliseconds, bool internalRequest, bool canary)
    {
        Responses.ChargeTime(milliseconds);
        if (canary)
            CanaryResponses.ChargeTime(milliseconds);
        (internalRequest ? InternalResponses : ExternalResponses).ChargeTime(milliseconds);
    }
}
