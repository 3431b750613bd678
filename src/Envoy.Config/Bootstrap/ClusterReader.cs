using Envoy.Clusters;
using Envoy.Extensions;
using Envoy.Http.Http1;
using Envoy.Http.Http2;
using Envoy.Net;
using Envoy.Routing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.Tls;

namespace Envoy.Config.Bootstrap;

/// <summary>Reads <c>envoy.config.cluster.v3.Cluster</c>. Thread-safe.</summary>
internal static class ClusterReader
{
    private static readonly ClusterConfig Defaults = new() { Name = "" };

    private static readonly EnumNames<DiscoveryType> DiscoveryTypes = new EnumNames<DiscoveryType>("DiscoveryType")
        .Add("STATIC", 0, DiscoveryType.Static)
        .Add("STRICT_DNS", 1, DiscoveryType.StrictDns)
        .NotYet("LOGICAL_DNS", 2)
        .NotYet("EDS", 3)
        .NotYet("ORIGINAL_DST", 4);

    private static readonly EnumNames<LoadBalancingPolicy> Policies = new EnumNames<LoadBalancingPolicy>("LbPolicy")
        .Add("ROUND_ROBIN", 0, LoadBalancingPolicy.RoundRobin)
        .NotYet("LEAST_REQUEST", 1)
        .NotYet("RING_HASH", 2)
        .Add("RANDOM", 3, LoadBalancingPolicy.Random)
        .NotYet("ORIGINAL_DST_LB", 4)
        .NotYet("MAGLEV", 5)
        .NotYet("CLUSTER_PROVIDED", 6)
        .NotYet("LOAD_BALANCING_POLICY_CONFIG", 7);

    private static readonly EnumNames<DnsLookupFamily> Families = new EnumNames<DnsLookupFamily>("DnsLookupFamily")
        .Add("AUTO", 0, DnsLookupFamily.Auto)
        .Add("V4_ONLY", 1, DnsLookupFamily.V4Only)
        .Add("V6_ONLY", 2, DnsLookupFamily.V6Only)
        .Add("V4_PREFERRED", 3, DnsLookupFamily.V4Preferred)
        .Add("ALL", 4, DnsLookupFamily.All);

    private static readonly EnumNames<RoutingPriority> Priorities = new EnumNames<RoutingPriority>("RoutingPriority")
        .Add("DEFAULT", 0, RoutingPriority.Default)
        .Add("HIGH", 1, RoutingPriority.High);

    private static readonly FieldTable<RetryBudgetConfig> RetryBudget = new FieldTable<RetryBudgetConfig>(
            "envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget", new RetryBudgetConfig())
        .Add(
            new ConfigField("budget_percent", "Percent", FieldSupport.Supported),
            b => b.BudgetPercent,
            (b, v) => b with { BudgetPercent = v },
            (ConfigValueReader<double>)ConfigValues.ReadPercent)
        .Number("min_retry_concurrency", b => b.MinRetryConcurrency, (b, v) => b with { MinRetryConcurrency = v })
        .NotYet("budget_interval");

    private static readonly FieldTable<Threshold> Thresholds = new FieldTable<Threshold>(
            "envoy.config.cluster.v3.CircuitBreakers.Thresholds", new Threshold(new CircuitBreakerConfig(), RoutingPriority.Default))
        .Number("max_connections", t => t.Config.MaxConnections, (t, v) => t with { Config = t.Config with { MaxConnections = v } })
        .Number("max_pending_requests", t => t.Config.MaxPendingRequests, (t, v) => t with { Config = t.Config with { MaxPendingRequests = v } })
        .Number("max_requests", t => t.Config.MaxRequests, (t, v) => t with { Config = t.Config with { MaxRequests = v } })
        .Number("max_retries", t => t.Config.MaxRetries, (t, v) => t with { Config = t.Config with { MaxRetries = v } })
        .Message("retry_budget", t => t.Config.RetryBudget, (t, v) => t with { Config = t.Config with { RetryBudget = v } }, RetryBudget)
        .Enum("priority", t => t.Priority, (t, v) => t with { Priority = v }, Priorities)
        .NotYet("track_remaining=false", "max_connection_pools");

    private static readonly FieldTable<ClusterConfig> CircuitBreakers = new FieldTable<ClusterConfig>("envoy.config.cluster.v3.CircuitBreakers", Defaults)
        .List("thresholds", c => [new Threshold(c.CircuitBreakers, RoutingPriority.Default)], WithThresholds, Thresholds)
        .NotYet("per_host_thresholds=[]")
        .Check((_, node, context) =>
        {
            // Envoy would take the first of one priority and drop the others without a word.
            if (node.Find("thresholds") is { Kind: ConfigNodeKind.List } list
                && list.Items.GroupBy(i => i.Find("priority")?.Value is { } p && (p == "1" || p.Equals("HIGH", StringComparison.OrdinalIgnoreCase))).Any(g => g.Count() > 1))
            {
                context.Error(list, "more than one entry is for the same priority");
            }
        });

    private static readonly FieldTable<ClusterConfig> CommonHttp = new FieldTable<ClusterConfig>("envoy.config.core.v3.HttpProtocolOptions", Defaults)
        .Duration("idle_timeout", c => c.IdleTimeout, (c, v) => c with { IdleTimeout = v })
        .Duration("max_connection_duration", c => c.MaxConnectionDuration, (c, v) => c with { MaxConnectionDuration = v })
        .Number("max_requests_per_connection", c => c.MaxRequestsPerConnection, (c, v) => c with { MaxRequestsPerConnection = v })
        .NotYet("max_headers_count", "max_response_headers_kb", "max_stream_duration", "headers_with_underscores_action=ALLOW");

    private static readonly FieldTable<ClusterConfig> Http1 = new FieldTable<ClusterConfig>("envoy.config.core.v3.Http1ProtocolOptions", Defaults)
        .KeyFormat(c => c.HeaderKeyFormat, (c, v) => c with { HeaderKeyFormat = v })
        .NotYet("allow_absolute_url=true", "accept_http_10=false", "default_host_for_http_10=", "enable_trailers=false",
            "allow_chunked_length=false", "override_stream_error_on_invalid_http_message=false", "send_fully_qualified_url=false",
            "allow_custom_methods=false", "ignore_http_11_upgrade=[]")
        .Inert("use_balsa_parser");

    private static readonly FieldTable<ClusterConfig> ExplicitHttp = new FieldTable<ClusterConfig>(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig", Defaults)
        .Inline("http_protocol_options", Http1)
        .Message("http2_protocol_options", c => c.HttpProtocol == UpstreamHttpProtocol.Http2 ? c.Http2 : null, WithHttp2, Http2ProtocolOptionsReader.Fields)
        .NotYet("http3_protocol_options")
        .OneOf(required: true, "http_protocol_options", "http2_protocol_options", "http3_protocol_options");

    private static readonly FieldTable<ClusterConfig> DownstreamHttp = new FieldTable<ClusterConfig>(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig", Defaults with { HttpProtocol = UpstreamHttpProtocol.Downstream })
        .Inline("http_protocol_options", Http1)
        .Message("http2_protocol_options", c => c.Http2, (c, v) => c with { Http2 = v }, Http2ProtocolOptionsReader.Fields)
        .NotYet("http3_protocol_options");

    private static readonly FieldTable<ClusterConfig> AutoHttp = new FieldTable<ClusterConfig>(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig", Defaults with { HttpProtocol = UpstreamHttpProtocol.Negotiated })
        .Inline("http_protocol_options", Http1)
        .Message("http2_protocol_options", c => c.Http2, (c, v) => c with { Http2 = v }, Http2ProtocolOptionsReader.Fields)
        .NotYet("http3_protocol_options", "alternate_protocols_cache_options");

    private static readonly FieldTable<ClusterConfig> UpstreamHttp = new FieldTable<ClusterConfig>("envoy.config.core.v3.UpstreamHttpProtocolOptions", Defaults)
        .Bool("auto_sni", c => c.AutoSni, (c, v) => c with { AutoSni = v })
        .Bool("auto_san_validation", c => c.AutoSanValidation, (c, v) => c with { AutoSanValidation = v })
        .Text("override_auto_sni_header", c => c.AutoSniHeader, (c, v) => c with { AutoSniHeader = v });

    private static readonly FieldTable<ClusterConfig> HttpProtocol = new FieldTable<ClusterConfig>(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", Defaults)
        .Inline("common_http_protocol_options", CommonHttp)
        .Inline("explicit_http_config", ExplicitHttp)
        .Message(
            "use_downstream_protocol_config", c => c.HttpProtocol == UpstreamHttpProtocol.Downstream ? c : null,
            (c, v) => c with { HttpProtocol = UpstreamHttpProtocol.Downstream, Http2 = v.Http2, HeaderKeyFormat = v.HeaderKeyFormat }, DownstreamHttp)
        .Message(
            "auto_config", c => c.HttpProtocol == UpstreamHttpProtocol.Negotiated ? c : null,
            (c, v) => c with { HttpProtocol = UpstreamHttpProtocol.Negotiated, Http2 = v.Http2, HeaderKeyFormat = v.HeaderKeyFormat }, AutoHttp)
        .Inline("upstream_http_protocol_options", UpstreamHttp)
        .NotYet("http_filters=[]", "header_validation_config",
            "outlier_detection", "request_mirror_policies=[]", "hash_policy=[]", "retry_policy")
        .OneOf(required: true, "explicit_http_config", "use_downstream_protocol_config", "auto_config");

    private static readonly FieldTable<PreconnectConfig> Preconnect = new FieldTable<PreconnectConfig>("envoy.config.cluster.v3.Cluster.PreconnectPolicy", new PreconnectConfig())
        .Add(Ratio("per_upstream_preconnect_ratio"), p => p.PerUpstreamRatio, (p, v) => p with { PerUpstreamRatio = v }, (ConfigValueReader<double>)ReadRatio)
        .Add(Ratio("predictive_preconnect_ratio"), p => p.PredictiveRatio, (p, v) => p with { PredictiveRatio = v }, (ConfigValueReader<double>)ReadRatio);

    private static readonly FieldTable<SocketAddressBox> ExtraSource = new FieldTable<SocketAddressBox>("envoy.config.core.v3.ExtraSourceAddress", new SocketAddressBox())
        .Message("address", a => a.Address, (a, v) => new SocketAddressBox { Address = v }, AddressReader.Socket, required: true)
        .NotYet("socket_options");

    private static readonly FieldTable<UpstreamBindConfig> Bind = new FieldTable<UpstreamBindConfig>(
            "envoy.config.core.v3.BindConfig", new UpstreamBindConfig(new SocketAddressConfig("", 0)))
        .Message("source_address", b => b.SourceAddress, (b, v) => b with { SourceAddress = v }, AddressReader.Socket, required: true)
        .Bool("freebind", b => b.FreeBind, (b, v) => b with { FreeBind = v })
        .List(
            "extra_source_addresses",
            b => [.. b.ExtraSourceAddresses.Select(a => new SocketAddressBox { Address = a })],
            (b, v) => b with { ExtraSourceAddresses = [.. v.Select(a => a.Address)] },
            ExtraSource)
        .NotYet("socket_options=[]", "additional_source_addresses=[]", "local_address_selector");

    private static readonly FieldTable<TcpKeepaliveConfig> Keepalive = new FieldTable<TcpKeepaliveConfig>("envoy.config.core.v3.TcpKeepalive", new TcpKeepaliveConfig())
        .Number31("keepalive_probes", k => k.Probes, (k, v) => k with { Probes = v })
        .Number31("keepalive_time", k => k.TimeSeconds, (k, v) => k with { TimeSeconds = v })
        .Number31("keepalive_interval", k => k.IntervalSeconds, (k, v) => k with { IntervalSeconds = v });

    private static readonly FieldTable<ClusterConfig> ConnectionOptions = new FieldTable<ClusterConfig>("envoy.config.cluster.v3.UpstreamConnectionOptions", Defaults)
        .Message("tcp_keepalive", c => c.TcpKeepalive, (c, v) => c with { TcpKeepalive = v }, Keepalive)
        .NotYet("set_local_interface_name_on_upstream_connections=false", "happy_eyeballs_config");

    public static readonly FieldTable<ClusterConfig> Fields = new FieldTable<ClusterConfig>("envoy.config.cluster.v3.Cluster", Defaults)
        .Text("name", c => c.Name, (c, v) => c with { Name = v }, required: true)
        .Text("alt_stat_name", c => c.AltStatName, (c, v) => c with { AltStatName = v })
        .Enum("type", c => c.Type, (c, v) => c with { Type = v }, DiscoveryTypes)
        .Enum("lb_policy", c => c.LbPolicy, (c, v) => c with { LbPolicy = v }, Policies)
        .Duration("connect_timeout", c => c.ConnectTimeout, (c, v) => c with { ConnectTimeout = v }, above: true)
        .Number("per_connection_buffer_limit_bytes", c => c.PerConnectionBufferLimitBytes, (c, v) => c with { PerConnectionBufferLimitBytes = v })
        .Duration("dns_refresh_rate", c => c.DnsRefreshRate, (c, v) => c with { DnsRefreshRate = v }, TimeSpan.FromMilliseconds(1), above: true)
        .Enum("dns_lookup_family", c => c.DnsLookupFamily, (c, v) => c with { DnsLookupFamily = v }, Families)
        .Inline("circuit_breakers", CircuitBreakers)
        .Inline("common_http_protocol_options", CommonHttp)
        .Number("max_requests_per_connection", _ => null, (c, v) => c.MaxRequestsPerConnection == 0 ? c with { MaxRequestsPerConnection = v } : c)
        .Inline("http_protocol_options", Http1)
        .Inline("upstream_http_protocol_options", UpstreamHttp)
        .Message("http2_protocol_options", _ => null, WithHttp2, Http2ProtocolOptionsReader.Fields)
        .Add(new ConfigField("typed_extension_protocol_options", "map of Any", FieldSupport.Supported), ReadProtocolOptions)
        .AddEndpoints()
        .Message("transport_socket", "TransportSocket", c => c.TransportSocket, (c, v) => c with { TransportSocket = v }, TransportSocketReader.TryReadUpstream)
        .Message("tls_context", c => c.TransportSocket?.Options as UpstreamTlsOptions, (c, v) => c with { TransportSocket = new("tls", v) }, TlsContextReader.Upstream)
        .List("transport_socket_matches", "TransportSocketMatch", c => c.TransportSocketMatches, (c, v) => c with { TransportSocketMatches = v }, TransportSocketMatchReader.TryRead)
        .NotYet("transport_socket_matcher", "cluster_type", "eds_cluster_config", "health_checks=[]",
            "extension_protocol_options=[]", "dns_jitter=0s",
            "dns_failure_refresh_rate", "respect_dns_ttl=false", "dns_resolvers=[]", "use_tcp_for_dns_lookups=false", "dns_resolution_config",
            "typed_dns_resolver_config", "wait_for_warm_on_init=true", "outlier_detection", "cleanup_interval", "lb_subset_config",
            "ring_hash_lb_config", "maglev_lb_config", "original_dst_lb_config", "least_request_lb_config", "round_robin_lb_config=[]",
            "common_lb_config=[]", "protocol_selection=USE_CONFIGURED_PROTOCOL",
            "close_connections_on_host_health_failure=false", "ignore_health_on_host_removal=false", "drain_connections_on_host_removal=false",
            "filters=[]", "load_balancing_policy", "lrs_server", "lrs_report_endpoint_metrics=[]", "track_timeout_budgets=false", "upstream_config",
            "track_cluster_stats=[]", "connection_pool_per_downstream_connection=false")
        .Message("preconnect_policy", c => c.Preconnect, (c, v) => c with { Preconnect = v }, Preconnect)
        .Message("upstream_bind_config", c => c.UpstreamBind, (c, v) => c with { UpstreamBind = v }, Bind)
        .Inline("upstream_connection_options", ConnectionOptions)
        .Inert("metadata")
        .OneOf(required: false, "type", "cluster_type");

    private static ConfigField Ratio(string name) => new(name, "double", FieldSupport.Supported) { Limits = "1 to 3" };

    private static bool ReadRatio(ConfigNode node, ConfigReadContext context, out double value)
    {
        if (!ConfigValues.ReadDouble(node, context, out value))
            return false;
        if (value is >= PreconnectConfig.LeastRatio and <= PreconnectConfig.MostRatio)
            return true;
        context.Error(node, "must be within 1 and 3");
        return false;
    }

    private static ClusterConfig ReadProtocolOptions(ClusterConfig cluster, ConfigNode node, ConfigReadContext context)
    {
        const string Category = "envoy.upstreams";
        if (node.Kind != ConfigNodeKind.Mapping)
        {
            context.Error(node, "must be a mapping of extension names");
            return cluster;
        }

        foreach (var entry in node.Entries)
        {
            if (entry.Value.Find("@type") is not { Kind: ConfigNodeKind.Scalar } type)
                context.Error(entry.Value, "needs '@type'", $"add \"@type\": type.googleapis.com/{HttpProtocol.Message}");
            else if (type.Value.EndsWith("/" + HttpProtocol.Message, StringComparison.Ordinal))
                cluster = HttpProtocol.ReadInto(cluster, entry.Value.Without("@type"), context);
            else if (type.Value.Contains("/envoy.extensions.", StringComparison.Ordinal) || type.Value.Contains("/envoy.config.", StringComparison.Ordinal))
                context.Error(type, $"'{type.Value}' is not supported yet", kind: ConfigErrorKind.NotSupported);
            else
                context.Error(
                    type,
                    $"no extension of {Category} is configured by '{type.Value}'",
                    NearestName.Hint(type.Value, ["type.googleapis.com/" + HttpProtocol.Message]),
                    ConfigErrorKind.Unknown);
        }

        return cluster;
    }

    private static ClusterConfig WithHttp2(ClusterConfig cluster, Http2ProtocolOptions options) =>
        cluster with { HttpProtocol = UpstreamHttpProtocol.Http2, Http2 = options };

    private static ClusterConfig WithThresholds(ClusterConfig cluster, ValueList<Threshold> thresholds)
    {
        foreach (var threshold in thresholds)
        {
            cluster = threshold.Priority == RoutingPriority.High
                ? cluster with { HighPriorityCircuitBreakers = threshold.Config }
                : cluster with { CircuitBreakers = threshold.Config };
        }

        return cluster;
    }

    private sealed record SocketAddressBox
    {
        public SocketAddressConfig Address { get; init; } = new("", 0);
    }

    private sealed record Threshold(CircuitBreakerConfig Config, RoutingPriority Priority);
}
