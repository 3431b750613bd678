using Envoy.AccessLog;
using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Http.Http1;
using Envoy.Http.Http2;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>Reads <c>envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager</c>. Thread-safe.</summary>
internal static class HttpConnectionManagerReader
{
    private static readonly HttpConnectionManagerOptions Defaults = new() { StatPrefix = "" };

    private static readonly EnumNames<HttpCodecType> CodecTypes = new EnumNames<HttpCodecType>("CodecType")
        .Add("AUTO", 0, HttpCodecType.Auto)
        .Add("HTTP1", 1, HttpCodecType.Http1)
        .Add("HTTP2", 2, HttpCodecType.Http2)
        .NotYet("HTTP3", 3);

    private static readonly EnumNames<ServerHeaderTransformation> ServerHeaderTransformations = new EnumNames<ServerHeaderTransformation>("ServerHeaderTransformation")
        .Add("OVERWRITE", 0, ServerHeaderTransformation.Overwrite)
        .Add("APPEND_IF_ABSENT", 1, ServerHeaderTransformation.AppendIfAbsent)
        .Add("PASS_THROUGH", 2, ServerHeaderTransformation.PassThrough);

    // The default is the runtime's in Envoy, which is to keep them.
    private static readonly EnumNames<EscapedSlashesAction> EscapedSlashesActions = new EnumNames<EscapedSlashesAction>("PathWithEscapedSlashesAction")
        .Add("KEEP_UNCHANGED", 1, EscapedSlashesAction.KeepUnchanged)
        .Add("IMPLEMENTATION_SPECIFIC_DEFAULT", 0, EscapedSlashesAction.KeepUnchanged)
        .Add("REJECT_REQUEST", 2, EscapedSlashesAction.RejectRequest)
        .Add("UNESCAPE_AND_REDIRECT", 3, EscapedSlashesAction.UnescapeAndRedirect)
        .Add("UNESCAPE_AND_FORWARD", 4, EscapedSlashesAction.UnescapeAndForward);

    private static readonly EnumNames<HeadersWithUnderscoresAction> UnderscoreActions = new EnumNames<HeadersWithUnderscoresAction>("HeadersWithUnderscoresAction")
        .Add("ALLOW", 0, HeadersWithUnderscoresAction.Allow)
        .Add("REJECT_REQUEST", 1, HeadersWithUnderscoresAction.RejectRequest)
        .Add("DROP_HEADER", 2, HeadersWithUnderscoresAction.DropHeader);

    private static readonly FieldTable<HttpConnectionManagerOptions> CommonHttp = new FieldTable<HttpConnectionManagerOptions>(
            "envoy.config.core.v3.HttpProtocolOptions", Defaults)
        .Duration("idle_timeout", o => o.IdleTimeout, (o, v) => o with { IdleTimeout = v })
        .Number("max_headers_count", o => o.MaxHeadersCount, (o, v) => o with { MaxHeadersCount = v }, least: 1)
        .Duration("max_connection_duration", o => o.MaxConnectionDuration, (o, v) => o with { MaxConnectionDuration = v })
        .Number("max_requests_per_connection", o => o.MaxRequestsPerConnection, (o, v) => o with { MaxRequestsPerConnection = v })
        .Enum("headers_with_underscores_action", o => o.HeadersWithUnderscoresAction, (o, v) => o with { HeadersWithUnderscoresAction = v }, UnderscoreActions)
        .Duration("max_stream_duration", o => o.MaxStreamDuration, (o, v) => o with { MaxStreamDuration = v })
        .NotYet("max_response_headers_kb");

    private static readonly FieldTable<HttpConnectionManagerOptions> Http1 = new FieldTable<HttpConnectionManagerOptions>(
            "envoy.config.core.v3.Http1ProtocolOptions", Defaults)
        .Bool("enable_trailers", o => o.EnableTrailers, (o, v) => o with { EnableTrailers = v })
        .Bool("accept_http_10", o => o.AcceptHttp10, (o, v) => o with { AcceptHttp10 = v })
        .Text("default_host_for_http_10", o => o.DefaultHostForHttp10, (o, v) => o with { DefaultHostForHttp10 = v })
        .KeyFormat(o => o.HeaderKeyFormat, (o, v) => o with { HeaderKeyFormat = v })
        .Bool("allow_chunked_length", o => o.AllowChunkedLength, (o, v) => o with { AllowChunkedLength = v })
        .NotYet("allow_absolute_url=true", "override_stream_error_on_invalid_http_message=false", "send_fully_qualified_url=false", "allow_custom_methods=false", "ignore_http_11_upgrade=[]")
        .Inert("use_balsa_parser");

    private static readonly FieldTable<ClientCertDetailsConfig> CurrentCert = new FieldTable<ClientCertDetailsConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails", new ClientCertDetailsConfig())
        .Bool("subject", c => c.Subject, (c, v) => c with { Subject = v })
        .Bool("cert", c => c.Cert, (c, v) => c with { Cert = v })
        .Bool("chain", c => c.Chain, (c, v) => c with { Chain = v })
        .Bool("dns", c => c.Dns, (c, v) => c with { Dns = v })
        .Bool("uri", c => c.Uri, (c, v) => c with { Uri = v });

    private static readonly EnumNames<ForwardClientCertDetails> CertDetails = new EnumNames<ForwardClientCertDetails>("ForwardClientCertDetails")
        .Add("SANITIZE", 0, ForwardClientCertDetails.Sanitize)
        .Add("FORWARD_ONLY", 1, ForwardClientCertDetails.ForwardOnly)
        .Add("APPEND_FORWARD", 2, ForwardClientCertDetails.AppendForward)
        .Add("SANITIZE_SET", 3, ForwardClientCertDetails.SanitizeSet)
        .Add("ALWAYS_FORWARD_ONLY", 4, ForwardClientCertDetails.AlwaysForwardOnly);

    private static readonly FieldTable<HttpConnectionManagerOptions> SchemeTransformation = new FieldTable<HttpConnectionManagerOptions>(
            "envoy.config.core.v3.SchemeHeaderTransformation", Defaults)
        .Text("scheme_to_overwrite", o => o.SchemeToOverwrite, (o, v) => o with { SchemeToOverwrite = v })
        .NotYet("match_upstream=false");

    private static readonly FieldTable<UpgradeConfig> Upgrade = new FieldTable<UpgradeConfig>(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig", new UpgradeConfig(""))
        .Text("upgrade_type", u => u.UpgradeType, (u, v) => u with { UpgradeType = v })
        .Bool("enabled", u => u.Enabled, (u, v) => u with { Enabled = v })
        .NotYet("filters=[]");

    private static readonly FieldTable<HttpConnectionManagerOptions> AccessLogOptions = new FieldTable<HttpConnectionManagerOptions>(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.HcmAccessLogOptions", Defaults)
        .Duration("access_log_flush_interval", o => o.AccessLogFlushInterval, (o, v) => o with { AccessLogFlushInterval = v }, TimeSpan.FromMilliseconds(1))
        .Bool("flush_access_log_on_new_request", o => o.FlushAccessLogOnNewRequest, (o, v) => o with { FlushAccessLogOnNewRequest = v })
        .NotYet("flush_log_on_tunnel_successfully_established=false");

    public static readonly FieldTable<HttpConnectionManagerOptions> Fields = new FieldTable<HttpConnectionManagerOptions>(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", Defaults)
        .Enum("codec_type", o => o.CodecType, (o, v) => o with { CodecType = v }, CodecTypes)
        .Text("stat_prefix", o => o.StatPrefix, (o, v) => o with { StatPrefix = v }, required: true)
        .Message("route_config", o => o.RouteConfig, (o, v) => o with { RouteConfig = v }, RouteConfigurationReader.Fields)
        .List("http_filters", "HttpFilter", o => o.HttpFilters, (o, v) => o with { HttpFilters = v }, HttpFilterReader.TryRead)
        .Inline("common_http_protocol_options", CommonHttp)
        .Inline("http_protocol_options", Http1)
        .Message("http2_protocol_options", o => o.Http2, (o, v) => o with { Http2 = v }, Http2ProtocolOptionsReader.Fields)
        .Text("server_name", o => o.ServerName, (o, v) => o with { ServerName = v.Length == 0 ? Defaults.ServerName : v })
        .Number("max_request_headers_kb", o => o.MaxRequestHeadersKb, (o, v) => o with { MaxRequestHeadersKb = v }, 1, 8192)
        .Duration("stream_idle_timeout", o => o.StreamIdleTimeout, (o, v) => o with { StreamIdleTimeout = v })
        .Duration("request_timeout", o => o.RequestTimeout, (o, v) => o with { RequestTimeout = v })
        .Duration("request_headers_timeout", o => o.RequestHeadersTimeout, (o, v) => o with { RequestHeadersTimeout = v })
        .Duration("drain_timeout", o => o.DrainTimeout, (o, v) => o with { DrainTimeout = v })
        .Duration("delayed_close_timeout", o => o.DelayedCloseTimeout, (o, v) => o with { DelayedCloseTimeout = v })
        .Bool("proxy_100_continue", o => o.Proxy100Continue, (o, v) => o with { Proxy100Continue = v })
        .Bool("generate_request_id", o => o.GenerateRequestId, (o, v) => o with { GenerateRequestId = v })
        .Enum("server_header_transformation", o => o.ServerHeaderTransformation, (o, v) => o with { ServerHeaderTransformation = v }, ServerHeaderTransformations)
        .Bool("use_remote_address", o => o.UseRemoteAddress, (o, v) => o with { UseRemoteAddress = v })
        .Number("xff_num_trusted_hops", o => o.XffNumTrustedHops, (o, v) => o with { XffNumTrustedHops = v })
        .Bool("skip_xff_append", o => o.SkipXffAppend, (o, v) => o with { SkipXffAppend = v })
        .Text("via", o => o.Via, (o, v) => o with { Via = v })
        .Bool("preserve_external_request_id", o => o.PreserveExternalRequestId, (o, v) => o with { PreserveExternalRequestId = v })
        .Bool("always_set_request_id_in_response", o => o.AlwaysSetRequestIdInResponse, (o, v) => o with { AlwaysSetRequestIdInResponse = v })
        .Bool("normalize_path", o => o.NormalizePath, (o, v) => o with { NormalizePath = v })
        .Bool("merge_slashes", o => o.MergeSlashes, (o, v) => o with { MergeSlashes = v })
        .Enum("path_with_escaped_slashes_action", o => o.PathWithEscapedSlashesAction, (o, v) => o with { PathWithEscapedSlashesAction = v }, EscapedSlashesActions)
        .Bool("strip_matching_host_port", o => o.StripMatchingHostPort, (o, v) => o with { StripMatchingHostPort = v })
        .Bool("add_proxy_protocol_connection_state", o => o.AddProxyProtocolConnectionState, (o, v) => o with { AddProxyProtocolConnectionState = v })
        .Bool("strip_any_host_port", o => o.StripAnyHostPort, (o, v) => o with { StripAnyHostPort = v })
        .Bool("strip_trailing_host_dot", o => o.StripTrailingHostDot, (o, v) => o with { StripTrailingHostDot = v })
        .List("access_log", "AccessLog", o => o.AccessLogs, (o, v) => o with { AccessLogs = v }, AccessLogReader.TryRead)
        .Inline("access_log_options", AccessLogOptions)
        .Duration("access_log_flush_interval", o => o.AccessLogFlushInterval, (o, v) => o with { AccessLogFlushInterval = v }, TimeSpan.FromMilliseconds(1))
        .Bool("flush_access_log_on_new_request", o => o.FlushAccessLogOnNewRequest, (o, v) => o with { FlushAccessLogOnNewRequest = v })
        .Message("internal_address_config", o => o.InternalAddresses, (o, v) => o with { InternalAddresses = v }, ClientAddressReader.Internal)
        .List("original_ip_detection_extensions", "TypedExtensionConfig", o => o.OriginalIpDetection, (o, v) => o with { OriginalIpDetection = v }, ClientAddressReader.TryReadDetection)
        .Bool("add_user_agent", o => o.AddUserAgent, (o, v) => o with { AddUserAgent = v })
        .Enum("forward_client_cert_details", o => o.ForwardClientCertDetails, (o, v) => o with { ForwardClientCertDetails = v }, CertDetails)
        .Message("set_current_client_cert_details", o => o.CurrentClientCertDetails, (o, v) => o with { CurrentClientCertDetails = v }, CurrentCert)
        .Inline("scheme_header_transformation", SchemeTransformation)
        .Bool("stream_error_on_invalid_http_message", o => o.StreamErrorOnInvalidHttpMessage, (o, v) => o with { StreamErrorOnInvalidHttpMessage = v })
        .List("upgrade_configs", o => o.UpgradeConfigs, (o, v) => o with { UpgradeConfigs = v }, Upgrade)
        .Message("local_reply_config", o => o.LocalReply, (o, v) => o with { LocalReply = v }, LocalReplyReader.Fields)
        .NotYetBut("idle_timeout", "write common_http_protocol_options: { idle_timeout: ... }, which has been Envoy's way since 1.12")
        .Message("scoped_routes", o => o.ScopedRoutes, (o, v) => o with { ScopedRoutes = v }, ScopedRoutesReader.Fields)
        .NotYet("rds", "tracing", "http1_safe_max_connection_duration=false",
            "http3_protocol_options", "stream_flush_timeout", "early_header_mutation_extensions=[]",
            "forward_client_cert_matcher",
            "represent_ipv4_remote_address_as_ipv4_mapped_ipv6=false",
            "request_id_extension",
            "path_normalization_options",
            "proxy_status_config", "typed_header_validation_config", "append_x_forwarded_port=false",
            "append_local_overload=false", "drain_timeout_jitter", "forward_proto_config")
        .OneOf(required: true, "route_config", "rds", "scoped_routes");
}
