using Envoy.Extensions;
using Envoy.FilterChains.Network;
using Envoy.Filters.Listener.OriginalDst;
using Envoy.Filters.Listener.ProxyProtocol;
using Envoy.Listeners;
using Envoy.Listeners.Filters;
using Envoy.Listeners.Matching;
using Envoy.Net;
using Envoy.TransportSockets;
using Envoy.TransportSockets.Tls;

namespace Envoy.Config.Bootstrap;

/// <summary>Reads <c>envoy.config.listener.v3.Listener</c>. Thread-safe.</summary>
internal static class ListenerReader
{
    private static readonly FieldTable<FilterChainConfig> FilterChain = new FieldTable<FilterChainConfig>(
            "envoy.config.listener.v3.FilterChain", new FilterChainConfig())
        .Text("name", c => c.Name, (c, v) => c with { Name = v })
        .Message("filter_chain_match", c => c.Match, (c, v) => c with { Match = v == new FilterChainMatchConfig() ? null : v }, FilterChainMatchReader.Fields)
        .List("filters", "Filter", c => c.Filters, (c, v) => c with { Filters = v }, NetworkFilterReader.TryRead)
        .Message("transport_socket", "TransportSocket", c => c.TransportSocket, (c, v) => c with { TransportSocket = v }, TransportSocketReader.TryReadDownstream)
        .Message("tls_context", c => c.TransportSocket?.Options as DownstreamTlsOptions, (c, v) => c with { TransportSocket = new("tls", v) }, TlsContextReader.Downstream)
        .Duration("transport_socket_connect_timeout", c => c.TransportSocketConnectTimeout, (c, v) => c with { TransportSocketConnectTimeout = v })
        .Bool("use_proxy_proto", _ => false, (c, _) => c)
        .NotYet("on_demand_configuration")
        .Inert("metadata")
        .OneOf(required: false, "transport_socket", "tls_context");

    private static readonly FieldTable<ListenerConfig> DeprecatedV1 = new FieldTable<ListenerConfig>(
            "envoy.config.listener.v3.Listener.DeprecatedV1", new ListenerConfig { Address = new SocketAddressConfig("", 0) })
        .Bool("bind_to_port", l => l.BindToPort, (l, v) => l with { BindToPort = v });

    public static readonly FieldTable<ListenerConfig> Fields = new FieldTable<ListenerConfig>(
            "envoy.config.listener.v3.Listener", new ListenerConfig { Address = new SocketAddressConfig("", 0) })
        .Text("name", l => l.Name, (l, v) => l with { Name = v })
        .Message("address", "Address", l => l.Address, (l, v) => l with { Address = v }, AddressReader.TryRead)
        .Text("stat_prefix", l => l.StatPrefix, (l, v) => l with { StatPrefix = v })
        .List("filter_chains", l => l.FilterChains, (l, v) => l with { FilterChains = v }, FilterChain)
        .Number("per_connection_buffer_limit_bytes", l => l.PerConnectionBufferLimitBytes, (l, v) => l with { PerConnectionBufferLimitBytes = v })
        .Number31("tcp_backlog_size", l => l.TcpBacklogSize, (l, v) => l with { TcpBacklogSize = v })
        .Bool("enable_reuse_port", l => l.EnableReusePort, (l, v) => l with { EnableReusePort = v })
        .Bool("bind_to_port", l => l.BindToPort, (l, v) => l with { BindToPort = v })
        .Inline("deprecated_v1", DeprecatedV1)
        .List("listener_filters", "ListenerFilter", l => l.ListenerFilters, (l, v) => l with { ListenerFilters = v }, ListenerFilterReader.TryRead)
        .Duration("listener_filters_timeout", l => l.ListenerFiltersTimeout, (l, v) => l with { ListenerFiltersTimeout = v })
        .Bool("continue_on_listener_filters_timeout", l => l.ContinueOnListenerFiltersTimeout, (l, v) => l with { ContinueOnListenerFiltersTimeout = v })
        .Bool("use_original_dst", l => l.UseOriginalDst, (l, v) => l with { UseOriginalDst = v })
        .Message("default_filter_chain", l => l.DefaultFilterChain, (l, v) => l with { DefaultFilterChain = v }, FilterChain)
        .NotYet("additional_addresses=[]", "fcds_config", "filter_chain_matcher", "drain_type=DEFAULT|0", "transparent=false", "freebind=false", "socket_options=[]",
            "tcp_fast_open_queue_length=0", "udp_listener_config", "api_listener", "connection_balance_config=[]",
            "access_log=[]", "max_connections_to_accept_per_socket_event", "internal_listener", "enable_mptcp=false", "tcp_keepalive", "per_connection_buffer_high_watermark_timeout")

        // Two are about limits of the overload manager, which is refused; the third is for tracing and for a drain of inbound listeners alone.
        .Inert("ignore_global_conn_limit", "bypass_overload_manager", "traffic_direction")

        // reuse_port gave way to enable_reuse_port, which is on by default.
        .Inert("metadata", "reuse_port")
        .AnyOf("address", "internal_listener", "api_listener");

    /// <summary>Reads it, with the listener filters that two flags stand for (Envoy's buildOriginalDstListenerFilter and buildProxyProtocolListenerFilter).</summary>
    public static bool TryRead(ConfigNode node, ConfigReadContext context, out ListenerConfig value)
    {
        if (!Fields.TryRead(node, context, out value))
            return false;
        var filters = value.ListenerFilters;
        if (value.UseOriginalDst && !filters.Any(f => f.Options is OriginalDstOptions))
            filters = [.. filters, new ListenerFilterConfig("envoy.filters.listener.original_dst", new OriginalDstOptions())];

        // Of the first chain, for all of them: it is from the time when a listener had one.
        if (First(Find(node, "filter_chains")) is { } chain && Find(chain, "use_proxy_proto") is { } flag
            && !context.HasErrorAt(flag) && ConfigValues.ReadBool(flag, context, out var isOn) && isOn)
            filters = [.. filters, new ListenerFilterConfig("envoy.filters.listener.proxy_protocol", new ProxyProtocolOptions())];
        if (filters.Count > value.ListenerFilters.Count)
        {
            value = value with { ListenerFilters = filters };
            context.Remember(value, node);
        }

        return true;
    }

    private static ConfigNode? Find(ConfigNode node, string field) =>
        node.Kind == ConfigNodeKind.Mapping ? node.Find(field) ?? node.Find(ConfigField.ToJsonName(field)) : null;

    private static ConfigNode? First(ConfigNode? node) => node is { Kind: ConfigNodeKind.List } ? node.Items.Count > 0 ? node.Items[0] : null : node;
}
