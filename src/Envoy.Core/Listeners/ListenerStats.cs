using Envoy.Stats;

namespace Envoy.Listeners;

/// <summary>
/// A listener's statistics, Envoy's names under <c>listener.ADDRESS.</c>, and those that Envoy also keeps per thread under
/// <c>listener.ADDRESS.worker_N.</c> (<c>main_thread.</c> for what the main thread accepts). Worker-owned.
/// </summary>
internal sealed class ListenerStats
{
    public readonly CounterCell DownstreamCxDestroy;
    public readonly CounterCell DownstreamCxOverflow;
    public readonly CounterCell DownstreamCxTotal;
    public readonly CounterCell DownstreamCxTransportSocketConnectTimeout;
    public readonly CounterCell DownstreamCxOverloadReject;
    public readonly CounterCell DownstreamGlobalCxOverflow;
    public readonly CounterCell DownstreamPreCxTimeout;
    public readonly CounterCell DownstreamListenerFilterRemoteClose;
    public readonly CounterCell DownstreamListenerFilterError;
    public readonly CounterCell NoFilterChainMatch;
    public readonly GaugeCell DownstreamCxActive;
    public readonly GaugeCell DownstreamPreCxActive;
    public readonly HistogramCell DownstreamCxLengthMs;
    public readonly HistogramCell ConnectionsAcceptedPerSocketEvent;
    public readonly CounterCell ExtensionConfigMissing;
    public readonly CounterCell NetworkExtensionConfigMissing;
    public readonly CounterCell WorkerDownstreamCxTotal;
    public readonly GaugeCell WorkerDownstreamCxActive;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>listener.ADDRESS</c>, the address or the listener's <c>stat_prefix</c>.</param>
    /// <param name="shard">The worker's shard, or main's.</param>
    public ListenerStats(StatsScope scope, int shard)
    {
        DownstreamCxDestroy = scope.Counter("downstream_cx_destroy", shard);
        DownstreamCxOverflow = scope.Counter("downstream_cx_overflow", shard);
        DownstreamCxTotal = scope.Counter("downstream_cx_total", shard);
        DownstreamCxTransportSocketConnectTimeout = scope.Counter("downstream_cx_transport_socket_connect_timeout", shard);
        DownstreamCxOverloadReject = scope.Counter("downstream_cx_overload_reject", shard);
        DownstreamGlobalCxOverflow = scope.Counter("downstream_global_cx_overflow", shard);
        DownstreamPreCxTimeout = scope.Counter("downstream_pre_cx_timeout", shard);
        DownstreamListenerFilterRemoteClose = scope.Counter("downstream_listener_filter_remote_close", shard);
        DownstreamListenerFilterError = scope.Counter("downstream_listener_filter_error", shard);
        NoFilterChainMatch = scope.Counter("no_filter_chain_match", shard);
        DownstreamCxActive = scope.Gauge("downstream_cx_active", shard);
        DownstreamPreCxActive = scope.Gauge("downstream_pre_cx_active", shard);
        DownstreamCxLengthMs = scope.Histogram("downstream_cx_length_ms", shard);
        ConnectionsAcceptedPerSocketEvent = scope.Histogram("connections_accepted_per_socket_event", shard, HistogramUnit.Unspecified);
        ExtensionConfigMissing = scope.Counter("extension_config_missing", shard);
        NetworkExtensionConfigMissing = scope.Counter("network_extension_config_missing", shard);
        var thread = shard == scope.Store.MainShard ? "main_thread" : $"worker_{shard}";
        WorkerDownstreamCxTotal = scope.Counter($"{thread}.downstream_cx_total", shard);
        WorkerDownstreamCxActive = scope.Gauge($"{thread}.downstream_cx_active", shard);
    }
}
