using System.Net;
using Envoy.Config;
using Envoy.Proxy;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Conformance.Tests.Matrix;

/// <summary>A proxy with a plain and a TLS listener, each for both protocols, before every upstream of the matrix: the header <c>x-upstream</c> chooses.</summary>
internal sealed class MatrixProxy : IAsyncDisposable
{
    private readonly EnvoyProxy _proxy;

    private MatrixProxy(EnvoyProxy proxy) => _proxy = proxy;

    public EnvoyProxy Proxy => _proxy;

    public static async Task<MatrixProxy> StartAsync(EngineKind engine, TestCertificate certificate, IReadOnlyDictionary<string, ushort> upstreams)
    {
        var listeners = string.Concat(new[] { "plain", "tls" }.Select(name => Listener(name, upstreams.Keys, name == "tls" ? certificate : null)));
        var clusters = string.Concat(upstreams.Select(u => Cluster(u.Key, u.Value)));
        var config = EnvoyConfigLoader.Parse($"static_resources:\n  listeners:\n{listeners}  clusters:\n{clusters}").OrThrow();
        return new MatrixProxy(await EnvoyProxy.StartAsync(config, new EnvoyProxyOptions { Engine = engine, Concurrency = 2 }));
    }

    public int Port(bool tls) => ((IPEndPoint)_proxy.GetListenerAddress(tls ? "tls" : "plain")!).Port;

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    private static string Listener(string name, IEnumerable<string> upstreams, TestCertificate? certificate)
    {
        var routes = string.Join(", ", upstreams.Select(u =>
            $$"""{ match: { prefix: /, headers: [ { name: x-upstream, string_match: { exact: "{{u}}" } } ] }, route: { cluster: "{{u}}", timeout: 60s } }"""));
        var socket = certificate is null ? "" : $$"""

                transport_socket:
                  name: envoy.transport_sockets.tls
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
                    common_tls_context:
                      alpn_protocols: [h2, http/1.1]
                      tls_certificates:
                      - certificate_chain: { inline_string: {{Quoted(certificate.ChainPem)}} }
                        private_key: { inline_string: {{Quoted(certificate.PrivateKeyPem)}} }
            """;
        return $$"""
              - name: {{name}}
                address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
                filter_chains:
                - filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: {{name}}
                      http_protocol_options: { enable_trailers: true }
                      route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ {{routes}} ] } ] }
                      http_filters:
                      - name: envoy.filters.http.router
                        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
            """.ReplaceLineEndings("\n") + Indented(socket, 6) + "\n";
    }

    private static string Cluster(string name, ushort port)
    {
        var http2 = name.Contains("h2", StringComparison.Ordinal) ? "\n        http2_protocol_options: {}" : "";
        var tls = !name.EndsWith('s') ? "" : """

                    transport_socket:
                      name: envoy.transport_sockets.tls
                      typed_config:
                        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
                        sni: localhost
                        common_tls_context: { tls_params: { tls_maximum_protocol_version: TLSv1_3 } }
            """;
        return $$"""
              - name: "{{name}}"
                type: STATIC
                load_assignment: { cluster_name: "{{name}}", endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{port}} } } } } ] } ] }
            """.ReplaceLineEndings("\n") + Indented(http2, 4) + Indented(tls, 4) + "\n";
    }

    // A field of the message before it, whatever it was indented by here.
    private static string Indented(string block, int by)
    {
        var lines = block.ReplaceLineEndings("\n").Split('\n').Where(l => l.Trim().Length > 0).ToArray();
        if (lines.Length == 0)
            return "";
        var own = lines.Min(l => l.Length - l.TrimStart().Length);
        return "\n" + string.Join('\n', lines.Select(l => new string(' ', by) + l[own..]));
    }

    private static string Quoted(string text) => "\"" + text.ReplaceLineEndings("\\n") + "\"";
}
