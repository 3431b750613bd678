using Envoy.AccessLog;
using Envoy.Extensions;

namespace Envoy.Filters.Network.TcpProxy;

/// <summary>Reads <c>envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy</c>. Thread-safe.</summary>
internal static class TcpProxyReader
{
    private static readonly TcpProxyOptions Defaults = new() { StatPrefix = "" };

    private static readonly FieldTable<WeightedClusterConfig> Weighted = new FieldTable<WeightedClusterConfig>(
            "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight", new WeightedClusterConfig("", 1))
        .Text("name", w => w.Name, (w, v) => w with { Name = v }, required: true)
        .Number("weight", w => w.Weight, (w, v) => w with { Weight = v }, least: 1, required: true)
        .NotYet("metadata_match");

    private static readonly FieldTable<TcpProxyOptions> WeightedClusters = new FieldTable<TcpProxyOptions>(
            "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster", Defaults)
        .List("clusters", o => o.WeightedClusters, (o, v) => o with { WeightedClusters = v }, Weighted, required: true);

    private static readonly FieldTable<TcpProxyOptions> AccessLogOptions = new FieldTable<TcpProxyOptions>(
            "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TcpAccessLogOptions", Defaults)
        .Duration("access_log_flush_interval", o => o.AccessLogFlushInterval, (o, v) => o with { AccessLogFlushInterval = v }, TimeSpan.FromMilliseconds(1))
        .Bool("flush_access_log_on_connected", o => o.FlushAccessLogOnConnected, (o, v) => o with { FlushAccessLogOnConnected = v })
        .NotYet("flush_access_log_on_start=false");

    private static readonly FieldTable<TcpProxyOptions> BackOff = new FieldTable<TcpProxyOptions>("envoy.config.core.v3.BackoffStrategy", Defaults)
        .Duration("base_interval", o => o.ConnectBackOff, (o, v) => o with { ConnectBackOff = v }, TimeSpan.FromMilliseconds(1))
        .Duration("max_interval", o => o.MaxConnectBackOff, (o, v) => o with { MaxConnectBackOff = v }, TimeSpan.FromMilliseconds(1));

    public static readonly FieldTable<TcpProxyOptions> Fields = new FieldTable<TcpProxyOptions>(
            "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", Defaults)
        .Text("stat_prefix", o => o.StatPrefix, (o, v) => o with { StatPrefix = v }, required: true)
        .Text("cluster", o => o.Cluster, (o, v) => o with { Cluster = v })
        .Inline("weighted_clusters", WeightedClusters)
        .Duration("idle_timeout", o => o.IdleTimeout, (o, v) => o with { IdleTimeout = v })
        .Number("max_connect_attempts", o => o.MaxConnectAttempts, (o, v) => o with { MaxConnectAttempts = v }, least: 1)
        .Inline("backoff_options", BackOff)
        .Message("tunneling_config", o => o.Tunneling, (o, v) => o with { Tunneling = v }, TunnelingConfig.Fields)
        .Duration("max_downstream_connection_duration", o => o.MaxDownstreamConnectionDuration,
            (o, v) => o with { MaxDownstreamConnectionDuration = v }, TimeSpan.FromMilliseconds(1))
        .List("access_log", "AccessLog", o => o.AccessLogs, (o, v) => o with { AccessLogs = v }, AccessLogReader.TryRead)
        .Inline("access_log_options", AccessLogOptions)
        .Duration("access_log_flush_interval", o => o.AccessLogFlushInterval, (o, v) => o with { AccessLogFlushInterval = v }, TimeSpan.FromMilliseconds(1))
        .Bool("flush_access_log_on_connected", o => o.FlushAccessLogOnConnected, (o, v) => o with { FlushAccessLogOnConnected = v })
        .NotYet("on_demand", "metadata_match=[]", "downstream_idle_timeout", "upstream_idle_timeout", "hash_policy=[]",
            "max_downstream_connection_duration_jitter_percentage", "proxy_protocol_tlvs=[]", "upstream_connect_mode=IMMEDIATE|0",
            "max_early_data_bytes", "check_drain_close=false", "deprecated_v1")
        .OneOf(required: true, "cluster", "weighted_clusters");
}
