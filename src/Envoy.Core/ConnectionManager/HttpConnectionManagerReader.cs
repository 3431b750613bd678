using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>Reads <c>envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager</c>. Thread-safe.</summary>
internal static class HttpConnectionManagerReader
{
    private static readonly HttpConnectionManagerOptions Defaults = new() { StatPrefix = "" };

    private static readonly EnumNames<HttpCodecType> CodecTypes = new EnumNames<HttpCodecType>("CodecType")
        .Add("AUTO", 0, HttpCodecType.Auto)
        .Add("HTTP1", 1, HttpCodecType.Http1)
        .NotYet("HTTP2", 2)
        .NotYet("HTTP3", 3);

    private static readonly FieldTable<HttpConnectionManagerOptions> CommonHttp = new FieldTable<HttpConnectionManagerOptions>(
            "envoy.config.core.v3.HttpProtocolOptions", Defaults)
        .Duration("idle_timeout", o => o.IdleTimeout, (o, v) => o with { IdleTimeout = v })
        .Number("max_headers_count", o => o.MaxHeadersCount, (o, v) => o with { MaxHeadersCount = v }, least: 1)
        .NotYet("max_connection_duration", "max_response_headers_kb", "max_stream_duration", "headers_with_underscores_action=ALLOW", "max_requests_per_connection");

    private static readonly FieldTable<HttpConnectionManagerOptions> Http1 = new FieldTable<HttpConnectionManagerOptions>(
            "envoy.config.core.v3.Http1ProtocolOptions", Defaults)
        .Bool("enable_trailers", o => o.EnableTrailers, (o, v) => o with { EnableTrailers = v })
        .Bool("accept_http_10", o => o.AcceptHttp10, (o, v) => o with { AcceptHttp10 = v })
        .NotYet("allow_absolute_url=true", "default_host_for_http_10=", "header_key_format", "allow_chunked_length=false",
            "override_stream_error_on_invalid_http_message=false", "send_fully_qualified_url=false", "allow_custom_methods=false", "ignore_http_11_upgrade=[]")
        .Inert("use_balsa_parser");

    public static readonly FieldTable<HttpConnectionManagerOptions> Fields = new FieldTable<HttpConnectionManagerOptions>(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", Defaults)
        .Enum("codec_type", o => o.CodecType, (o, v) => o with { CodecType = v }, CodecTypes)
        .Text("stat_prefix", o => o.StatPrefix, (o, v) => o with { StatPrefix = v }, required: true)
        .Message("route_config", o => o.RouteConfig, (o, v) => o with { RouteConfig = v }, RouteConfigurationReader.Fields)
        .List("http_filters", "HttpFilter", o => o.HttpFilters, (o, v) => o with { HttpFilters = v }, HttpFilterReader.TryRead)
        .Inline("common_http_protocol_options", CommonHttp)
        .Inline("http_protocol_options", Http1)
        .Text("server_name", o => o.ServerName, (o, v) => o with { ServerName = v.Length == 0 ? Defaults.ServerName : v })
        .Number("max_request_headers_kb", o => o.MaxRequestHeadersKb, (o, v) => o with { MaxRequestHeadersKb = v }, 1, 8192)
        .Duration("stream_idle_timeout", o => o.StreamIdleTimeout, (o, v) => o with { StreamIdleTimeout = v })
        .Duration("request_timeout", o => o.RequestTimeout, (o, v) => o with { RequestTimeout = v })
        .Duration("request_headers_timeout", o => o.RequestHeadersTimeout, (o, v) => o with { RequestHeadersTimeout = v })
        .Duration("drain_timeout", o => o.DrainTimeout, (o, v) => o with { DrainTimeout = v })
        .Duration("delayed_close_timeout", o => o.DelayedCloseTimeout, (o, v) => o with { DelayedCloseTimeout = v })
        .Bool("proxy_100_continue", o => o.Proxy100Continue, (o, v) => o with { Proxy100Continue = v })
        .Bool("generate_request_id", o => o.GenerateRequestId, (o, v) => o with { GenerateRequestId = v })
        .NotYetBut("idle_timeout", "write common_http_protocol_options: { idle_timeout: ... }, which has been Envoy's way since 1.12")
        .NotYet("rds", "scoped_routes", "add_user_agent=false", "tracing", "http1_safe_max_connection_duration=false", "http2_protocol_options",
            "http3_protocol_options", "server_header_transformation=OVERWRITE|0", "scheme_header_transformation", "stream_flush_timeout", "access_log=[]",
            "access_log_flush_interval", "flush_access_log_on_new_request=false", "access_log_options", "use_remote_address=false", "xff_num_trusted_hops=0",
            "original_ip_detection_extensions=[]", "early_header_mutation_extensions=[]", "internal_address_config", "skip_xff_append=false", "via=",
            "preserve_external_request_id=false", "always_set_request_id_in_response=false", "forward_client_cert_details=SANITIZE|0",
            "set_current_client_cert_details", "forward_client_cert_matcher",
            "represent_ipv4_remote_address_as_ipv4_mapped_ipv6=false", "upgrade_configs=[]", "normalize_path=false", "merge_slashes=false",
            "path_with_escaped_slashes_action=IMPLEMENTATION_SPECIFIC_DEFAULT|KEEP_UNCHANGED", "request_id_extension", "local_reply_config=[]",
            "strip_matching_host_port=false", "strip_any_host_port=false", "stream_error_on_invalid_http_message=false", "path_normalization_options",
            "strip_trailing_host_dot=false", "proxy_status_config", "typed_header_validation_config", "append_x_forwarded_port=false",
            "append_local_overload=false", "add_proxy_protocol_connection_state", "drain_timeout_jitter", "forward_proto_config")
        .OneOf(required: true, "route_config", "rds", "scoped_routes");
}
