using Envoy.ConnectionManager;
using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Filters.Http.Buffer;
using Envoy.Filters.Http.Cors;
using Envoy.Filters.Http.Fault;
using Envoy.Filters.Http.HeaderMutation;
using Envoy.Filters.Http.HealthCheck;
using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>HTTP filters: this YAML equals this code, for the filter and for a part of a route table, and what is wrong is said.</summary>
public sealed class FilterGoldenTests
{
    private const string V3 = "type.googleapis.com/envoy.extensions.filters.http.";

    [TestCaseSource(nameof(Filters))]
    public void Filter_InYaml_EqualsCode(string type, string yaml, HttpFilterOptions code)
    {
        var http = Parse($"- {{ name: x, typed_config: {{ \"@type\": {V3}{type}, {yaml} }} }}", "{}").OrThrow();
        Assert.That(((HttpConnectionManagerOptions)http.Listeners[0].FilterChains[0].Filters[0].Options).HttpFilters[0].Options, Is.EqualTo(code));
    }

    [TestCaseSource(nameof(RouteOptions))]
    public void RouteOptions_InYaml_EqualCode(string filter, string type, string yaml, RouteFilterOptions code)
    {
        var config = Parse($"- {{ name: envoy.filters.http.{filter} }}", $"{{ envoy.filters.http.{filter}: {{ \"@type\": {V3}{type}, {yaml} }} }}").OrThrow();
        var http = (HttpConnectionManagerOptions)config.Listeners[0].FilterChains[0].Filters[0].Options;
        Assert.That(http.RouteConfig.VirtualHosts[0].FilterOptions[0].Options, Is.EqualTo(code));
    }

    [TestCase("buffer.v3.Buffer", "max_request_bytes: 0", "1 to")]
    [TestCase("fault.v3.HTTPFault", "abort: { http_status: 199 }", "200 to 599")]
    [TestCase("fault.v3.HTTPFault", "delay: { percentage: { numerator: 1 } }", "needs 'fixed_delay' or 'header_delay'")]
    [TestCase("health_check.v3.HealthCheck", "cache_time: 1s", "needs 'pass_through_mode'")]
    [TestCase("health_check.v3.HealthCheck", "pass_through_mode: false, cache_time: 1s", "cache_time must not be set when pass_through_mode is disabled")]
    [TestCase("health_check.v3.HealthCheck", "pass_through_mode: false, cluster_min_healthy_percentages: { c: { value: 101 } }", "0 to 100")]
    [TestCase("header_mutation.v3.HeaderMutation", "mutations: { request_mutations: [{ remove: ':path' }] }", "cannot be removed")]
    [TestCase("cors.v3.Cors", "allow_methods: GET", "not a field of Cors")]
    public void WrongFilter_IsSaidWithItsPlace(string type, string yaml, string message)
    {
        var errors = Parse($"- {{ name: x, typed_config: {{ \"@type\": {V3}{type}, {yaml} }} }}", "{}").Errors;
        Assert.That(errors, Has.Some.Property("Message").Contains(message), string.Join(Environment.NewLine, errors));
        Assert.That(errors, Has.All.Property("Line").EqualTo(14));
    }

    private static IEnumerable<TestCaseData> Filters()
    {
        yield return new TestCaseData("buffer.v3.Buffer", "max_request_bytes: 1000", new BufferOptions { MaxRequestBytes = 1000 });
        yield return new TestCaseData("cors.v3.Cors", "", new CorsOptions());
        yield return new TestCaseData(
            "fault.v3.HTTPFault",
            """
            delay: { fixed_delay: 1.5s, percentage: { numerator: 10 } }, abort: { grpc_status: 7, percentage: { numerator: 1, denominator: MILLION } },
            response_rate_limit: { fixed_limit: { limit_kbps: 5 }, percentage: { numerator: 100 } }, upstream_cluster: c, downstream_nodes: [n],
            headers: [{ name: x, present_match: true }], max_active_faults: 3, abort_percent_runtime: k, disable_downstream_cluster_stats: true
            """,
            new FaultOptions
            {
                Delay = new FaultDelayConfig { FixedDelay = TimeSpan.FromSeconds(1.5), Percentage = new FractionalPercentConfig(10) },
                Abort = new FaultAbortConfig { GrpcStatus = 7, Percentage = new FractionalPercentConfig(1, FractionalPercentDenominator.Million) },
                ResponseRateLimit = new FaultRateLimitConfig { LimitKbps = 5, Percentage = new FractionalPercentConfig(100) },
                UpstreamCluster = "c",
                DownstreamNodes = ["n"],
                Headers = [new HeaderMatcherConfig("x") { PresentMatch = true }],
                MaxActiveFaults = 3,
                AbortPercentRuntime = "k",
                DisableDownstreamClusterStats = true,
            });
        yield return new TestCaseData(
            "fault.v3.HTTPFault", "delay: { header_delay: {} }, abort: { header_abort: {} }, response_rate_limit: { header_limit: {} }",
            new FaultOptions { Delay = new FaultDelayConfig(), Abort = new FaultAbortConfig(), ResponseRateLimit = new FaultRateLimitConfig() });
        yield return new TestCaseData(
            "health_check.v3.HealthCheck", "pass_through_mode: false, cluster_min_healthy_percentages: { c: { value: 12.5 } }, headers: [{ name: x }]",
            new HealthCheckOptions { ClusterMinHealthyPercentages = [new ClusterHealthConfig("c", 12.5)], Headers = [new HeaderMatcherConfig("x")] });
        yield return new TestCaseData(
            "header_mutation.v3.HeaderMutation",
            """
            most_specific_header_mutations_wins: true, mutations: { request_mutations: [{ remove: a }, { append: { header: { key: b, value: "1" }, append_action: ADD_IF_ABSENT } }],
            response_mutations: [{ remove_on_match: { key_matcher: { prefix: x- } } }], query_parameter_mutations: [{ remove: q }, { append: { record: { key: p, value: v }, action: OVERWRITE_IF_EXISTS } }] }
            """,
            new HeaderMutationOptions
            {
                MostSpecificHeaderMutationsWins = true,
                Mutations = new MessageMutationsConfig
                {
                    Request =
                    [
                        new HeaderMutationConfig { Remove = "a" },
                        new HeaderMutationConfig { Append = new HeaderValueOptionConfig("b", "1") { AppendAction = HeaderAppendAction.AddIfAbsent } },
                    ],
                    Response = [new HeaderMutationConfig { RemoveOnMatch = new StringMatcherConfig(StringMatchKind.Prefix, "x-") }],
                    QueryParameters = [new QueryParameterMutationConfig("q"), new QueryParameterMutationConfig("p") { Value = "v", Action = HeaderAppendAction.OverwriteIfExists }],
                },
            });
    }

    private static IEnumerable<TestCaseData> RouteOptions()
    {
        yield return new TestCaseData("fault", "fault.v3.HTTPFault", "abort: { http_status: 503, percentage: { numerator: 100 } }",
            new FaultRouteOptions(new FaultOptions { Abort = new FaultAbortConfig { HttpStatus = 503, Percentage = new FractionalPercentConfig(100) } }));
        yield return new TestCaseData("header_mutation", "header_mutation.v3.HeaderMutationPerRoute", "mutations: { request_mutations: [{ remove: a }] }",
            new HeaderMutationRouteOptions { Mutations = new MessageMutationsConfig { Request = [new HeaderMutationConfig { Remove = "a" }] } });
        yield return new TestCaseData("cors", "cors.v3.CorsPolicy",
            "allow_origin_string_match: [{ exact: a }], allow_methods: m, allow_headers: h, expose_headers: e, max_age: '1', allow_credentials: true, filter_enabled: { default_value: { numerator: 50 } }",
            new CorsPolicyOptions
            {
                AllowOriginStringMatch = [StringMatcherConfig.Exact("a")],
                AllowMethods = "m",
                AllowHeaders = "h",
                ExposeHeaders = "e",
                MaxAge = "1",
                AllowCredentials = true,
                FilterEnabled = new RuntimeFractionConfig(new FractionalPercentConfig(50)),
            });
    }

    private static ConfigResult Parse(string filter, string routeOptions) => EnvoyConfigLoader.Parse($$"""
        static_resources:
          listeners:
          - address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
                  route_config:
                    virtual_hosts:
                    - { name: all, domains: ["*"], typed_per_filter_config: {{routeOptions}} }
                  http_filters:
                  {{filter.ReplaceLineEndings(" ")}}
                  - name: envoy.filters.http.router
          clusters: [{ name: c }]
        """);
}
