using Envoy.ConnectionManager;
using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Filters.Common.Rbac;
using Envoy.Filters.Http.Buffer;
using Envoy.Filters.Http.Cors;
using Envoy.Filters.Http.Fault;
using Envoy.Filters.Http.GrpcHttp1Bridge;
using Envoy.Filters.Http.GrpcHttp1ReverseBridge;
using Envoy.Filters.Http.GrpcJsonTranscoder;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Filters.Http.GrpcStats;
using Envoy.Filters.Http.GrpcWeb;
using Envoy.Filters.Http.HeaderMutation;
using Envoy.Filters.Http.HealthCheck;
using Envoy.Filters.Http.Rbac;
using Envoy.Filters.Http.Router;
using Envoy.Filters.Network.Rbac;
using Envoy.Matching;
using Envoy.Net;
using Envoy.Proxy.Building;
using Envoy.Routing;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>HTTP filters and their options on routes: this YAML equals this code, and what is wrong is said where it is written.</summary>
public sealed class HttpFilterGoldenTests
{
    [Test]
    public void Buffer_BothSpellings_EqualCode([Values(
        """{ name: envoy.filters.http.buffer, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, max_request_bytes: 7 } }""",
        "{ name: envoy.buffer, config: { max_request_bytes: 7 } }")] string yaml) =>
        Assert.That(Filter(yaml), Is.EqualTo(new BufferOptions { MaxRequestBytes = 7 }));

    [TestCase("disabled: true", 0u)]
    [TestCase("buffer: { max_request_bytes: 9 }", 9u)]
    public void BufferPerRoute_EqualsCode(string yaml, uint bytes) =>
        Assert.That(
            OnRoute("envoy.filters.http.buffer", "envoy.extensions.filters.http.buffer.v3.BufferPerRoute", yaml),
            Is.EqualTo(new BufferRouteOptions { Disabled = bytes == 0, Buffer = bytes == 0 ? null : new BufferOptions { MaxRequestBytes = bytes } }));

    [TestCase("max_request_bytes: 0", "must be a whole number from 1 to 4294967295")]
    [TestCase("", "Buffer needs 'max_request_bytes'")]
    [TestCase("max_request_bytes: 1, max_request_time: 1s", "'max_request_time' is not a field of Buffer")]
    public void Buffer_Wrong_IsRefused(string yaml, string message) =>
        Assert.That(Errors($$"""{ name: b, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, {{yaml}} } }"""), Has.Some.Contains(message));

    [Test]
    public void HeaderMutation_EqualsCode()
    {
        const string Mutations = """
            mutations: {
              request_mutations: [ { remove: x-gone }, { append: { header: { key: x-a, value: v }, append_action: ADD_IF_ABSENT, keep_empty_value: true } } ],
              response_mutations: [ { remove_on_match: { key_matcher: { suffix: -secret } } } ],
              request_trailers_mutations: [ { remove: t1 } ],
              response_trailers_mutations: [ { remove: t2 } ],
              query_parameter_mutations: [ { append: { record: { key: q, value: w }, action: OVERWRITE_IF_EXISTS } }, { remove: r } ] }
            """;
        var mutations = new MessageMutationsConfig
        {
            Request =
            [
                new HeaderMutationConfig { Remove = "x-gone" },
                new HeaderMutationConfig { Append = new HeaderValueOptionConfig("x-a", "v") { AppendAction = HeaderAppendAction.AddIfAbsent, KeepEmptyValue = true } },
            ],
            Response = [new HeaderMutationConfig { RemoveOnMatch = StringMatcherConfig.Suffix("-secret") }],
            RequestTrailers = [new HeaderMutationConfig { Remove = "t1" }],
            ResponseTrailers = [new HeaderMutationConfig { Remove = "t2" }],
            QueryParameters =
            [
                new QueryParameterMutationConfig("q") { Value = "w", Action = HeaderAppendAction.OverwriteIfExists },
                new QueryParameterMutationConfig("r"),
            ],
        };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Filter($$"""{ name: m, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation, most_specific_header_mutations_wins: true, {{Line(Mutations)}} } }"""),
                Is.EqualTo(new HeaderMutationOptions { MostSpecificHeaderMutationsWins = true, Mutations = mutations }));
            Assert.That(
                OnRoute("m", "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", Mutations),
                Is.EqualTo(new HeaderMutationRouteOptions { Mutations = mutations }));
        }
    }

    [TestCase("request_mutations: [ { remove: ':path' } ]", "':path' cannot be removed")]
    [TestCase("request_mutations: [ { remove: 'a b' } ]", "'a b' is not a header's name")]
    [TestCase("request_mutations: [ { append: { header: { key: a, value: '%NONE%' } } } ]", "NONE")]
    [TestCase("request_mutations: [ {} ]", "needs 'remove' or 'append' or 'remove_on_match'")]
    [TestCase("response_mutations: [ { remove_on_match: { key_matcher: { safe_regex: { regex: '(' } } } } ]", "invalid regular expression")]
    [TestCase("query_parameter_mutations: [ { append: { record: { key: '', value: v } } } ]", "must not be empty")]
    public void HeaderMutation_Wrong_IsRefused(string yaml, string message) => Assert.That(
        Errors($$"""{ name: m, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation, mutations: { {{yaml}} } } }"""),
        Has.Some.Contains(message));

    [Test]
    public void GrpcWeb_BothSpellings_EqualCode([Values(
        """{ name: envoy.filters.http.grpc_web, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb } }""",
        "{ name: envoy.grpc_web }")] string yaml) => Assert.That(Filter(yaml), Is.EqualTo(new GrpcWebOptions()));

    [Test]
    public void GrpcHttp1Bridge_BothSpellings_EqualCode([Values(
        """{ name: b, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_http1_bridge.v3.Config, upgrade_protobuf_to_grpc: true, ignore_query_parameters: true } }""",
        "{ name: envoy.grpc_http1_bridge, config: { upgrade_protobuf_to_grpc: true, ignore_query_parameters: true } }")] string yaml) =>
        Assert.That(Filter(yaml), Is.EqualTo(new GrpcHttp1BridgeOptions { UpgradeProtobufToGrpc = true, IgnoreQueryParameters = true }));

    [Test]
    public void GrpcHttp1ReverseBridge_AtBothPlaces_EqualsCode()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Filter("""{ name: b, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig, content_type: application/x-protobuf, withhold_grpc_frames: true, response_size_header: x-size } }"""),
                Is.EqualTo(new GrpcHttp1ReverseBridgeOptions { ContentType = "application/x-protobuf", WithholdGrpcFrames = true, ResponseSizeHeader = "x-size" }));
            Assert.That(
                OnRoute("envoy.filters.http.grpc_http1_reverse_bridge", "envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfigPerRoute", "disabled: true"),
                Is.EqualTo(new GrpcHttp1ReverseBridgeRouteOptions { Disabled = true }));
        }
    }

    [TestCase("", "FilterConfig needs 'content_type'")]
    [TestCase("content_type: \"a\\nb\"", "has a byte that no header can hold")]
    [TestCase("content_type: a, response_size_header: 'b c'", "'b c' is not a header's name")]
    public void GrpcHttp1ReverseBridge_Wrong_IsRefused(string yaml, string message) => Assert.That(
        Errors($$"""{ name: b, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig, {{yaml}} } }"""),
        Has.Some.Contains(message));

    [Test]
    public void GrpcStats_EqualsCode()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Filter("""{ name: s, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig, individual_method_stats_allowlist: { services: [ { name: p.S, method_names: [ A, B ] } ] }, enable_upstream_stats: true } }"""),
                Is.EqualTo(new GrpcStatsOptions { IndividualMethodStatsAllowlist = [new GrpcServiceMethodsConfig("p.S", ["A", "B"])], EnableUpstreamStats = true }));
            Assert.That(
                Filter("""{ name: s, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig, stats_for_all_methods: true, replace_dots_in_grpc_service_name: true } }"""),
                Is.EqualTo(new GrpcStatsOptions { StatsForAllMethods = true, ReplaceDotsInGrpcServiceName = true }));
        }
    }

    [TestCase("emit_filter_state: true", "which is not supported yet")]
    [TestCase("stats_for_all_methods: true, individual_method_stats_allowlist: {}", "individual_method_stats_allowlist")]
    [TestCase("individual_method_stats_allowlist: { services: [ { name: p.S } ] }", "Service needs 'method_names'")]
    public void GrpcStats_Wrong_IsRefused(string yaml, string message) => Assert.That(
        Errors($$"""{ name: s, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig, {{yaml}} } }"""),
        Has.Some.Contains(message));

    [Test]
    public void Router_SuppressedCodes_EqualCode()
    {
        var result = EnvoyConfigLoader.Parse(Yaml("{ name: envoy.grpc_web }", "").Replace(
            "{ name: envoy.filters.http.router }", "{ name: envoy.filters.http.router, config: { suppress_grpc_request_failure_code_stats: true } }", StringComparison.Ordinal));
        Assert.That(Manager(result).HttpFilters[1].Options, Is.EqualTo(new RouterOptions { SuppressGrpcRequestFailureCodeStats = true }));
    }

    private const string RbacRules = """
        { action: DENY, policies: { p: {
          permissions: [
            { and_rules: { rules: [ { any: true }, { not_rule: { destination_port: 80 } } ] } },
            { or_rules: { rules: [ { destination_port_range: { start: 1, end: 9 } }, { destination_ip: { address_prefix: 10.0.0.0, prefix_len: 8 } } ] } },
            { header: { name: x, present_match: true } }, { url_path: { path: { prefix: /a } } }, { requested_server_name: { suffix: .test } } ],
          principals: [
            { and_ids: { ids: [ { any: true }, { not_id: { any: true } } ] } }, { or_ids: { ids: [ { authenticated: {} } ] } },
            { authenticated: { principal_name: { exact: me } } }, { source_ip: { address_prefix: "::1", prefix_len: 128 } },
            { direct_remote_ip: { address_prefix: 1.2.3.4, prefix_len: 32 } }, { remote_ip: { address_prefix: 1.2.3.4, prefix_len: 31 } },
            { header: { name: y, present_match: true } }, { url_path: { path: { exact: /b } } } ] } } }
        """;

    private static readonly RbacConfig Rbac = new()
    {
        Action = RbacAction.Deny,
        Policies =
        [
            new RbacPolicyConfig(
                "p",
                [
                    new RbacRuleConfig.And([new RbacRuleConfig.Any(), new RbacRuleConfig.Not(new RbacRuleConfig.DestinationPort(80, 81))]),
                    new RbacRuleConfig.Or([new RbacRuleConfig.DestinationPort(1, 9), new RbacRuleConfig.Ip(RbacAddress.Destination, new CidrRangeConfig("10.0.0.0", 8))]),
                    new RbacRuleConfig.Header(new HeaderMatcherConfig("x") { PresentMatch = true }),
                    new RbacRuleConfig.UrlPath(StringMatcherConfig.Prefix("/a")),
                    new RbacRuleConfig.RequestedServerName(StringMatcherConfig.Suffix(".test")),
                ],
                [
                    new RbacRuleConfig.And([new RbacRuleConfig.Any(), new RbacRuleConfig.Not(new RbacRuleConfig.Any())]),
                    new RbacRuleConfig.Or([new RbacRuleConfig.Authenticated(null)]),
                    new RbacRuleConfig.Authenticated(StringMatcherConfig.Exact("me")),
                    new RbacRuleConfig.Ip(RbacAddress.Source, new CidrRangeConfig("::1", 128)),
                    new RbacRuleConfig.Ip(RbacAddress.DirectRemote, new CidrRangeConfig("1.2.3.4", 32)),
                    new RbacRuleConfig.Ip(RbacAddress.Remote, new CidrRangeConfig("1.2.3.4", 31)),
                    new RbacRuleConfig.Header(new HeaderMatcherConfig("y") { PresentMatch = true }),
                    new RbacRuleConfig.UrlPath(StringMatcherConfig.Exact("/b")),
                ]),
        ],
    };

    [Test]
    public void Rbac_AtBothPlaces_EqualsCode()
    {
        var fields = $"rules: {RbacRules}, rules_stat_prefix: r, shadow_rules: {{}}, shadow_rules_stat_prefix: s, track_per_rule_stats: true";
        var options = new HttpRbacOptions { Rules = Rbac, RulesStatPrefix = "r", ShadowRules = new RbacConfig(), ShadowRulesStatPrefix = "s", TrackPerRuleStats = true };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Filter($$"""{ name: r, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC, {{Line(fields)}} } }"""), Is.EqualTo(options));
            Assert.That(
                OnRoute("envoy.filters.http.rbac", "envoy.extensions.filters.http.rbac.v3.RBACPerRoute", $"rbac: {{ {fields} }}"),
                Is.EqualTo(new HttpRbacRouteOptions { Rbac = options }));
        }
    }

    [Test]
    public void NetworkRbac_EqualsCode()
    {
        var code = new ProxyConfigBuilder()
            .AddListener("l", l => l
                .Address(new PipeAddressConfig("/s"))
                .AddRbac(new NetworkRbacOptions { StatPrefix = "p", Rules = Rbac, ShadowRules = new RbacConfig(), ShadowRulesStatPrefix = "s", EnforcementType = RbacEnforcement.Continuous, DelayDeny = TimeSpan.FromSeconds(1) }, "r")
                .AddEcho("e"))
            .Build();
        var yaml = EnvoyConfigLoader.Parse($$"""
            static_resources:
              listeners:
                name: l
                address: { pipe: { path: /s } }
                filter_chains:
                  filters:
                  - { name: r, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC, stat_prefix: p, rules: {{Line(RbacRules)}}, shadow_rules: {}, shadow_rules_stat_prefix: s, enforcement_type: CONTINUOUS, delay_deny: 1s } }
                  - { name: e, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo } }
            """);
        Assert.That(yaml.OrThrow(), Is.EqualTo(code));
    }

    [TestCase("permissions: [ { any: false } ], principals: [ { any: true } ]", "value must equal true")]
    [TestCase("permissions: [], principals: [ { any: true } ]", "must not be empty")]
    [TestCase("permissions: [ { any: true } ]", "Policy needs 'principals'")]
    [TestCase("permissions: [ { destination_port_range: { start: 5, end: 5 } } ], principals: [ { any: true } ]", "range start 5 cannot be greater or equal than range end 5")]
    [TestCase("permissions: [ { destination_ip: { address_prefix: x } } ], principals: [ { any: true } ]", "'x' is not an IP address")]
    [TestCase("permissions: [ { url_path: { path: { safe_regex: { regex: '(' } } } } ], principals: [ { any: true } ]", "invalid regular expression")]
    [TestCase("permissions: [ { metadata: {} } ], principals: [ { any: true } ]", "which is not supported yet")]
    [TestCase("permissions: [ { any: true } ], principals: [ { any: true } ], condition: {}", "which is not supported yet")]
    public void Rbac_Wrong_IsRefused(string policy, string message) => Assert.That(
        Errors($$"""{ name: r, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC, rules: { policies: { p: { {{policy}} } } } } }"""),
        Has.Some.Contains(message));

    [Test]
    public void GrpcJsonTranscoder_AtBothPlaces_EqualsCode([Values(
        "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder", "envoy.config.filter.http.transcoder.v2.GrpcJsonTranscoder")] string type)
    {
        // One file: package p, message M, service S with one method of it.
        byte[] set = [0x0a, 31, 0x12, 1, (byte)'p', 0x22, 3, 0x0a, 1, (byte)'M', 0x32, 21, 0x0a, 1, (byte)'S', 0x12, 16, 0x0a, 1, (byte)'D', 0x12, 4, .. ".p.M"u8, 0x1a, 4, .. ".p.M"u8, 0x28, 1];
        set[1] = (byte)(set.Length - 2);
        set[11] = (byte)(set.Length - 12);
        set[16] = (byte)(set.Length - 17);
        var fields = $$"""
            proto_descriptor_bin: {{Convert.ToBase64String(set)}},
            services: [ p.S ],
            print_options: {
              add_whitespace: true, always_print_primitive_fields: true, always_print_enums_as_ints: true, preserve_proto_field_names: true,
              stream_newline_delimited: true, stream_sse_style_delimited: true },
            match_incoming_request_route: true,
            ignored_query_parameters: [ key ],
            auto_mapping: true,
            ignore_unknown_query_parameters: true,
            convert_grpc_status: true,
            url_unescape_spec: ALL_CHARACTERS,
            request_validation_options: { reject_unknown_method: true, reject_unknown_query_parameters: true, reject_binding_body_field_collisions: true },
            query_param_unescape_plus: true,
            match_unregistered_custom_verb: true,
            case_insensitive_enum_parsing: true,
            max_request_body_size: 7,
            max_response_body_size: 8,
            capture_unknown_query_parameters: true
            """;
        var options = new GrpcJsonTranscoderOptions
        {
            ProtoDescriptor = ValueList.From(set),
            Services = ["p.S"],
            PrintOptions = new TranscoderPrintOptions
            {
                AddWhitespace = true,
                AlwaysPrintPrimitiveFields = true,
                AlwaysPrintEnumsAsInts = true,
                PreserveProtoFieldNames = true,
                StreamNewlineDelimited = true,
                StreamSseStyleDelimited = true,
            },
            MatchIncomingRequestRoute = true,
            IgnoredQueryParameters = ["key"],
            AutoMapping = true,
            IgnoreUnknownQueryParameters = true,
            ConvertGrpcStatus = true,
            UrlUnescapeSpec = UrlUnescapeSpec.AllCharacters,
            RequestValidationOptions = new TranscoderRequestValidationOptions
            {
                RejectUnknownMethod = true,
                RejectUnknownQueryParameters = true,
                RejectBindingBodyFieldCollisions = true,
            },
            QueryParamUnescapePlus = true,
            MatchUnregisteredCustomVerb = true,
            CaseInsensitiveEnumParsing = true,
            MaxRequestBodySize = 7,
            MaxResponseBodySize = 8,
            CaptureUnknownQueryParameters = true,
        };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Filter($$"""{ name: t, typed_config: { "@type": type.googleapis.com/{{type}}, {{Line(fields)}} } }"""), Is.EqualTo(options));
            Assert.That(OnRoute("t", type, fields), Is.EqualTo(new GrpcJsonTranscoderRouteOptions { Transcoder = options }));
            Assert.That(Filter($$"""{ name: envoy.grpc_json_transcoder, config: { proto_descriptor_bin: {{Convert.ToBase64String(set)}}, services: p.S } }"""),
                Is.EqualTo(new GrpcJsonTranscoderOptions { ProtoDescriptor = ValueList.From(set), Services = ["p.S"] }));
        }
    }

    [TestCase("services: [ a.B ]", "GrpcJsonTranscoder needs 'proto_descriptor' or 'proto_descriptor_bin'")]
    [TestCase("services: [ a.B ], proto_descriptor: /no/such.pb", "there is no file '/no/such.pb'")]
    [TestCase("services: [ a.B ], proto_descriptor: /dev/zero", "is empty, or larger than 67108864 bytes")]
    [TestCase("services: [ a.B ], proto_descriptor_bin: AAAA", "the proto descriptor cannot be read: these bytes are not a descriptor set")]
    [TestCase("services: [ a.B ], proto_descriptor_bin: CgA=", "could not find 'a.B' in the proto descriptor")]
    [TestCase("proto_descriptor_bin: CgA=, max_request_body_size: 0", "must be a whole number from 1 to 4294967295")]
    public void GrpcJsonTranscoder_Wrong_IsRefused(string yaml, string message) => Assert.That(
        Errors($$"""{ name: t, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder, {{yaml}} } }"""),
        Has.Some.Contains(message));

    [Test]
    public void Fault_AtBothPlaces_EqualsCode([Values("envoy.extensions.filters.http.fault.v3.HTTPFault", "envoy.config.filter.http.fault.v2.HTTPFault")] string type)
    {
        const string Fields = """
            delay: { type: FIXED, fixed_delay: 2s, percentage: { numerator: 5, denominator: MILLION } },
            abort: { http_status: 503, percentage: { numerator: 10 } },
            response_rate_limit: { fixed_limit: { limit_kbps: 8 }, percentage: { numerator: 1 } },
            upstream_cluster: c,
            headers: [ { name: h, present_match: true } ],
            downstream_nodes: [ n ],
            max_active_faults: 3,
            delay_percent_runtime: r1, abort_percent_runtime: r2, delay_duration_runtime: r3, abort_http_status_runtime: r4,
            abort_grpc_status_runtime: r5, max_active_faults_runtime: r6, response_rate_limit_percent_runtime: r7,
            disable_downstream_cluster_stats: true
            """;
        var options = new FaultOptions
        {
            Delay = new FaultDelayConfig { FixedDelay = TimeSpan.FromSeconds(2), Percentage = new FractionalPercentConfig(5, FractionalPercentDenominator.Million) },
            Abort = new FaultAbortConfig { HttpStatus = 503, Percentage = new FractionalPercentConfig(10) },
            ResponseRateLimit = new FaultRateLimitConfig { LimitKbps = 8, Percentage = new FractionalPercentConfig(1) },
            UpstreamCluster = "c",
            Headers = [new HeaderMatcherConfig("h") { PresentMatch = true }],
            DownstreamNodes = ["n"],
            MaxActiveFaults = 3,
            DelayPercentRuntime = "r1",
            AbortPercentRuntime = "r2",
            DelayDurationRuntime = "r3",
            AbortHttpStatusRuntime = "r4",
            AbortGrpcStatusRuntime = "r5",
            MaxActiveFaultsRuntime = "r6",
            ResponseRateLimitPercentRuntime = "r7",
            DisableDownstreamClusterStats = true,
        };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Filter($$"""{ name: f, typed_config: { "@type": type.googleapis.com/{{type}}, {{Line(Fields)}} } }"""), Is.EqualTo(options));
            Assert.That(OnRoute("f", type, Fields), Is.EqualTo(new FaultRouteOptions(options)));
        }
    }

    [Test]
    public void Fault_FromHeaders_EqualsCode() => Assert.That(
        Filter("{ name: envoy.fault, config: { delay: { header_delay: {} }, abort: { header_abort: {} }, response_rate_limit: { header_limit: {} } } }"),
        Is.EqualTo(new FaultOptions
        {
            Delay = new FaultDelayConfig { FromHeader = true },
            Abort = new FaultAbortConfig { FromHeader = true },
            ResponseRateLimit = new FaultRateLimitConfig { FromHeader = true },
        }));

    [TestCase("delay: {}", "FaultDelay needs 'fixed_delay' or 'header_delay'")]
    [TestCase("delay: { fixed_delay: 0s }", "must be above 0s")]
    [TestCase("delay: { fixed_delay: 1s, header_delay: {} }", "'header_delay' and 'fixed_delay' exclude each other")]
    [TestCase("abort: { percentage: { numerator: 1 } }", "FaultAbort needs 'http_status' or 'grpc_status' or 'header_abort'")]
    [TestCase("abort: { http_status: 600 }", "must be a whole number from 200 to 599")]
    [TestCase("abort: { header_abort: { name: x } }", "'name' is not a field")]
    [TestCase("response_rate_limit: { fixed_limit: { limit_kbps: 0 } }", "must be a whole number")]
    [TestCase("response_rate_limit: { fixed_limit: {} }", "FixedLimit needs 'limit_kbps'")]
    [TestCase("headers: [ { name: h, string_match: { safe_regex: { regex: '(' } } } ]", "invalid regular expression")]
    [TestCase("filter_metadata: { a: 1 }", "not supported yet")]
    public void Fault_Wrong_IsRefusedOnce(string yaml, string message) =>
        Assert.That(Errors($"{{ name: envoy.fault, config: {{ {yaml} }} }}"), Has.One.Items.And.Some.Contains(message));

    [Test]
    public void Cors_BothSpellings_EqualCode([Values(
        """{ name: envoy.filters.http.cors, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors } }""",
        "{ name: envoy.cors }")] string yaml) => Assert.That(Filter(yaml), Is.EqualTo(new CorsOptions()));

    [Test]
    public void CorsPolicy_EqualsCode() => Assert.That(
        OnRoute("envoy.filters.http.cors", "envoy.extensions.filters.http.cors.v3.CorsPolicy", """
            allow_origin_string_match: [ { exact: o } ], allow_methods: m, allow_headers: h, expose_headers: e, max_age: "1", allow_credentials: false,
            allow_private_network_access: true, forward_not_matching_preflights: false,
            filter_enabled: { default_value: { numerator: 1 }, runtime_key: f }, shadow_enabled: { default_value: { numerator: 2 } }
            """),
        Is.EqualTo(new CorsPolicyOptions
        {
            AllowOrigins = [StringMatcherConfig.Exact("o")],
            AllowMethods = "m",
            AllowHeaders = "h",
            ExposeHeaders = "e",
            MaxAge = "1",
            AllowCredentials = false,
            AllowPrivateNetworkAccess = true,
            ForwardNotMatchingPreflights = false,
            FilterEnabled = new RuntimeFractionConfig(new FractionalPercentConfig(1), "f"),
            ShadowEnabled = new RuntimeFractionConfig(new FractionalPercentConfig(2)),
        }));

    [Test]
    public void CorsPolicy_InItsOldPlace_EqualsCode()
    {
        var result = EnvoyConfigLoader.Parse(Yaml("{ name: envoy.cors }", "").Replace(
            "cluster: c }", "cluster: c, cors: { allow_origin: [ a ], allow_origin_regex: [ b ], allow_origin_string_match: [ { prefix: c } ], enabled: false } }", StringComparison.Ordinal));
        Assert.That(result.Errors, Is.Empty);
        var forward = (ForwardActionConfig)Manager(result).RouteConfig.VirtualHosts[0].Routes[0].Action!;
        Assert.That(forward.Cors, Is.EqualTo(ValueList.From(
        [
            new RouteFilterConfig("", new CorsPolicyOptions
            {
                AllowOrigins = [StringMatcherConfig.Exact("a"), StringMatcherConfig.Regex("b"), StringMatcherConfig.Prefix("c")],
                FilterEnabled = new RuntimeFractionConfig(new FractionalPercentConfig(0)),
                IsDeprecatedField = true,
            }),
        ])));
    }

    [TestCase("max_age: \"1\\r\\nx: y\"", "holds what no header's value may")]
    [TestCase("allow_origin_string_match: [ { safe_regex: { regex: '(' } } ]", "invalid regular expression")]
    [TestCase("enabled: true", "'enabled' is not a field of CorsPolicy")]
    public void CorsPolicy_Wrong_IsRefused(string yaml, string message) => Assert.That(
        EnvoyConfigLoader.Parse(Yaml(
            "{ name: envoy.cors }",
            $$"""typed_per_filter_config: { envoy.cors: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy, {{yaml}} } }""")).Errors.Select(e => e.Message),
        Has.Some.Contains(message));

    [Test]
    public void HealthCheck_BothSpellings_EqualCode([Values(
        """{ name: envoy.filters.http.health_check, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck, FIELDS } }""",
        "{ name: envoy.health_check, config: { FIELDS } }")] string yaml) => Assert.That(
        Filter(yaml.Replace("FIELDS", "pass_through_mode: true, cache_time: 2.5s, cluster_min_healthy_percentages: { c: { value: 12.5 } }, headers: [ { name: ':path', exact_match: /h } ]", StringComparison.Ordinal)),
        Is.EqualTo(new HealthCheckOptions
        {
            PassThroughMode = true,
            CacheTime = TimeSpan.FromSeconds(2.5),
            ClusterMinHealthyPercentages = [new ClusterHealthConfig("c", 12.5)],
            Headers = [new HeaderMatcherConfig(":path") { StringMatch = StringMatcherConfig.Exact("/h") }],
        }));

    [TestCase("cache_time: 1s", "HealthCheck needs 'pass_through_mode'")]
    [TestCase("pass_through_mode: false, cache_time: 1s", "cache_time_ms must not be set when path_through_mode is disabled")]
    [TestCase("pass_through_mode: false, cluster_min_healthy_percentages: { c: { value: 101 } }", "must be 0 to 100")]
    [TestCase("pass_through_mode: false, cluster_min_healthy_percentages: [ c ]", "must be a mapping from clusters' names to percentages")]
    [TestCase("pass_through_mode: false, endpoint: /h", "'endpoint' is not a field of HealthCheck")]
    public void HealthCheck_Wrong_IsRefused(string yaml, string message) =>
        Assert.That(Errors($"{{ name: envoy.health_check, config: {{ {yaml} }} }}"), Has.Some.Contains(message));

    [Test]
    public void CorsPolicy_OfTheOldPlaceInTheNewOne_IsRefused() => Assert.That(
        EnvoyConfigLoader.Parse(Yaml(
            "{ name: envoy.cors }",
            """typed_per_filter_config: { envoy.cors: { "@type": type.googleapis.com/envoy.config.route.v3.CorsPolicy } }""")).Errors.Select(e => e.Message),
        Has.One.Contains("Didn't find a registered implementation for 'envoy.cors'"));

    private static HttpFilterOptions Filter(string filter)
    {
        var result = EnvoyConfigLoader.Parse(Yaml(filter, ""));
        Assert.That(result.Errors, Is.Empty);
        return Manager(result).HttpFilters[0].Options;
    }

    private static RouteFilterOptions? OnRoute(string name, string type, string fields)
    {
        var result = EnvoyConfigLoader.Parse(Yaml(
            "{ name: envoy.filters.http.buffer, config: { max_request_bytes: 1 } }",
            $$"""typed_per_filter_config: { {{name}}: { "@type": type.googleapis.com/{{type}}, {{Line(fields)}} } }"""));
        Assert.That(result.Errors, Is.Empty);
        return Manager(result).RouteConfig.VirtualHosts[0].Routes[0].FilterOptions[0].Options;
    }

    private static IEnumerable<string> Errors(string filter) => EnvoyConfigLoader.Parse(Yaml(filter, "")).Errors.Select(e => e.Message);

    private static HttpConnectionManagerOptions Manager(ConfigResult result) =>
        (HttpConnectionManagerOptions)result.Config!.Listeners[0].FilterChains[0].Filters[0].Options;

    private static string Line(string yaml) => yaml.ReplaceLineEndings(" ");

    private static string Yaml(string filter, string routeFields) => $$"""
        static_resources:
          listeners:
            address: { pipe: { path: /s } }
            filter_chains:
              filters:
                name: envoy.filters.network.http_connection_manager
                config:
                  stat_prefix: p
                  http_filters: [ {{Line(filter)}}, { name: envoy.filters.http.router } ]
                  route_config: { virtual_hosts: [ { name: v, domains: ["*"], routes: [ { match: { prefix: / }, route: { cluster: c }, {{routeFields}} } ] } ] }
          clusters: { name: c }
        """;
}
