using Envoy.Stats;

namespace Envoy.ConnectionManager;

/// <summary>
/// Statistics of an HTTP connection manager, Envoy's names under <c>http.PREFIX.</c>. Worker-owned.
/// </summary>
internal sealed class HttpConnectionManagerStats
{
    public readonly CounterCell DownstreamCxDelayedCloseTimeout;
    public readonly CounterCell DownstreamCxDestroy;
    public readonly CounterCell DownstreamCxDestroyActiveRq;
    public readonly CounterCell DownstreamCxDestroyLocal;
    public readonly CounterCell DownstreamCxDestroyLocalActiveRq;
    public readonly CounterCell DownstreamCxDestroyRemote;
    public readonly CounterCell DownstreamCxDestroyRemoteActiveRq;
    public readonly CounterCell DownstreamCxDrainClose;
    public readonly CounterCell DownstreamCxHttp1Total;
    public readonly CounterCell DownstreamCxHttp2Total;
    public readonly CounterCell DownstreamCxHttp3Total;
    public readonly CounterCell DownstreamCxIdleTimeout;
    public readonly CounterCell DownstreamCxMaxDurationReached;
    public readonly CounterCell DownstreamCxMaxRequestsReached;
    public readonly CounterCell DownstreamCxOverloadDisableKeepalive;
    public readonly CounterCell DownstreamCxProtocolError;
    public readonly CounterCell DownstreamCxRxBytesTotal;
    public readonly CounterCell DownstreamCxSslTotal;
    public readonly CounterCell DownstreamCxTotal;
    public readonly CounterCell DownstreamCxTxBytesTotal;
    public readonly CounterCell DownstreamCxUpgradesTotal;
    public readonly CounterCell DownstreamFlowControlPausedReadingTotal;
    public readonly CounterCell DownstreamFlowControlResumedReadingTotal;
    public readonly CounterCell DownstreamRq1xx;
    public readonly CounterCell DownstreamRq2xx;
    public readonly CounterCell DownstreamRq3xx;
    public readonly CounterCell DownstreamRq4xx;
    public readonly CounterCell DownstreamRq5xx;
    public readonly CounterCell DownstreamRqCompleted;
    public readonly CounterCell DownstreamRqFailedPathNormalization;
    public readonly CounterCell DownstreamRqHttp1Total;
    public readonly CounterCell DownstreamRqHttp2Total;
    public readonly CounterCell DownstreamRqHttp3Total;
    public readonly CounterCell DownstreamRqIdleTimeout;
    public readonly CounterCell DownstreamRqNonRelativePath;
    public readonly CounterCell DownstreamRqOverloadClose;
    public readonly CounterCell DownstreamRqRedirectedWithNormalizedPath;
    public readonly CounterCell DownstreamRqRejectedViaIpDetection;
    public readonly CounterCell DownstreamRqResponseBeforeRqComplete;
    public readonly CounterCell DownstreamRqRxReset;
    public readonly CounterCell DownstreamRqTooManyPrematureResets;
    public readonly CounterCell DownstreamRqTimeout;
    public readonly CounterCell DownstreamRqHeaderTimeout;
    public readonly CounterCell DownstreamRqTooLarge;
    public readonly CounterCell DownstreamRqTotal;
    public readonly CounterCell DownstreamRqTxReset;
    public readonly CounterCell DownstreamRqMaxDurationReached;
    public readonly CounterCell DownstreamRqWsOnNonWsRoute;
    public readonly CounterCell RsTooLarge;
    public readonly GaugeCell DownstreamCxActive;
    public readonly GaugeCell DownstreamCxHttp1Active;
    public readonly GaugeCell DownstreamCxHttp2Active;
    public readonly GaugeCell DownstreamCxHttp3Active;
    public readonly GaugeCell DownstreamCxRxBytesBuffered;
    public readonly GaugeCell DownstreamCxSslActive;
    public readonly GaugeCell DownstreamCxTxBytesBuffered;
    public readonly GaugeCell DownstreamCxUpgradesActive;
    public readonly GaugeCell DownstreamCxHttp1SoftDrain;
    public readonly GaugeCell DownstreamRqActive;
    public readonly HistogramCell DownstreamCxLengthMs;
    public readonly HistogramCell DownstreamRqTime;
    public readonly CounterCell TracingRandomSampling;
    public readonly CounterCell TracingServiceForced;
    public readonly CounterCell TracingClientEnabled;
    public readonly CounterCell TracingNotTraceable;
    public readonly CounterCell TracingHealthCheck;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>http.PREFIX</c>, with the configured <c>stat_prefix</c>.</param>
    /// <param name="shard">The worker's shard, or main's.</param>
    public HttpConnectionManagerStats(StatsScope scope, int shard)
    {
        DownstreamCxDelayedCloseTimeout = scope.Counter("downstream_cx_delayed_close_timeout", shard);
        DownstreamCxDestroy = scope.Counter("downstream_cx_destroy", shard);
        DownstreamCxDestroyActiveRq = scope.Counter("downstream_cx_destroy_active_rq", shard);
        DownstreamCxDestroyLocal = scope.Counter("downstream_cx_destroy_local", shard);
        DownstreamCxDestroyLocalActiveRq = scope.Counter("downstream_cx_destroy_local_active_rq", shard);
        DownstreamCxDestroyRemote = scope.Counter("downstream_cx_destroy_remote", shard);
        DownstreamCxDestroyRemoteActiveRq = scope.Counter("downstream_cx_destroy_remote_active_rq", shard);
        DownstreamCxDrainClose = scope.Counter("downstream_cx_drain_close", shard);
        DownstreamCxHttp1Total = scope.Counter("downstream_cx_http1_total", shard);
        DownstreamCxHttp2Total = scope.Counter("downstream_cx_http2_total", shard);
        DownstreamCxHttp3Total = scope.Counter("downstream_cx_http3_total", shard);
        DownstreamCxIdleTimeout = scope.Counter("downstream_cx_idle_timeout", shard);
        DownstreamCxMaxDurationReached = scope.Counter("downstream_cx_max_duration_reached", shard);
        DownstreamCxMaxRequestsReached = scope.Counter("downstream_cx_max_requests_reached", shard);
        DownstreamCxOverloadDisableKeepalive = scope.Counter("downstream_cx_overload_disable_keepalive", shard);
        DownstreamCxProtocolError = scope.Counter("downstream_cx_protocol_error", shard);
        DownstreamCxRxBytesTotal = scope.Counter("downstream_cx_rx_bytes_total", shard);
        DownstreamCxSslTotal = scope.Counter("downstream_cx_ssl_total", shard);
        DownstreamCxTotal = scope.Counter("downstream_cx_total", shard);
        DownstreamCxTxBytesTotal = scope.Counter("downstream_cx_tx_bytes_total", shard);
        DownstreamCxUpgradesTotal = scope.Counter("downstream_cx_upgrades_total", shard);
        DownstreamFlowControlPausedReadingTotal = scope.Counter("downstream_flow_control_paused_reading_total", shard);
        DownstreamFlowControlResumedReadingTotal = scope.Counter("downstream_flow_control_resumed_reading_total", shard);
        DownstreamRq1xx = scope.Counter("downstream_rq_1xx", shard);
        DownstreamRq2xx = scope.Counter("downstream_rq_2xx", shard);
        DownstreamRq3xx = scope.Counter("downstream_rq_3xx", shard);
        DownstreamRq4xx = scope.Counter("downstream_rq_4xx", shard);
        DownstreamRq5xx = scope.Counter("downstream_rq_5xx", shard);
        DownstreamRqCompleted = scope.Counter("downstream_rq_completed", shard);
        DownstreamRqFailedPathNormalization = scope.Counter("downstream_rq_failed_path_normalization", shard);
        DownstreamRqHttp1Total = scope.Counter("downstream_rq_http1_total", shard);
        DownstreamRqHttp2Total = scope.Counter("downstream_rq_http2_total", shard);
        DownstreamRqHttp3Total = scope.Counter("downstream_rq_http3_total", shard);
        DownstreamRqIdleTimeout = scope.Counter("downstream_rq_idle_timeout", shard);
        DownstreamRqNonRelativePath = scope.Counter("downstream_rq_non_relative_path", shard);
        DownstreamRqOverloadClose = scope.Counter("downstream_rq_overload_close", shard);
        DownstreamRqRedirectedWithNormalizedPath = scope.Counter("downstream_rq_redirected_with_normalized_path", shard);
        DownstreamRqRejectedViaIpDetection = scope.Counter("downstream_rq_rejected_via_ip_detection", shard);
        DownstreamRqResponseBeforeRqComplete = scope.Counter("downstream_rq_response_before_rq_complete", shard);
        DownstreamRqRxReset = scope.Counter("downstream_rq_rx_reset", shard);
        DownstreamRqTooManyPrematureResets = scope.Counter("downstream_rq_too_many_premature_resets", shard);
        DownstreamRqTimeout = scope.Counter("downstream_rq_timeout", shard);
        DownstreamRqHeaderTimeout = scope.Counter("downstream_rq_header_timeout", shard);
        DownstreamRqTooLarge = scope.Counter("downstream_rq_too_large", shard);
        DownstreamRqTotal = scope.Counter("downstream_rq_total", shard);
        DownstreamRqTxReset = scope.Counter("downstream_rq_tx_reset", shard);
        DownstreamRqMaxDurationReached = scope.Counter("downstream_rq_max_duration_reached", shard);
        DownstreamRqWsOnNonWsRoute = scope.Counter("downstream_rq_ws_on_non_ws_route", shard);
        RsTooLarge = scope.Counter("rs_too_large", shard);
        DownstreamCxActive = scope.Gauge("downstream_cx_active", shard);
        DownstreamCxHttp1Active = scope.Gauge("downstream_cx_http1_active", shard);
        DownstreamCxHttp2Active = scope.Gauge("downstream_cx_http2_active", shard);
        DownstreamCxHttp3Active = scope.Gauge("downstream_cx_http3_active", shard);
        DownstreamCxRxBytesBuffered = scope.Gauge("downstream_cx_rx_bytes_buffered", shard);
        DownstreamCxSslActive = scope.Gauge("downstream_cx_ssl_active", shard);
        DownstreamCxTxBytesBuffered = scope.Gauge("downstream_cx_tx_bytes_buffered", shard);
        DownstreamCxUpgradesActive = scope.Gauge("downstream_cx_upgrades_active", shard);
        DownstreamCxHttp1SoftDrain = scope.Gauge("downstream_cx_http1_soft_drain", shard);
        DownstreamRqActive = scope.Gauge("downstream_rq_active", shard);
        DownstreamCxLengthMs = scope.Histogram("downstream_cx_length_ms", shard);
        DownstreamRqTime = scope.Histogram("downstream_rq_time", shard);
        TracingRandomSampling = scope.Counter("tracing.random_sampling", shard);
        TracingServiceForced = scope.Counter("tracing.service_forced", shard);
        TracingClientEnabled = scope.Counter("tracing.client_enabled", shard);
        TracingNotTraceable = scope.Counter("tracing.not_traceable", shard);
        TracingHealthCheck = scope.Counter("tracing.health_check", shard);
    }

    /// <summary>Counts a finished answer under its class: <c>downstream_rq_completed</c> and <c>downstream_rq_2xx</c>.</summary>
    /// <param name="code">The status code; outside 100 to 599 only <c>downstream_rq_completed</c> counts.</param>
    public void ChargeResponse(int code)
    {
        DownstreamRqCompleted.Inc();
        switch (code / 100)
        {
            case 1:
                DownstreamRq1xx.Inc();
                break;
            case 2:
                DownstreamRq2xx.Inc();
                break;
            case 3:
                DownstreamRq3xx.Inc();
                break;
            case 4:
                DownstreamRq4xx.Inc();
                break;
            case 5:
                DownstreamRq5xx.Inc();
                break;
        }
    }
}
