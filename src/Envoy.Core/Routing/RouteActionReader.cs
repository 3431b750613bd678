using System.Text;
using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>Reads what a route does: <c>RouteAction</c>, <c>RedirectAction</c>, <c>DirectResponseAction</c>. Thread-safe.</summary>
internal static class RouteActionReader
{
    /// <summary>Envoy's <c>max_direct_response_body_size_bytes</c>.</summary>
    private const int MostBodyBytes = 4096;

    public static readonly FieldTable<ForwardActionConfig> Forward = new FieldTable<ForwardActionConfig>(
            "envoy.config.route.v3.RouteAction", new ForwardActionConfig { Cluster = "" })
        .Add(
            new ConfigField("cluster", "string", FieldSupport.Supported) { Limits = "not empty" },
            a => a.Cluster,
            (a, v) => a with { Cluster = v },
            (ConfigValueReader<string>)FieldKinds.ReadNonEmpty)
        .Duration("timeout", a => a.Timeout, (a, v) => a with { Timeout = v })
        .Duration("idle_timeout", a => a.IdleTimeout, (a, v) => a with { IdleTimeout = v })
        .NotYet("cluster_header", "weighted_clusters", "cluster_specifier_plugin", "inline_cluster_specifier_plugin",
            "cluster_not_found_response_code=SERVICE_UNAVAILABLE", "metadata_match=[]", "prefix_rewrite=", "regex_rewrite", "path_rewrite_policy", "path_rewrite=",
            "host_rewrite_literal", "auto_host_rewrite=false", "host_rewrite_header", "host_rewrite_path_regex", "host_rewrite", "auto_host_rewrite_header",
            "append_x_forwarded_host=false", "flush_timeout", "early_data_policy", "retry_policy", "retry_policy_typed_config", "request_mirror_policies=[]",
            "request_mirror_policy", "priority=DEFAULT", "rate_limits=[]", "include_vh_rate_limits=false", "hash_policy=[]", "cors", "max_grpc_timeout",
            "grpc_timeout_offset", "upgrade_configs=[]", "internal_redirect_policy", "internal_redirect_action=PASS_THROUGH_INTERNAL_REDIRECT",
            "max_internal_redirects", "hedge_policy", "max_stream_duration", "use_websocket=false", "websocket_config")
        .NotYetBut("request_headers_to_add=[]", "it moved to the route itself in Envoy 1.8")
        .OneOf(required: true, "cluster", "cluster_header", "weighted_clusters", "cluster_specifier_plugin", "inline_cluster_specifier_plugin");

    private static readonly EnumNames<RedirectResponseCode> ResponseCodes = new EnumNames<RedirectResponseCode>("RedirectResponseCode")
        .Add("MOVED_PERMANENTLY", 0, RedirectResponseCode.MovedPermanently)
        .Add("FOUND", 1, RedirectResponseCode.Found)
        .Add("SEE_OTHER", 2, RedirectResponseCode.SeeOther)
        .Add("TEMPORARY_REDIRECT", 3, RedirectResponseCode.TemporaryRedirect)
        .Add("PERMANENT_REDIRECT", 4, RedirectResponseCode.PermanentRedirect);

    public static readonly FieldTable<RedirectActionConfig> Redirect = new FieldTable<RedirectActionConfig>(
            "envoy.config.route.v3.RedirectAction", new RedirectActionConfig())
        .Bool("https_redirect", a => a.HttpsRedirect, (a, v) => a with { HttpsRedirect = v })
        .Text("scheme_redirect", a => a.SchemeRedirect, (a, v) => a with { SchemeRedirect = v })
        .Text("host_redirect", a => a.HostRedirect, (a, v) => a with { HostRedirect = v })
        .Number31("port_redirect", a => a.PortRedirect, (a, v) => a with { PortRedirect = v }, most: 65535)
        .Text("path_redirect", a => a.PathRedirect, (a, v) => a with { PathRedirect = v })
        .Text("prefix_rewrite", a => a.PrefixRewrite, (a, v) => a with { PrefixRewrite = v })
        .Enum("response_code", a => a.ResponseCode, (a, v) => a with { ResponseCode = v }, ResponseCodes)
        .Bool("strip_query", a => a.StripQuery, (a, v) => a with { StripQuery = v })
        .NotYet("regex_rewrite")
        .OneOf(required: false, "https_redirect", "scheme_redirect")
        .OneOf(required: false, "path_redirect", "prefix_rewrite", "regex_rewrite");

    public static readonly FieldTable<DirectResponseActionConfig> DirectResponse = new FieldTable<DirectResponseActionConfig>(
            "envoy.config.route.v3.DirectResponseAction", new DirectResponseActionConfig(200))
        .Number31("status", a => a.Status, (a, v) => a with { Status = v }, 200, 599, required: true)
        .Message("body", "DataSource", a => a.Body, (a, v) => a with { Body = v }, ReadBody)
        .NotYet("body_format");

    private static bool ReadBody(ConfigNode node, ConfigReadContext context, out string value)
    {
        value = "";
        if (!DataSourceReader.TryRead(node, context, out var bytes))
            return false;
        if (bytes.Count > MostBodyBytes)
        {
            context.Error(node, $"the body has {bytes.Count} bytes; at most {MostBodyBytes} are allowed");
            return false;
        }

        try
        {
            value = StrictUtf8.GetString(bytes.AsSpan());
            return true;
        }
        catch (DecoderFallbackException)
        {
            context.Error(node, "the body must be UTF-8");
            return false;
        }
    }

    private static UTF8Encoding StrictUtf8 => new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
