using System.Text;
using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Http;
using Envoy.Matching;
using Envoy.Net;

namespace Envoy.Routing;

/// <summary>Reads what a route does: <c>RouteAction</c>, <c>RedirectAction</c>, <c>DirectResponseAction</c>. Thread-safe.</summary>
internal static class RouteActionReader
{
    private static readonly EnumNames<RoutingPriority> Priorities = new EnumNames<RoutingPriority>("RoutingPriority")
        .Add("DEFAULT", 0, RoutingPriority.Default)
        .Add("HIGH", 1, RoutingPriority.High);

    private static readonly EnumNames<NotFoundCode> NotFoundCodes = new EnumNames<NotFoundCode>("ClusterNotFoundResponseCode")
        .Add("SERVICE_UNAVAILABLE", 0, NotFoundCode.ServiceUnavailable)
        .Add("NOT_FOUND", 1, NotFoundCode.NotFound)
        .Add("INTERNAL_SERVER_ERROR", 2, NotFoundCode.InternalServerError);

    private static readonly EnumNames<InternalRedirectAction> InternalRedirectActions = new EnumNames<InternalRedirectAction>("InternalRedirectAction")
        .Add("PASS_THROUGH_INTERNAL_REDIRECT", 0, InternalRedirectAction.PassThrough)
        .Add("HANDLE_INTERNAL_REDIRECT", 1, InternalRedirectAction.Handle);

    private static readonly FieldTable<MaxStreamDurationConfig> MaxStreamDuration = new FieldTable<MaxStreamDurationConfig>(
            "envoy.config.route.v3.RouteAction.MaxStreamDuration", new MaxStreamDurationConfig())
        .Duration("max_stream_duration", d => d.MaxStreamDuration, (d, v) => d with { MaxStreamDuration = v })
        .Duration("grpc_timeout_header_max", d => d.GrpcTimeoutHeaderMax, (d, v) => d with { GrpcTimeoutHeaderMax = v })
        .Duration("grpc_timeout_header_offset", d => d.GrpcTimeoutHeaderOffset, (d, v) => d with { GrpcTimeoutHeaderOffset = v });

    private static readonly FieldTable<ConnectConfig> Connect = new FieldTable<ConnectConfig>(
            "envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig", new ConnectConfig())
        .Message("proxy_protocol_config", c => c.ProxyProtocol, (c, v) => c with { ProxyProtocol = v }, ProxyProtocolConfigReader.Fields)
        .Bool("allow_post", c => c.AllowPost, (c, v) => c with { AllowPost = v });

    private static readonly FieldTable<RouteUpgradeConfig> Upgrade = new FieldTable<RouteUpgradeConfig>(
            "envoy.config.route.v3.RouteAction.UpgradeConfig", new RouteUpgradeConfig(""))
        .Text("upgrade_type", u => u.UpgradeType, (u, v) => u with { UpgradeType = v }, required: true)
        .Bool("enabled", u => u.Enabled, (u, v) => u with { Enabled = v })
        .Message("connect_config", u => u.Connect, (u, v) => u with { Connect = v }, Connect);

    public static readonly FieldTable<ForwardActionConfig> Forward = new FieldTable<ForwardActionConfig>(
            "envoy.config.route.v3.RouteAction", new ForwardActionConfig())
        .Add(
            new ConfigField("cluster", "string", FieldSupport.Supported) { Limits = "not empty" },
            a => a.Cluster,
            (a, v) => a with { Cluster = v },
            (ConfigValueReader<string>)FieldKinds.ReadNonEmpty)
        .Add(
            new ConfigField("cluster_header", "string", FieldSupport.Supported) { Limits = "not empty" },
            a => a.ClusterHeader,
            (a, v) => a with { ClusterHeader = v },
            (ConfigValueReader<string>)ReadHeaderName)
        .Message("weighted_clusters", a => a.WeightedClusters, (a, v) => a with { WeightedClusters = v }, WeightedClustersReader.Fields)
        .Enum("cluster_not_found_response_code", a => (NotFoundCode)a.ClusterNotFoundResponseCode, (a, v) => a with { ClusterNotFoundResponseCode = (int)v }, NotFoundCodes)
        .Duration("timeout", a => a.Timeout, (a, v) => a with { Timeout = v })
        .Duration("idle_timeout", a => a.IdleTimeout, (a, v) => a with { IdleTimeout = v })
        .Message("max_stream_duration", a => a.MaxStreamDuration, (a, v) => a with { MaxStreamDuration = v }, MaxStreamDuration)
        .Duration("max_grpc_timeout", a => a.MaxGrpcTimeout, (a, v) => a with { MaxGrpcTimeout = v })
        .Duration("grpc_timeout_offset", a => a.GrpcTimeoutOffset, (a, v) => a with { GrpcTimeoutOffset = v })
        .Text("prefix_rewrite", a => a.PrefixRewrite, (a, v) => a with { PrefixRewrite = v })
        .Message("regex_rewrite", "RegexMatchAndSubstitute", a => a.RegexRewrite, (a, v) => a with { RegexRewrite = v }, RegexMatchAndSubstituteReader.TryRead)
        .Add(
            new ConfigField("path_rewrite_policy", "TypedExtensionConfig", FieldSupport.Supported),
            a => a.PathTemplateRewrite,
            (a, v) => a with { PathTemplateRewrite = v },
            (ConfigValueReader<string>)PathTemplateReader.TryReadRewrite)
        .Text("path_rewrite", a => a.PathRewrite, (a, v) => a with { PathRewrite = v })
        .Text("host_rewrite_literal", a => (a.HostRewrite as LiteralHostRewriteConfig)?.Host, WithHost)
        .Bool("auto_host_rewrite", a => a.HostRewrite is AutoHostRewriteConfig, (a, v) => v ? a with { HostRewrite = new AutoHostRewriteConfig() } : a)
        .Text("host_rewrite_header", a => (a.HostRewrite as HeaderHostRewriteConfig)?.Header, WithHostHeader).Alias("host_rewrite_header", "auto_host_rewrite_header")
        .Message("host_rewrite_path_regex", "RegexMatchAndSubstitute", a => (a.HostRewrite as PathHostRewriteConfig)?.Rewrite, (a, v) => a with { HostRewrite = new PathHostRewriteConfig(v) }, RegexMatchAndSubstituteReader.TryRead)
        .Text("host_rewrite", a => (a.HostRewrite as FormatHostRewriteConfig)?.Format, (a, v) => v.Length == 0 ? a : a with { HostRewrite = v.Contains('%', StringComparison.Ordinal) ? new FormatHostRewriteConfig(v) : new LiteralHostRewriteConfig(v) })
        .Bool("append_x_forwarded_host", a => a.AppendXForwardedHost, (a, v) => a with { AppendXForwardedHost = v })
        .Message("retry_policy", a => a.RetryPolicy, (a, v) => a with { RetryPolicy = v }, RetryPolicyReader.Fields)
        .Message("hedge_policy", a => a.HedgePolicy, (a, v) => a with { HedgePolicy = v }, RetryPolicyReader.Hedge)
        .List("request_mirror_policies", a => a.RequestMirrorPolicies, (a, v) => a with { RequestMirrorPolicies = v }, RequestMirrorPolicyReader.Fields)
        .Message("request_mirror_policy", a => null, (a, v) => a with { RequestMirrorPolicies = [v] }, RequestMirrorPolicyReader.Fields)
        .Enum("priority", a => a.Priority, (a, v) => a with { Priority = v }, Priorities)
        .List("rate_limits", "RateLimit", a => a.RateLimits, (a, v) => a with { RateLimits = v }, RateLimitReader.TryRead)
        .Bool("include_vh_rate_limits", a => a.IncludeVirtualHostRateLimits, (a, v) => a with { IncludeVirtualHostRateLimits = v })
        .List("hash_policy", "HashPolicy", a => a.HashPolicies, (a, v) => a with { HashPolicies = v }, HashPolicyReader.TryRead)
        .Cors(a => a.Cors, (a, v) => a with { Cors = v })
        .List("upgrade_configs", a => a.UpgradeConfigs, (a, v) => a with { UpgradeConfigs = v }, Upgrade)
        .Bool("use_websocket", a => null, (a, v) => v ? a with { UpgradeConfigs = ValueList.From(a.UpgradeConfigs.Append(new RouteUpgradeConfig("websocket"))) } : a)
        .Message("internal_redirect_policy", a => a.InternalRedirectPolicy, (a, v) => a with { InternalRedirectPolicy = v }, InternalRedirectPolicyReader.Fields)
        .Enum("internal_redirect_action", _ => InternalRedirectAction.PassThrough, (a, v) => v == InternalRedirectAction.PassThrough ? a : a with { InternalRedirectPolicy = a.InternalRedirectPolicy ?? new InternalRedirectPolicyConfig() }, InternalRedirectActions)
        .Number("max_internal_redirects", _ => null, (a, v) => a.InternalRedirectPolicy is { } policy ? a with { InternalRedirectPolicy = policy with { MaxInternalRedirects = v } } : a)
        .NotYet("cluster_specifier_plugin", "inline_cluster_specifier_plugin", "metadata_match=[]", "flush_timeout", "early_data_policy", "retry_policy_typed_config",
            "websocket_config")
        .NotYetBut("request_headers_to_add=[]", "it moved to the route itself in Envoy 1.8")
        .OneOf(required: true, "cluster", "cluster_header", "weighted_clusters", "cluster_specifier_plugin", "inline_cluster_specifier_plugin")
        .OneOf(required: false, "host_rewrite_literal", "auto_host_rewrite", "host_rewrite_header", "host_rewrite_path_regex", "host_rewrite")
        .Check(CheckForward);

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
        .Message("regex_rewrite", "RegexMatchAndSubstitute", a => a.RegexRewrite, (a, v) => a with { RegexRewrite = v }, RegexMatchAndSubstituteReader.TryRead)
        .Enum("response_code", a => a.ResponseCode, (a, v) => a with { ResponseCode = v }, ResponseCodes)
        .Bool("strip_query", a => a.StripQuery, (a, v) => a with { StripQuery = v })
        .NotYet("path_rewrite=")
        .OneOf(required: false, "https_redirect", "scheme_redirect")
        .OneOf(required: false, "path_redirect", "prefix_rewrite", "regex_rewrite", "path_rewrite");

    public static readonly FieldTable<DirectResponseActionConfig> DirectResponse = new FieldTable<DirectResponseActionConfig>(
            "envoy.config.route.v3.DirectResponseAction", new DirectResponseActionConfig(0))
        .Number31("status", a => a.Status, (a, v) => a with { Status = v }, least: 200, most: 599, required: true)
        .Add(
            new ConfigField("body", "DataSource", FieldSupport.Supported),
            a => a.Body,
            (a, v) => a with { Body = v },
            (ConfigValueReader<string>)ReadBody)
        .Message("body_format", "SubstitutionFormatString", a => a.BodyFormat, (a, v) => a with { BodyFormat = v }, SubstitutionFormatReader.TryRead);

    private static UTF8Encoding StrictUtf8 => new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A header's name, in any case.</summary>
    internal static bool ReadHeaderName(ConfigNode node, ConfigReadContext context, out string value)
    {
        if (!FieldKinds.ReadNonEmpty(node, context, out value))
            return false;
        var name = value[0] == ':' ? value.AsSpan(1) : value;
        var right = name.Length > 0;
        foreach (var c in name)
            right &= c < 128 && AsciiBytes.TokenLower[c] != 0;
        if (!right)
            context.Error(node, $"'{value}' is not a header's name");
        return right;
    }

    private static ForwardActionConfig WithHost(ForwardActionConfig action, string host) =>
        host.Length == 0 ? action : action with { HostRewrite = new LiteralHostRewriteConfig(host) };

    private static ForwardActionConfig WithHostHeader(ForwardActionConfig action, string header) =>
        header.Length == 0 ? action : action with { HostRewrite = new HeaderHostRewriteConfig(header) };

    private static void CheckForward(ForwardActionConfig action, ConfigNode node, ConfigReadContext context)
    {
        var upgrades = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var upgrade in action.UpgradeConfigs)
        {
            if (!upgrades.Add(upgrade.UpgradeType))
                context.Error(node.Find("upgrade_configs") ?? node, $"Duplicate upgrade {upgrade.UpgradeType}");
        }
    }

    private static bool ReadBody(ConfigNode node, ConfigReadContext context, out string value)
    {
        value = "";
        if (!DataSourceReader.TryRead(node, context, out var bytes))
            return false;
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

    private enum NotFoundCode
    {
        NotFound = 404,
        InternalServerError = 500,
        ServiceUnavailable = 503,
    }

    private enum InternalRedirectAction
    {
        PassThrough,
        Handle,
    }
}
