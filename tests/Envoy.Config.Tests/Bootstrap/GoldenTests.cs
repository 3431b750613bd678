using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.Filters.Network.DirectResponse;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Proxy.Building;
using Envoy.Routing;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>This YAML equals this code, in today's spelling.</summary>
public sealed class GoldenTests
{
    [Test]
    public void Http_V3Spelling_EqualsCode()
    {
        const string Yaml = """
            node: { id: n1, cluster: c1, locality: { region: r, zone: z, sub_zone: s }, metadata: { any: [thing] } }
            admin:
              access_log_path: /dev/null
              address: { socket_address: { address: 127.0.0.1, port_value: 9901 } }
            static_resources:
              listeners:
              - name: listener_0
                address: { socket_address: { address: "::", port_value: 10000, protocol: TCP, ipv4_compat: true } }
                per_connection_buffer_limit_bytes: 32768
                tcp_backlog_size: 511
                enable_reuse_port: false
                filter_chains:
                - name: only
                  filter_chain_match: {}
                  filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: ingress
                      codec_type: HTTP1
                      server_name: me
                      max_request_headers_kb: 96
                      stream_idle_timeout: 0s
                      request_timeout: 10s
                      request_headers_timeout: 5.5s
                      drain_timeout: 1s
                      delayed_close_timeout: 0.000000001s
                      generate_request_id: false
                      merge_slashes: true
                      normalize_path: true
                      path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT
                      server_header_transformation: PASS_THROUGH
                      use_remote_address: true
                      xff_num_trusted_hops: 2
                      skip_xff_append: true
                      via: edge
                      preserve_external_request_id: true
                      always_set_request_id_in_response: true
                      internal_address_config: { unix_sockets: true, cidr_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }] }
                      add_user_agent: true
                      forward_client_cert_details: ALWAYS_FORWARD_ONLY
                      scheme_header_transformation: { scheme_to_overwrite: https }
                      stream_error_on_invalid_http_message: true
                      upgrade_configs: [{ upgrade_type: websocket }, { upgrade_type: CONNECT, enabled: false }]
                      strip_any_host_port: true
                      strip_trailing_host_dot: true
                      common_http_protocol_options: { idle_timeout: 60s, max_headers_count: 50, max_connection_duration: 300s, max_requests_per_connection: 9, max_stream_duration: 7s, headers_with_underscores_action: DROP_HEADER }
                      http_protocol_options: { accept_http_10: true, default_host_for_http_10: fallback, enable_trailers: true, allow_absolute_url: true, allow_chunked_length: true, header_key_format: { stateful_formatter: { name: preserve_case, typed_config: { "@type": type.googleapis.com/envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig, formatter_type_on_envoy_headers: PROPER_CASE } } } }
                      route_config:
                        virtual_hosts:
                        - name: all
                          domains: ["*"]
                          require_tls: NONE
                          routes:
                          - match: { path: /exact, case_sensitive: false }
                            direct_response: { status: 404, body: { inline_string: "no" } }
                          - match: { safe_regex: { google_re2: {}, regex: "/[a-z]+/x" } }
                            name: third
                            redirect: { https_redirect: true, path_redirect: /new, response_code: SEE_OTHER, strip_query: true, port_redirect: 8443 }
                          - match: { prefix: / }
                            route: { cluster: c, timeout: 0s, idle_timeout: 1s, priority: DEFAULT }
                      http_filters:
                      - name: envoy.filters.http.router
                        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
              clusters:
              - name: c
                type: STRICT_DNS
                lb_policy: RANDOM
                alt_stat_name: alt
                connect_timeout: 1s
                dns_refresh_rate: 10s
                dns_lookup_family: V4_ONLY
                per_connection_buffer_limit_bytes: 1000
                circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 2, max_requests: 3, max_retries: 4 }] }
                typed_extension_protocol_options:
                  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                    common_http_protocol_options: { idle_timeout: 9s }
                    explicit_http_config: { http_protocol_options: {} }
                load_assignment:
                  cluster_name: c
                  endpoints:
                  - lb_endpoints:
                    - endpoint: { hostname: h, address: { socket_address: { address: name, port_value: 1 } } }
                      load_balancing_weight: 7
                    - endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 2 } } }
                  - priority: 1
                    lb_endpoints: { endpoint: { address: { socket_address: { address: other, port_value: 3 } } } }
            """;
        var code = new ProxyConfigBuilder()
            .Node(new NodeConfig { Id = "n1", Cluster = "c1", Region = "r", Zone = "z", SubZone = "s" })
            .Admin("127.0.0.1", 9901)
            .AddListener("listener_0", l => l
                .Address(new SocketAddressConfig("::", 10000) { Ipv4Compat = true })
                .With(c => c with { PerConnectionBufferLimitBytes = 32768, TcpBacklogSize = 511, EnableReusePort = false })
                .AddHttpConnectionManager("ingress", h => h
                    .With(o => o with
                    {
                        CodecType = Envoy.ConnectionManager.HttpCodecType.Http1,
                        MergeSlashes = true,
                        NormalizePath = true,
                        PathWithEscapedSlashesAction = EscapedSlashesAction.UnescapeAndRedirect,
                        ServerHeaderTransformation = ServerHeaderTransformation.PassThrough,
                        UseRemoteAddress = true,
                        XffNumTrustedHops = 2,
                        SkipXffAppend = true,
                        Via = "edge",
                        PreserveExternalRequestId = true,
                        AlwaysSetRequestIdInResponse = true,
                        InternalAddresses = new InternalAddressConfig { UnixSockets = true, CidrRanges = [new CidrRangeConfig("10.0.0.0", 8)] },
                        AddUserAgent = true,
                        ForwardClientCertDetails = ForwardClientCertDetails.AlwaysForwardOnly,
                        SchemeToOverwrite = "https",
                        StreamErrorOnInvalidHttpMessage = true,
                        UpgradeConfigs = [new UpgradeConfig("websocket"), new UpgradeConfig("CONNECT", Enabled: false)],
                        AllowChunkedLength = true,
                        HeaderKeyFormat = Envoy.Http.Http1.HeaderKeyFormat.PreserveOrProperCase,
                        MaxStreamDuration = TimeSpan.FromSeconds(7),
                        StripAnyHostPort = true,
                        StripTrailingHostDot = true,
                        MaxConnectionDuration = TimeSpan.FromSeconds(300),
                        MaxRequestsPerConnection = 9,
                        HeadersWithUnderscoresAction = HeadersWithUnderscoresAction.DropHeader,
                        DefaultHostForHttp10 = "fallback",
                        ServerName = "me",
                        MaxRequestHeadersKb = 96,
                        StreamIdleTimeout = TimeSpan.Zero,
                        RequestTimeout = TimeSpan.FromSeconds(10),
                        RequestHeadersTimeout = TimeSpan.FromSeconds(5.5),
                        DrainTimeout = TimeSpan.FromSeconds(1),
                        DelayedCloseTimeout = TimeSpan.FromTicks(1),
                        GenerateRequestId = false,
                        IdleTimeout = TimeSpan.FromMinutes(1),
                        MaxHeadersCount = 50,
                        AcceptHttp10 = true,
                        EnableTrailers = true,
                    })
                    .VirtualHost("all", ["*"], v => v
                        .Add(new RouteMatchConfig { Path = new ExactPathMatchConfig("/exact"), CaseSensitive = false }, new DirectResponseActionConfig(404) { Body = "no" })
                        .Add(new RouteConfig
                        {
                            Name = "third",
                            Match = new RouteMatchConfig { Path = new RegexMatchConfig("/[a-z]+/x") },
                            Action = new RedirectActionConfig
                            {
                                HttpsRedirect = true,
                                PathRedirect = "/new",
                                ResponseCode = RedirectResponseCode.SeeOther,
                                StripQuery = true,
                                PortRedirect = 8443,
                            },
                        })
                        .Route("/", new ForwardActionConfig { Cluster = "c", Timeout = TimeSpan.Zero, IdleTimeout = TimeSpan.FromSeconds(1) })))
                .With(c => c with { FilterChains = [c.FilterChains[0] with { Name = "only" }] }))
            .AddCluster("c", c => c
                .StrictDns(TimeSpan.FromSeconds(10))
                .LbPolicy(LoadBalancingPolicy.Random)
                .ConnectTimeout(TimeSpan.FromSeconds(1))
                .CircuitBreakers(new CircuitBreakerConfig { MaxConnections = 1, MaxPendingRequests = 2, MaxRequests = 3, MaxRetries = 4 })
                .With(x => x with
                {
                    AltStatName = "alt",
                    DnsLookupFamily = DnsLookupFamily.V4Only,
                    PerConnectionBufferLimitBytes = 1000,
                    IdleTimeout = TimeSpan.FromSeconds(9),
                    Endpoints =
                    [
                        new LocalityEndpointsConfig
                        {
                            LbEndpoints =
                            [
                                new EndpointConfig(new SocketAddressConfig("name", 1)) { Hostname = "h", LoadBalancingWeight = 7 },
                                new EndpointConfig(new SocketAddressConfig("10.0.0.1", 2)),
                            ],
                        },
                        new LocalityEndpointsConfig { Priority = 1, LbEndpoints = [new EndpointConfig(new SocketAddressConfig("other", 3))] },
                    ],
                }))
            .Build();

        var result = EnvoyConfigLoader.Parse(Yaml);

        Assert.That(result.Errors, Is.Empty);
        Assert.That(result.Config, Is.EqualTo(code));
    }

    [Test]
    public void Network_V3SpellingInJsonNames_EqualsCode()
    {
        const string Json = """
            { "staticResources": {
                "listeners": [
                  { "name": "a", "statPrefix": "sp", "bindToPort": false,
                    "address": { "pipe": { "path": "@abstract", "mode": 420 } },
                    "filterChains": [ { "filters": [ { "name": "t", "typedConfig": {
                      "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                      "statPrefix": "tcp", "idleTimeout": "0s", "maxConnectAttempts": "3", "maxDownstreamConnectionDuration": { "seconds": 60 },
                      "weightedClusters": { "clusters": [ { "name": "x", "weight": 1 }, { "name": "y", "weight": 3.0 } ] } } } ] } ] },
                  { "name": "b", "address": { "socketAddress": { "address": "127.0.0.1", "portValue": "0" } },
                    "filterChains": { "filters": { "name": "d", "typedConfig": {
                      "@type": "type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config",
                      "response": { "inlineBytes": "aGk" } } } } }
                ],
                "clusters": [
                  { "name": "x", "connectTimeout": "5s", "loadAssignment": { "clusterName": "x", "endpoints": [] } },
                  { "name": "y", "connectTimeout": "5s", "hosts": [ { "pipe": { "path": "/tmp/s" } }, { "socketAddress": { "address": "::1", "portValue": 1 } } ] }
                ] } }
            """;
        var code = new ProxyConfigBuilder()
            .AddListener("a", l => l
                .Address(new PipeAddressConfig("@abstract") { Mode = 420 })
                .With(c => c with { StatPrefix = "sp", BindToPort = false })
                .AddTcpProxy(
                    new TcpProxyOptions
                    {
                        StatPrefix = "tcp",
                        IdleTimeout = TimeSpan.Zero,
                        MaxConnectAttempts = 3,
                        MaxDownstreamConnectionDuration = TimeSpan.FromMinutes(1),
                        WeightedClusters = [new("x", 1), new("y", 3)],
                    },
                    "t"))
            .AddListener("b", l => l.Address("127.0.0.1", 0).AddFilter("d", DirectResponseOptions.FromText("hi")))
            .AddCluster("x", c => c.Static())
            .AddCluster("y", c => c.Endpoint(new PipeAddressConfig("/tmp/s")).Endpoint("::1", 1))
            .Build();

        var result = EnvoyConfigLoader.Parse(Json);

        Assert.That(result.Errors, Is.Empty);
        Assert.That(result.Config, Is.EqualTo(code));
    }

    [Test]
    public void Preconnect_EqualsCode_AndItsBoundsAreSaid()
    {
        var code = new ProxyConfigBuilder().AddCluster("c", c => c.Preconnect(1.5, 2)).Build();

        var good = EnvoyConfigLoader.Parse("static_resources: { clusters: { name: c, preconnect_policy: { per_upstream_preconnect_ratio: 1.5, predictive_preconnect_ratio: 2 } } }");
        var bad = EnvoyConfigLoader.Parse("static_resources: { clusters: { name: c, preconnect_policy: { per_upstream_preconnect_ratio: 0.5, predictive_preconnect_ratio: 3.5 } } }");

        Assert.That(good.OrThrow(), Is.EqualTo(code));
        Assert.That(bad.Errors.Select(e => (e.Path, e.Message)), Is.EqualTo(new[]
        {
            ("static_resources.clusters.preconnect_policy.per_upstream_preconnect_ratio", "must be within 1 and 3"),
            ("static_resources.clusters.preconnect_policy.predictive_preconnect_ratio", "must be within 1 and 3"),
        }));
        Assert.That(() => new ProxyConfigBuilder().AddCluster("c", c => c.Preconnect(4)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => new ProxyConfigBuilder().AddCluster("c", c => c.With(x => x with { Preconnect = new(double.NaN) })).Build(),
            Throws.ArgumentException.With.Message.Contains("per_upstream_preconnect_ratio"));
    }

    [Test]
    public void UpstreamSockets_EqualCode_AndWhatIsWrongIsSaid()
    {
        const string Yaml = """
            static_resources:
              clusters:
              - name: c
                upstream_bind_config:
                  source_address: { address: 127.0.0.3, port_value: 0 }
                  freebind: true
                  extra_source_addresses: [ { address: { address: "::1", port_value: 7 } } ]
                upstream_connection_options: { tcp_keepalive: { keepalive_probes: 3, keepalive_time: 60, keepalive_interval: 5 } }
            """;
        var bind = new UpstreamBindConfig(new SocketAddressConfig("127.0.0.3", 0)) { FreeBind = true, ExtraSourceAddresses = [new SocketAddressConfig("::1", 7)] };
        var code = new ProxyConfigBuilder().AddCluster("c", c => c.UpstreamBind(bind).TcpKeepalive(new TcpKeepaliveConfig(3, 60, 5))).Build();
        Assert.That(EnvoyConfigLoader.Parse(Yaml).OrThrow(), Is.EqualTo(code));

        var bad = EnvoyConfigLoader.Parse(Yaml.Replace("127.0.0.3", "here", StringComparison.Ordinal).Replace("::1", "1.2.3.4", StringComparison.Ordinal));
        Assert.That(bad.Errors.Select(e => (e.Path, e.Message)), Is.EqualTo(new[]
        {
            ("static_resources.clusters[0].upstream_bind_config.source_address", "'here' is no IP address"),
            ("static_resources.clusters[0].upstream_bind_config.extra_source_addresses", "must be of another IP version than 'source_address'"),
        }));
        Assert.That(
            () => new ProxyConfigBuilder().AddCluster("c", c => c.TcpKeepalive(new(-1))).Build(), Throws.ArgumentException.With.Message.Contains("tcp_keepalive"));
    }

    [Test]
    public void TypedStruct_NamingTheMessage_IsRead()
    {
        const string Yaml = """
            static_resources:
              listeners:
                address: { pipe: { path: /s } }
                filter_chains:
                  filters:
                    name: anything
                    typed_config:
                      "@type": type.googleapis.com/udpa.type.v1.TypedStruct
                      type_url: type.googleapis.com/envoy.config.filter.network.tcp_proxy.v2.TcpProxy
                      value: { stat_prefix: p, cluster: c }
              clusters: { name: c }
            """;

        var result = EnvoyConfigLoader.Parse(Yaml);

        Assert.That(result.Errors, Is.Empty);
        Assert.That(result.Config!.Listeners[0].FilterChains[0].Filters[0].Options, Is.EqualTo(new TcpProxyOptions { StatPrefix = "p", Cluster = "c" }));
    }

    [Test]
    public void DirectResponse_FromFile_HoldsItsBytes()
    {
        var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"direct-response-{Guid.NewGuid():N}");
        File.WriteAllText(file, "from a file");
        try
        {
            var result = EnvoyConfigLoader.Parse($$"""
                static_resources:
                  listeners:
                    address: { pipe: { path: /s } }
                    filter_chains: { filters: { name: envoy.filters.network.direct_response, config: { response: { filename: '{{file}}' } } } }
                """);

            Assert.That(result.Errors, Is.Empty);
            Assert.That(result.Config!.Listeners[0].FilterChains[0].Filters[0].Options, Is.EqualTo(DirectResponseOptions.FromText("from a file")));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
