using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>A proxy with the filters that a test writes in YAML, so that what is tested is what an operator's file does.</summary>
public abstract class FilterFixture(EngineKind engine) : HttpFixture(engine)
{
    protected const string Upstream = "10.0.0.1:80";

    protected const string ForwardAll = "{ match: { prefix: / }, route: { cluster: upstream } }";

    /// <summary>A proxy in front of <paramref name="upstream"/>.</summary>
    /// <param name="upstream">The only host of the cluster <c>upstream</c>.</param>
    /// <param name="filters">The HTTP filters before the router, in flow style, with commas between them.</param>
    /// <param name="routes">The routes, in flow style, with commas between them.</param>
    /// <param name="host">Fields of the virtual host, in flow style.</param>
    /// <param name="table">Fields of the route table, in flow style.</param>
    /// <param name="top">Fields of the bootstrap, one a line.</param>
    /// <param name="options">Other than the fixture's.</param>
    protected Task<TestProxy> Start(
        FakeUpstream upstream, string filters, string routes = ForwardAll, string host = "", string table = "", string top = "", TestProxyOptions? options = null) =>
        TestProxy.FromYaml($$"""
            {{top}}
            static_resources:
              listeners:
              - name: listener
                address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
                filter_chains:
                - filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: ingress
                      http_protocol_options: { enable_trailers: true }
                      http_filters:
                      - {{filters.ReplaceLineEndings("")}}
                      - name: envoy.filters.http.router
                        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
                      route_config: { {{Prefixed(table)}} virtual_hosts: [ { name: all, domains: ["*"], {{Prefixed(host)}} routes: [ {{routes.ReplaceLineEndings("")}} ] } ] }
              clusters:
              - name: upstream
                type: STATIC
                load_assignment: { cluster_name: upstream, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } } } } ] } ] }
            """, (options ?? Options).MapEndpoint(Upstream, upstream));

    private static string Prefixed(string fields) => fields.Length == 0 ? "" : fields.ReplaceLineEndings("") + ",";
}
