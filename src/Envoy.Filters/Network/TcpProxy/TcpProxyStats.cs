using Envoy.Stats;

namespace Envoy.Filters.Network.TcpProxy;

/// <summary>
/// Statistics of a TCP proxy, Envoy's names under <c>tcp.PREFIX.</c> Worker-owned.
/// </summary>
internal sealed class TcpProxyStats
{
    public readonly CounterCell DownstreamCxNoRoute;
    public readonly CounterCell DownstreamCxRxBytesTotal;
    public readonly CounterCell DownstreamCxTotal;
    public readonly CounterCell DownstreamCxTxBytesTotal;
    public readonly CounterCell DownstreamFlowControlPausedReadingTotal;
    public readonly CounterCell DownstreamFlowControlResumedReadingTotal;
    public readonly CounterCell EarlyDataReceivedCountTotal;
    public readonly CounterCell IdleTimeout;
    public readonly CounterCell MaxDownstreamConnectionDuration;
    public readonly CounterCell UpstreamFlushTotal;
    public readonly GaugeCell DownstreamCxRxBytesBuffered;
    public readonly GaugeCell DownstreamCxTxBytesBuffered;
    public readonly GaugeCell UpstreamFlushActive;
    public readonly CounterCell OnDemandClusterAttempt;
    public readonly CounterCell OnDemandClusterMissing;
    public readonly CounterCell OnDemandClusterTimeout;
    public readonly CounterCell OnDemandClusterSuccess;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>tcp.PREFIX</c>, with the configured <c>stat_prefix</c>.</param>
    /// <param name="shard">The worker's shard, or main's.</param>
    public TcpProxyStats(StatsScope scope, int shard)
    {
        DownstreamCxNoRoute = scope.Counter("downstream_cx_no_route", shard);
        DownstreamCxRxBytesTotal = scope.Counter("downstream_cx_rx_bytes_total", shard);
        DownstreamCxTotal = scope.Counter("downstream_cx_total", shard);
        DownstreamCxTxBytesTotal = scope.Counter("downstream_cx_tx_bytes_total", shard);
        DownstreamFlowControlPausedReadingTotal = scope.Counter("downstream_flow_control_paused_reading_total", shard);
        DownstreamFlowControlResumedReadingTotal = scope.Counter("downstream_flow_control_resumed_reading_total", shard);
        EarlyDataReceivedCountTotal = scope.Counter("early_data_received_count_total", shard);
        IdleTimeout = scope.Counter("idle_timeout", shard);
        MaxDownstreamConnectionDuration = scope.Counter("max_downstream_connection_duration", shard);
        UpstreamFlushTotal = scope.Counter("upstream_flush_total", shard);
        DownstreamCxRxBytesBuffered = scope.Gauge("downstream_cx_rx_bytes_buffered", shard);
        DownstreamCxTxBytesBuffered = scope.Gauge("downstream_cx_tx_bytes_buffered", shard);
        UpstreamFlushActive = scope.Gauge("upstream_flush_active", shard);
        OnDemandClusterAttempt = scope.Counter("on_demand_cluster_attempt", shard);
        OnDemandClusterMissing = scope.Counter("on_demand_cluster_missing", shard);
        OnDemandClusterTimeout = scope.Counter("on_demand_cluster_timeout", shard);
        OnDemandClusterSuccess = scope.Counter("on_demand_cluster_success", shard);
    }
}
