using Envoy.AccessLog;
using Envoy.ConnectionManager.Streams;
using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.FilterChains.Network;
using Envoy.Http.Http1;
using Envoy.Http.Http2;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>Which codec a connection speaks (<c>HttpConnectionManager.CodecType</c>).</summary>
public enum HttpCodecType
{
    /// <summary>By what the client sends first. The default.</summary>
    Auto,

    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2, of which the client knows without being told.</summary>
    Http2,
}

/// <summary>
/// Options of the HTTP connection manager (<c>envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager</c>). Immutable.
/// </summary>
public sealed record HttpConnectionManagerOptions : NetworkFilterOptions
{
    /// <summary>Default <see cref="HttpCodecType.Auto"/>.</summary>
    public HttpCodecType CodecType { get; init; }

    /// <summary>Statistics are under <c>http.PREFIX.</c>; required.</summary>
    public required string StatPrefix { get; init; }

    /// <summary>The route table.</summary>
    public RouteConfiguration RouteConfig { get; init; } = new();

    /// <summary>Route tables to choose from, instead of <see cref="RouteConfig"/>. Default null: there is the one.</summary>
    public ScopedRoutesConfig? ScopedRoutes { get; init; }

    /// <summary>The HTTP filters, first to last; the last is the router.</summary>
    public ValueList<HttpFilterConfig> HttpFilters { get; init; } = [];

    /// <summary>The <c>server</c> header's value. Default "envoy".</summary>
    public string ServerName { get; init; } = "envoy";

    /// <summary>What becomes of the upstream's <c>server</c> header. Default <see cref="ServerHeaderTransformation.Overwrite"/>.</summary>
    public ServerHeaderTransformation ServerHeaderTransformation { get; init; }

    /// <summary>
    /// The client is whoever is connected, and is written into <c>x-forwarded-for</c>. Default false: that header is believed and left alone.
    /// </summary>
    public bool UseRemoteAddress { get; init; }

    /// <summary>
    /// Upstreams that are told of clients by the PROXY protocol (<c>upstream_proxy_protocol</c>) are told of whoever is connected. Default true; false: only
    /// of clients of which a PROXY header before us has told.
    /// </summary>
    public bool AddProxyProtocolConnectionState { get; init; } = true;

    /// <summary>How many proxies before this one are trusted, counted from the right of <c>x-forwarded-for</c>. Default 0.</summary>
    public uint XffNumTrustedHops { get; init; }

    /// <summary>With <see cref="UseRemoteAddress"/>, leave <c>x-forwarded-for</c> as it came. Default false.</summary>
    public bool SkipXffAppend { get; init; }

    /// <summary>Appended to <c>via</c> of requests and responses. Default "": nothing is.</summary>
    public string Via { get; init; } = "";

    /// <summary>Keep an <c>x-request-id</c> that comes from outside, also with <see cref="UseRemoteAddress"/>. Default false.</summary>
    public bool PreserveExternalRequestId { get; init; }

    /// <summary>Say <c>x-request-id</c> in the response. Default false.</summary>
    public bool AlwaysSetRequestIdInResponse { get; init; }

    /// <summary>Resolve dot segments of paths (RFC 3986 section 5.2.4); 400 for a path that cannot be. Default false.</summary>
    public bool NormalizePath { get; init; }

    /// <summary>Make one slash of several in paths. Default false.</summary>
    public bool MergeSlashes { get; init; }

    /// <summary>What is done about <c>%2F</c> and <c>%5C</c> in paths. Default: nothing.</summary>
    public EscapedSlashesAction PathWithEscapedSlashesAction { get; init; }

    /// <summary>Take the port off the host, before routing and for the upstream, if it is the listener's. Default false.</summary>
    public bool StripMatchingHostPort { get; init; }

    /// <summary>Take any port off the host, before routing and for the upstream; not with <see cref="StripMatchingHostPort"/>. Default false.</summary>
    public bool StripAnyHostPort { get; init; }

    /// <summary>Take a dot off the host's end. Default false.</summary>
    public bool StripTrailingHostDot { get; init; }

    /// <summary>Drain a connection this long after its start. Default zero: never.</summary>
    public TimeSpan MaxConnectionDuration { get; init; }

    /// <summary>Close a connection after so many requests. Default 0: no limit.</summary>
    public uint MaxRequestsPerConnection { get; init; }

    /// <summary>What becomes of headers with an underscore in their name. Default: they pass.</summary>
    public HeadersWithUnderscoresAction HeadersWithUnderscoresAction { get; init; }

    /// <summary>The host of an HTTP/1.0 request that names none. Default "": 400.</summary>
    public string DefaultHostForHttp10 { get; init; } = "";

    /// <summary>Limit of a request's headers in KiB, 1 to 8192. Default 60; past it 431.</summary>
    public uint MaxRequestHeadersKb { get; init; } = 60;

    /// <summary>Limit of a request's header count. Default 100; past it 431.</summary>
    public uint MaxHeadersCount { get; init; } = 100;

    /// <summary>Close a connection without a request for this long. Default 1 h; zero: never.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>End a stream on which nothing moved for this long. Default 5 min; zero: never.</summary>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time for the whole request to arrive. Default zero: no limit.</summary>
    public TimeSpan RequestTimeout { get; init; }

    /// <summary>Time for the request's headers to arrive, from their first byte. Default zero: no limit.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; }

    /// <summary>How long a closing connection waits for the peer after its last bytes were written. Default 1 s; zero: closes at once.</summary>
    public TimeSpan DelayedCloseTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a drained connection is given. Default 5 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Make an <c>x-request-id</c> for a request that has none. Default true.</summary>
    public bool GenerateRequestId { get; init; } = true;

    /// <summary>HTTP/1 trailers pass. Default false: they are dropped, as in Envoy.</summary>
    public bool EnableTrailers { get; init; }

    /// <summary>
    /// Leave <c>Expect: 100-continue</c> to the upstream and pass interim responses on. Default false: a 100 is sent at once, the header does
    /// not go upstream, and interim responses are dropped.
    /// </summary>
    public bool Proxy100Continue { get; init; }

    /// <summary>Serve HTTP/1.0. Default false: 426.</summary>
    public bool AcceptHttp10 { get; init; }

    /// <summary>Told of every finished stream. Default: none.</summary>
    public ValueList<AccessLogConfig> AccessLogs { get; init; } = [];

    /// <summary>Tell the access logs when a request's headers have come, too. Default false.</summary>
    public bool FlushAccessLogOnNewRequest { get; init; }

    /// <summary>Tell the access logs of streams under way, too, this often; at least 1 ms. Default null: not.</summary>
    public TimeSpan? AccessLogFlushInterval { get; init; }

    /// <summary>Protocols that clients may change to. Default: none. <c>CONNECT</c> is none of them yet.</summary>
    public ValueList<UpgradeConfig> UpgradeConfigs { get; init; } = [];

    /// <summary>End a stream this old with 408 or 504, unless its route says otherwise. Default null, or zero: however old.</summary>
    public TimeSpan? MaxStreamDuration { get; init; }

    /// <summary>Which clients are inside. Default null: none.</summary>
    public InternalAddressConfig? InternalAddresses { get; init; }

    /// <summary>How the client's address is found, instead of by <see cref="XffNumTrustedHops"/>. Default: by that.</summary>
    public ValueList<OriginalIpDetectionConfig> OriginalIpDetection { get; init; } = [];

    /// <summary>Say in <c>user-agent</c>, where there is none, and in two headers of Envoy's which node sent the request. Default false.</summary>
    public bool AddUserAgent { get; init; }

    /// <summary>What becomes of <c>x-forwarded-client-cert</c>. Default <see cref="ForwardClientCertDetails.Sanitize"/>.</summary>
    public ForwardClientCertDetails ForwardClientCertDetails { get; init; }

    /// <summary>What <c>x-forwarded-client-cert</c> tells of a client's certificate, where it is set here. Default: its hash.</summary>
    public ClientCertDetailsConfig CurrentClientCertDetails { get; init; } = new();

    /// <summary>What <c>:scheme</c> is, <c>http</c> or <c>https</c>, whatever the request says; empty (default): what the request says.</summary>
    public string SchemeToOverwrite { get; init; } = "";

    /// <summary>A request that is wrong, and can be told from the next one, ends with its answer and not with its connection. Default false.</summary>
    public bool StreamErrorOnInvalidHttpMessage { get; init; }

    /// <summary>Take a request that has a length beside chunks, and go by the chunks; the length is not passed on. Default false: 400.</summary>
    public bool AllowChunkedLength { get; init; }

    /// <summary>How the names of a response's headers are written, and whether how a request's were is passed on. Default <see cref="HeaderKeyFormat.LowerCase"/>.</summary>
    public HeaderKeyFormat HeaderKeyFormat { get; init; }

    /// <summary>Limits and windows of HTTP/2. Default: Envoy's.</summary>
    public Http2ProtocolOptions Http2 { get; init; } = new();

    /// <summary>What becomes of answers that the proxy gives itself. Default null: they stay as they are.</summary>
    public LocalReplyConfig? LocalReply { get; init; }

    /// <inheritdoc/>
    public override bool IsTerminal => true;

    /// <summary>Checks the route table and that the router, and nothing else that ends the chain, is the last HTTP filter.</summary>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        validation.In("route_config", () =>
        {
            RouteConfigurationValidation.Validate(RouteConfig, validation);
            UnsupportedRouteFeatures.Report(RouteConfig, validation);
        });

        if (ScopedRoutes is { } scoped)
            Validate(scoped, validation);
        ValidateUpgrades(validation);
        AccessLogSet.Validate(AccessLogs, validation);
        if (LocalReply is { } reply)
            _ = LocalReplyRewriter.Compile(reply, (path, message) => validation.ErrorAt(this, "local_reply_config." + path, message));
        ValidateAddresses(validation);
        if (SchemeToOverwrite is not ("" or "http" or "https"))
            validation.ErrorAt(this, "scheme_header_transformation.scheme_to_overwrite", "must be http or https");
        if (StripAnyHostPort && StripMatchingHostPort)
            validation.Error(this, "strip_any_host_port", "'strip_any_host_port' and 'strip_matching_host_port' exclude each other", "keep one of them");

        // A filter that was refused is not in the list, and may have been the last.
        var complete = !validation.IsRefused(this, "http_filters");
        if (complete && HttpFilters.Count == 0)
            validation.Error(this, "http_filters", "there is no HTTP filter", "the last one must be envoy.filters.http.router");
        var last = HttpFilters.Count == 0 ? null : HttpFilters[^1];
        validation.Each("http_filters", HttpFilters, filter =>
        {
            if (complete && filter.Options.IsTerminal && !ReferenceEquals(filter, last))
                validation.Error(filter, "name", $"'{filter.Name}' ends the filter chain: it must be the last HTTP filter");
            else if (complete && !filter.Options.IsTerminal && ReferenceEquals(filter, last))
                validation.Error(filter, "name", $"'{filter.Name}' cannot be the last HTTP filter", "the last one must be envoy.filters.http.router");
            filter.Options.Validate(validation);
        });
    }

    private void Validate(ScopedRoutesConfig scoped, ConfigValidation validation)
    {
        if (RouteConfig.VirtualHosts.Count > 0)
            validation.Error(this, "scoped_routes", "'scoped_routes' and 'route_config' exclude each other");
        _ = ScopeKeys.Compile(scoped, (path, message) => validation.ErrorAt(this, "scoped_routes." + path, message));
        validation.In("scoped_routes", () => validation.Each("scoped_route_configurations", scoped.Scopes, scope => validation.In("route_configuration", () =>
        {
            RouteConfigurationValidation.Validate(scope.RouteConfig, validation);
            UnsupportedRouteFeatures.Report(scope.RouteConfig, validation);
        })));
    }

    private void ValidateAddresses(ConfigValidation validation)
    {
        _ = AddressRanges.Compile(InternalAddresses?.CidrRanges ?? [], (i, message) => validation.ErrorAt(this, $"internal_address_config.cidr_ranges[{i}]", message));
        if (OriginalIpDetection.Count > 0 && UseRemoteAddress)
            validation.Error(this, "original_ip_detection_extensions", "Original IP detection extensions and use_remote_address may not be mixed");
        if (OriginalIpDetection.Count > 0 && XffNumTrustedHops > 0)
            validation.Error(this, "original_ip_detection_extensions", "Original IP detection extensions and xff_num_trusted_hops may not be mixed");
        for (var n = 0; n < OriginalIpDetection.Count; n++)
        {
            var path = $"original_ip_detection_extensions[{n}]";
            if (OriginalIpDetection[n] is CustomHeaderDetectionConfig custom && !Http.Headers.HeaderName.IsValid(custom.HeaderName))
                validation.ErrorAt(this, path, $"'{custom.HeaderName}' is not a header's name");
            if (OriginalIpDetection[n] is not XffDetectionConfig { TrustedCidrs.Count: > 0 } xff)
                continue;
            _ = AddressRanges.Compile(xff.TrustedCidrs, (i, message) => validation.ErrorAt(this, $"{path}.typed_config.xff_trusted_cidrs.cidrs[{i}]", message));
            if (xff.TrustedHops > 0)
                validation.ErrorAt(this, path, "Cannot set both xff_num_trusted_hops and xff_trusted_cidrs");
        }
    }

    private void ValidateUpgrades(ConfigValidation validation)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        validation.Each("upgrade_configs", UpgradeConfigs, upgrade =>
        {
            if (upgrade.UpgradeType.Length == 0)
                validation.ErrorAt(upgrade, "upgrade_type", "must not be empty");
            else if (!seen.Add(upgrade.UpgradeType))
                validation.Error(upgrade, "upgrade_type", $"'{upgrade.UpgradeType}' is there already");
            if (upgrade.Enabled && UnsupportedRouteFeatures.IsConnectUdp(upgrade.UpgradeType))
                validation.NotSupported(upgrade, "upgrade_type", $"'{upgrade.UpgradeType}' is read, but not served yet");
        });
    }

    /// <inheritdoc/>
    protected internal override INetworkFilterSnapshot Compile(FilterCompileContext context) => new HttpConnectionManagerSnapshot(this, context);
}
