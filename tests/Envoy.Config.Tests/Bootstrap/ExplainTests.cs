using Envoy.Config;
using Envoy.Proxy;
using Envoy.Routing;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>A configuration can be asked what it does with a request.</summary>
public sealed class ExplainTests
{
    private const string Yaml = """
        layered_runtime: { layers: [ { name: static, static_layer: { canary: { share: 0 } } } ] }
        static_resources:
          listeners:
          - name: web
            address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
                  http_filters: { name: envoy.filters.http.router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }
                  route_config:
                    virtual_hosts:
                    - name: shop
                      domains: [ "*.shop.com" ]
                      routes:
                      - { name: admin, match: { prefix: /, headers: [ { name: x-admin, string_match: { exact: "yes" } } ] }, direct_response: { status: 403 } }
                      - { name: canary, match: { prefix: /, runtime_fraction: { default_value: { numerator: 100 }, runtime_key: canary.share } }, route: { cluster: canary } }
                      - { name: exact, match: { path: /x }, route: { cluster: web } }
                      - { name: api, match: { path_separated_prefix: /api }, route: { cluster: web, prefix_rewrite: /v2, timeout: 3s } }
          clusters: [ { name: web }, { name: canary } ]
        """;

    [Test]
    public void Explain_ForwardedRequest_TellsRouteAndWhyOthersWereNot()
    {
        var config = EnvoyConfigLoader.Parse(Yaml, "f.yaml");
        Assert.That(config.Errors, Is.Empty);

        var answer = EnvoyProxy.Explain(config.Config!, new ExplainRequest("GET", "http://www.shop.com/api/items?page=2"));

        Assert.That(answer.ToString(), Is.EqualTo("""
            listener: web, filter chain 0, http.ingress
            virtual host: shop
            route 0 (admin): no: does not match header x-admin exact "yes"
            route 1 (canary): no: the request is not in the share of 100/100 or of the runtime key canary.share
            route 2 (exact): no: path "/api/items" does not match path "/x"
            route 3 (api): yes
            action: forward to cluster web
            upstream sees: www.shop.com/v2/items?page=2
            timeout: 3s

            """.ReplaceLineEndings("\n")));
    }

    [Test]
    public void Explain_DefaultFilterChain_IsAskedWhereNoOtherHasAManager()
    {
        var config = EnvoyConfigLoader.Parse(Yaml.Replace("filter_chains:\n    - filters:", "default_filter_chain:\n      filters:", StringComparison.Ordinal), "f.yaml").OrThrow();

        var answer = EnvoyProxy.Explain(config, new ExplainRequest("GET", "http://www.shop.com/x"));

        Assert.That((answer.FilterChain, answer.Route.RouteName), Is.EqualTo((RequestExplanation.DefaultFilterChain, "exact")));
        Assert.That(answer.ToString(), Does.StartWith("listener: web, default filter chain, http.ingress\n"));
    }

    [Test]
    public void Explain_HeaderOfTheRequest_Counts()
    {
        var config = EnvoyConfigLoader.Parse(Yaml, "f.yaml").Config!;

        var answer = EnvoyProxy.Explain(config, new ExplainRequest("GET", "http://a.shop.com/") { Headers = [new("X-Admin", "yes")] });

        Assert.That((answer.Route.Outcome, answer.Route.Status), Is.EqualTo((RouteOutcome.DirectResponse, 403)));
    }

    [TestCase("http://elsewhere.com/", "virtual host: none has this host")]
    [TestCase("http://a.shop.com/none", "action: no route: 404")]
    public void Explain_RequestWithoutRoute_SaysSo(string url, string expected)
    {
        var config = EnvoyConfigLoader.Parse(Yaml, "f.yaml").Config!;
        Assert.That(EnvoyProxy.Explain(config, new ExplainRequest("GET", url)).ToString(), Does.Contain(expected));
    }

    [TestCase("/relative")]
    [TestCase("ftp://a.b/")]
    public void Explain_WhatIsNoHttpUrl_Throws(string url)
    {
        var config = EnvoyConfigLoader.Parse(Yaml, "f.yaml").Config!;
        Assert.That(() => EnvoyProxy.Explain(config, new ExplainRequest("GET", url)), Throws.ArgumentException);
    }
}
