using Envoy.AccessLog;
using Envoy.ConnectionManager;
using Envoy.Extensions;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Formatting;
using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>Access logs and local replies: this YAML equals this code, and what is wrong is said where it stands.</summary>
public sealed class AccessLogGoldenTests
{
    [Test]
    public void AccessLogs_V3Spelling_EqualCode()
    {
        var http = Http("""
            access_log_options: { flush_access_log_on_new_request: true, access_log_flush_interval: 5s }
            access_log:
            - name: envoy.access_loggers.file
              filter:
                and_filter:
                  filters:
                  - status_code_filter: { comparison: { op: GE, value: { default_value: 400, runtime_key: least } } }
                  - or_filter:
                      filters:
                      - duration_filter: { comparison: { op: LE, value: { default_value: 7 } } }
                      - not_health_check_filter: {}
                  - runtime_filter: { runtime_key: some, percent_sampled: { numerator: 5, denominator: TEN_THOUSAND }, use_independent_randomness: true }
                  - header_filter: { header: { name: x, present_match: true } }
                  - response_flag_filter: { flags: [UH, NR] }
                  - grpc_status_filter: { statuses: [OK, 5, unavailable], exclude: true }
                  - log_type_filter: { types: [DownstreamEnd], exclude: false }
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                path: /tmp/x.log
                log_format: { text_format_source: { inline_string: "%RESPONSE_CODE%\n" }, omit_empty_values: true }
            - name: envoy.access_loggers.stdout
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
                log_format: { json_format: { code: "%RESPONSE_CODE%" } }
            - name: envoy.access_loggers.stderr
              typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StderrAccessLog }
            """);
        Assert.That(http.AccessLogs, Is.EqualTo(ValueList.From<AccessLogConfig>(
        [
            new AccessLogConfig("envoy.access_loggers.file", new FileAccessLogOptions
            {
                Path = "/tmp/x.log",
                Format = new SubstitutionFormatConfig { Text = "%RESPONSE_CODE%\n", OmitEmptyValues = true },
            })
            {
                Filter = new AndFilterConfig(
                [
                    new StatusCodeFilterConfig(new ComparisonConfig(ComparisonOperator.GreaterOrEqual, 400, "least")),
                    new OrFilterConfig([new DurationFilterConfig(new ComparisonConfig(ComparisonOperator.LessOrEqual, 7)), new NotHealthCheckFilterConfig()]),
                    new RuntimeFilterConfig("some") { PercentSampled = new FractionalPercentConfig(5, FractionalPercentDenominator.TenThousand), UseIndependentRandomness = true },
                    new HeaderFilterConfig(new HeaderMatcherConfig("x") { PresentMatch = true }),
                    new ResponseFlagFilterConfig { Flags = ["UH", "NR"] },
                    new GrpcStatusFilterConfig { Statuses = [0, 5, 14], Exclude = true },
                    new LogTypeFilterConfig { Types = [AccessLogType.DownstreamEnd] },
                ]),
            },
            new AccessLogConfig("envoy.access_loggers.stdout", new FileAccessLogOptions
            {
                Path = "/dev/stdout",
                Format = new SubstitutionFormatConfig { Json = """{"code":"%RESPONSE_CODE%"}""" },
            }),
            new AccessLogConfig("envoy.access_loggers.stderr", new FileAccessLogOptions { Path = "/dev/stderr" }),
        ])));
        Assert.That((http.FlushAccessLogOnNewRequest, http.AccessLogFlushInterval), Is.EqualTo((true, (TimeSpan?)TimeSpan.FromSeconds(5))));
    }

    [Test]
    public void AccessLog_V2Spelling_EqualsCode()
    {
        var http = Http("""
            access_log:
              name: envoy.file_access_log
              config: { path: /tmp/x.log, format: "%PROTOCOL%\n" }
            """);
        Assert.That(http.AccessLogs, Is.EqualTo(ValueList.From([new AccessLogConfig("envoy.file_access_log", new FileAccessLogOptions
        {
            Path = "/tmp/x.log",
            Format = new SubstitutionFormatConfig { Text = "%PROTOCOL%\n" },
        })])));
    }

    [Test]
    public void LocalReplies_EqualCode()
    {
        var http = Http("""
            local_reply_config:
              mappers:
              - filter: { status_code_filter: { comparison: { op: EQ, value: { default_value: 404, runtime_key: k } } } }
                status_code: 403
                body: { inline_string: no }
                headers_to_add: [{ header: { key: x, value: y }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
                body_format_override: { text_format: "%LOCAL_REPLY_BODY%", content_type: text/html }
              body_format: { json_format: { m: "%LOCAL_REPLY_BODY%" } }
            """);
        Assert.That(http.LocalReply, Is.EqualTo(new LocalReplyConfig
        {
            Mappers =
            [
                new LocalReplyMapperConfig(new StatusCodeFilterConfig(new ComparisonConfig(ComparisonOperator.Equal, 404, "k")))
                {
                    StatusCode = 403,
                    Body = ValueList.Create<byte>("no"u8),
                    HeadersToAdd = [new HeaderValueOptionConfig("x", "y") { AppendAction = HeaderAppendAction.OverwriteIfExistsOrAdd }],
                    BodyFormatOverride = new SubstitutionFormatConfig { Text = "%LOCAL_REPLY_BODY%", ContentType = "text/html" },
                },
            ],
            BodyFormat = new SubstitutionFormatConfig { Json = """{"m":"%LOCAL_REPLY_BODY%"}""" },
        }));
    }

    [Test]
    public void TcpProxy_HasAccessLogsToo()
    {
        var config = EnvoyConfigLoader.Parse("""
            static_resources:
              listeners:
              - address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
                filter_chains:
                - filters:
                  - name: envoy.filters.network.tcp_proxy
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                      stat_prefix: t
                      cluster: c
                      access_log: [{ name: envoy.access_loggers.stdout }]
                      access_log_options: { flush_access_log_on_connected: true, access_log_flush_interval: 1s }
              clusters: [{ name: c }]
            """).OrThrow();
        var tcp = (TcpProxyOptions)config.Listeners[0].FilterChains[0].Filters[0].Options;
        Assert.That(tcp.AccessLogs, Is.EqualTo(ValueList.From([new AccessLogConfig("envoy.access_loggers.stdout", new FileAccessLogOptions { Path = "/dev/stdout" })])));
        Assert.That((tcp.FlushAccessLogOnConnected, tcp.AccessLogFlushInterval), Is.EqualTo((true, (TimeSpan?)TimeSpan.FromSeconds(1))));
    }

    [Test]
    public void Admin_HasAnAccessLogByPathOrByName()
    {
        var config = EnvoyConfigLoader.Parse("""
            admin:
              access_log_path: /tmp/admin.log
              address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            """).OrThrow();
        Assert.That(config.Admin!.AccessLogs, Is.EqualTo(ValueList.From(
            [new AccessLogConfig("envoy.access_loggers.file", new FileAccessLogOptions { Path = "/tmp/admin.log" })])));
    }

    [TestCase("access_log: [{ name: envoy.access_loggers.file, typed_config: { '@type': type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog } }]", "needs 'path'")]
    [TestCase("access_log: [{ name: envoy.access_loggers.http_grpc, typed_config: { '@type': type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig } }]", "grpc logger, which is not supported yet")]
    [TestCase("access_log: [{ name: envoy.access_loggers.fiel }]", "no access logger is called 'envoy.access_loggers.fiel'")]
    [TestCase("access_log: [{ name: envoy.access_loggers.stdout, filter: { response_flag_filter: { flags: [XX] } } }]", "'XX' is not a response flag")]
    [TestCase("access_log: [{ name: envoy.access_loggers.stdout, filter: { and_filter: { filters: [{ not_health_check_filter: {} }] } } }]", "two filters or more")]
    [TestCase("access_log: [{ name: envoy.access_loggers.stdout, filter: { grpc_status_filter: { statuses: [17] } } }]", "a gRPC status")]
    [TestCase("access_log: [{ name: envoy.access_loggers.stdout, typed_config: { '@type': type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog, log_format: { text_format: '%NO%' } } }]", "Not supported field in StreamInfo: NO")]
    [TestCase("local_reply_config: { mappers: [{ status_code: 600, filter: { not_health_check_filter: {} } }] }", "200 to 599")]
    [TestCase("local_reply_config: { mappers: [{ status_code: 500 }] }", "needs 'filter'")]
    public void Wrong_IsSaidWithItsPlace(string yaml, string message)
    {
        var errors = EnvoyConfigLoader.Parse(Document(yaml)).Errors;
        Assert.That(errors, Has.Count.EqualTo(1), string.Join(Environment.NewLine, errors));
        Assert.That(errors[0].Message, Does.Contain(message));
        Assert.That(errors[0].Line, Is.EqualTo(10));
    }

    private static HttpConnectionManagerOptions Http(string yaml) =>
        (HttpConnectionManagerOptions)EnvoyConfigLoader.Parse(Document(yaml)).OrThrow().Listeners[0].FilterChains[0].Filters[0].Options;

    private static string Document(string yaml) => """
        static_resources:
          listeners:
          - address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress

        """ + string.Join('\n', yaml.Split('\n').Select(line => new string(' ', 10) + line)) + """

                  route_config: {}
                  http_filters: [{ name: envoy.filters.http.router }]
        """;
}
