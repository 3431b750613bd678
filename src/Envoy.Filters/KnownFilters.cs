using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.FilterChains.Network;
using Envoy.Listeners.Filters;

namespace Envoy.Filters;

/// <summary>
/// Envoy's filters by name, its contrib ones included (extensions_build_config.bzl and contrib_build_config.bzl of 1.37, the change logs
/// up to 1.39, and the names of 2019), so that one which is not here yet is told apart from one that nobody knows. Immutable.
/// </summary>
internal static class KnownFilters
{
    /// <summary>Made when enumerated.</summary>
    public static IEnumerable<KnownExtensions> All
    {
        get
        {
            yield return Listener();
            yield return Network();
            yield return Http();
            yield return AccessLoggers();
            yield return TransportSockets("envoy.transport_sockets.downstream");
            yield return TransportSockets("envoy.transport_sockets.upstream");
        }
    }

    private static KnownExtensions Listener() =>
        new(ListenerFilterExtension.CategoryName,
        [
            "dynamic_modules", "http_inspector", "local_ratelimit", "original_dst", "original_src", "postgres_inspector", "proxy_protocol", "set_filter_state",
            "tls_inspector", "udp_proxy", "dns_filter",
        ])
        {
            TypePrefixes = ["envoy.extensions.filters.listener.", "envoy.config.filter.listener.", "envoy.extensions.filters.udp.", "envoy.config.filter.udp."],
        };

    private static KnownExtensions Network() =>
        new(NetworkFilterExtension.CategoryName,
        [
            "client_ssl_auth", "connection_limit", "direct_response", "dubbo_proxy", "dynamic_modules", "echo", "ext_authz", "ext_proc", "generic_proxy",
            "geoip", "golang", "http_connection_manager", "kafka_broker", "kafka_mesh", "local_rate_limit", "local_ratelimit", "match_delegate", "mongo_proxy",
            "mysql_proxy", "postgres_proxy", "rate_limit", "ratelimit", "rbac", "redis_proxy", "reverse_tunnel", "rocketmq_proxy", "set_filter_state",
            "sip_proxy", "sni_cluster", "sni_dynamic_forward_proxy", "tcp_bandwidth_limit", "tcp_proxy", "thrift_proxy", "wasm", "zookeeper_proxy",
        ])
        {
            TypePrefixes = ["envoy.extensions.filters.network.", "envoy.config.filter.network."],
            OldNames =
            [
                new("envoy.ext_authz", "ext_authz"),
                new("envoy.mongo_proxy", "mongo_proxy"),
                new("envoy.ratelimit", "ratelimit"),
                new("envoy.redis_proxy", "redis_proxy"),
            ],
        };

    // Both sides' are named without their side.
    private static KnownExtensions TransportSockets(string category) =>
        new(category, ["alts", "http_11_proxy", "internal_upstream", "quic", "s2a", "starttls", "tap", "tcp_stats"])
        {
            OldNames =
            [
                new("envoy.transport_sockets.alts", "alts"),
                new("envoy.transport_sockets.http_11_proxy", "http_11_proxy"),
                new("envoy.transport_sockets.internal_upstream", "internal_upstream"),
                new("envoy.transport_sockets.quic", "quic"),
                new("envoy.transport_sockets.s2a", "s2a"),
                new("envoy.transport_sockets.starttls", "starttls"),
                new("envoy.transport_sockets.tap", "tap"),
                new("envoy.transport_sockets.tcp_stats", "tcp_stats"),
            ],
            TypePrefixes = ["envoy.extensions.transport_sockets.", "envoy.config.transport_socket."],
        };

    private static KnownExtensions AccessLoggers() =>
        new("envoy.access_loggers",
        [
            "dynamic_modules", "file", "fluentd", "grpc", "http_grpc", "open_telemetry", "stats", "stderr", "stdout", "stream", "tcp_grpc", "wasm",
        ])
        {
            TypePrefixes = ["envoy.extensions.access_loggers."],
            OldNames =
            [
                new("envoy.http_grpc_access_log", "http_grpc"),
                new("envoy.tcp_grpc_access_log", "tcp_grpc"),
                new("envoy.wasm_access_log", "wasm"),
            ],
        };

    private static KnownExtensions Http() =>
        new(HttpFilterExtension.CategoryName,
        [
            "a2a", "adaptive_concurrency", "admission_control", "ai_protocol_manager", "alpn", "alternate_protocols_cache", "api_key_auth", "aws_lambda",
            "aws_request_signing", "bandwidth_limit", "bandwidth_share", "basic_auth", "buffer", "cache", "cache_v2", "cdn_loop", "checksum", "composite",
            "compressor", "connect_grpc_bridge", "cors", "credential_injector", "csrf", "custom_response", "decompressor", "dynamic_forward_proxy",
            "dynamic_modules", "dynamo", "ext_authz", "ext_proc", "fault", "file_server", "file_system_buffer", "gcp_authn", "geoip", "golang",
            "grpc_field_extraction", "grpc_http1_bridge", "grpc_http1_reverse_bridge", "grpc_json_reverse_transcoder", "grpc_json_transcoder", "grpc_stats",
            "grpc_web", "gzip", "header_mutation", "header_to_metadata", "health_check", "ip_tagging", "istio_stats", "json_to_metadata", "jwt_authn",
            "kill_request", "language", "local_ratelimit", "lua", "match_delegate", "mcp", "mcp_router", "oauth2", "on_demand", "original_src", "peak_ewma",
            "peer_metadata", "proto_api_scrubber", "proto_message_extraction", "rate_limit", "rate_limit_quota", "ratelimit", "rbac", "router",
            "set_filter_state", "set_metadata", "squash", "stateful_session", "sxg", "tap", "thrift_to_metadata", "transcoder", "transform",
            "upstream_codec", "wasm",
        ])
        {
            TypePrefixes = ["envoy.extensions.filters.http.", "envoy.config.filter.http."],
            OldNames =
            [
                new("envoy.buffer", "buffer"),
                new("envoy.cors", "cors"),
                new("envoy.csrf", "csrf"),
                new("envoy.ext_authz", "ext_authz"),
                new("envoy.fault", "fault"),
                new("envoy.grpc_http1_bridge", "grpc_http1_bridge"),
                new("envoy.grpc_json_transcoder", "grpc_json_transcoder"),
                new("envoy.grpc_web", "grpc_web"),
                new("envoy.gzip", "gzip"),
                new("envoy.health_check", "health_check"),
                new("envoy.http_dynamo_filter", "dynamo"),
                new("envoy.ip_tagging", "ip_tagging"),
                new("envoy.lua", "lua"),
                new("envoy.rate_limit", "ratelimit"),
                new("envoy.squash", "squash"),
            ],
        };
}
