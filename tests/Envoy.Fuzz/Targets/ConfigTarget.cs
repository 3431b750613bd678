using System.Text;
using Envoy.Config;
using Envoy.Config.Documents;
using Envoy.Extensions;
using Envoy.Filters;
using Envoy.Fuzz.Engine;
using Envoy.Routing;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// Whole configurations and route tables as text: a configuration or errors, each with a place in the text; the same twice. Used by one
/// thread.
/// </summary>
internal sealed class ConfigTarget : IFuzzTarget
{
    // Longer files cost milliseconds each; what they hold is in the shorter ones, too.
    private const int MostSeedBytes = 6000;

    private const string Sample = """
        admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }
        static_resources:
          listeners:
          - name: l
            address: { socket_address: { address: 0.0.0.0, port_value: 80 } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: in
                  route_config:
                    virtual_hosts:
                    - name: v
                      domains: ["*"]
                      request_headers_to_add: [{ header: { key: x, value: "%REQ(y)%" }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
                      routes:
                      - match: { safe_regex: { regex: "/a.*" }, headers: [{ name: x, string_match: { prefix: y } }] }
                        route: { cluster: c, timeout: 1.5s, retry_policy: { retry_on: "5xx,reset", num_retries: 2 } }
                      - match: { prefix: / }
                        redirect: { host_redirect: h, response_code: FOUND }
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
          clusters:
          - name: c
            type: STRICT_DNS
            connect_timeout: 0.25s
            load_assignment:
              cluster_name: c
              endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: a, port_value: 1 } } } }] }]
        """;

    public string Name => "config";

    public IReadOnlyList<byte[]> Seeds { get; } = [Corpus.Bytes(Sample), .. Corpus.Files("envoy-configs", MostSeedBytes), .. Corpus.Files("route-checks", MostSeedBytes)];

    public IReadOnlyList<byte[]> Words { get; } = Corpus.Bytes(
        "\n", "\n  ", "\n- ", ": ", " {", "}", " [", "]", ", ", "\"", "'", "|", ">", "&a ", "*a", "<<: *a", "!!binary ", "---\n", "...\n", "# ", "\t", "null", "true", "~", "-1", "1e400", ".nan", "0x10", "18446744073709551616", "1s", "-1s", "315576000001s", "1.0000000001s",
        "'@type': ", "typed_config:", "config:", "name:", "routes:", "match:", "prefix:", "safe_regex:", "cluster:", "timeout:", "retry_policy:", "weighted_clusters:", "headers:", "%REQ(", "%", "é", "\ufeff", "\0", "${x}");

    public int MostBytes => 8000;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        var result = EnvoyConfigLoader.Parse(text, "fuzz.yaml");
        FuzzFailure.Unless(result.Config is null == result.Errors.Count > 0, "a configuration with errors, or none without");
        var lines = text.AsSpan().Count('\n') + text.AsSpan().Count('\r') + text.AsSpan().CountAny('\u0085', '\u2028', '\u2029') + 2;
        var way = CheckErrors(result.Errors, lines);
        if (result.Config is { } config)
            FuzzFailure.Unless(config.Equals(EnvoyConfigLoader.Parse(text, "fuzz.yaml").Config), "read again it is another configuration");
        return (way ^ RunRoutes(text, lines)) * 1099511628211;
    }

    // The same text as a route table on its own.
    private static ulong RunRoutes(string text, int lines)
    {
        var context = new ConfigReadContext(StandardExtensions.Catalogue);
        if (DocumentReader.Read(text, "fuzz.yaml", context) is not { } node)
        {
            FuzzFailure.Unless(context.HasErrors, "no document, and no reason");
            return 1;
        }

        var config = RouteConfigurationReader.Fields.Read(node, context);
        RouteConfigurationValidation.Validate(config, new ConfigValidation(clusters: null, context));
        var way = CheckErrors(context.Errors, lines);
        if (!context.HasErrors)
            FuzzFailure.Unless(RouteTable.Compile(config, []) is not null, "a table that is valid and does not compile");
        return way;
    }

    private static ulong CheckErrors(IReadOnlyList<ConfigError> errors, int lines)
    {
        var way = (ulong)errors.Count;
        foreach (var error in errors)
        {
            FuzzFailure.Unless(error.Message.Length > 0, "an error that says nothing");
            FuzzFailure.Unless(error.Line >= 0 && error.Line <= lines && error.Column >= 0, "an error outside of the text");
            way = (way ^ (ulong)error.Kind ^ ((ulong)error.Message.Length << 8)) * 1099511628211;
        }

        return way;
    }
}
