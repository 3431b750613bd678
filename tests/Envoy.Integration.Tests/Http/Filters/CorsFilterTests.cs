using Envoy.Filters.Http.Cors;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The cors filter: preflights, and responses to other origins.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class CorsFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string Name = "envoy.filters.http.cors";

    private static readonly CorsPolicyOptions Policy = new()
    {
        AllowOriginStringMatch = [new StringMatcherConfig(StringMatchKind.Suffix, ".shop.example")],
        AllowMethods = "GET,PUT",
        AllowHeaders = "x-a",
        ExposeHeaders = "x-b",
        MaxAge = "60",
        AllowCredentials = true,
        AllowPrivateNetworkAccess = true,
    };

    [Test]
    public async Task Preflight_OfAnAllowedOrigin_IsAnsweredHere()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new CorsOptions(), Policy));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://www.shop.example", "access-control-request-private-network: true\r\n"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Headers["access-control-allow-origin"], Is.EqualTo("https://www.shop.example"));
            Assert.That(response.Headers["access-control-allow-methods"], Is.EqualTo("GET,PUT"));
            Assert.That(response.Headers["access-control-allow-headers"], Is.EqualTo("x-a"));
            Assert.That(response.Headers["access-control-max-age"], Is.EqualTo("60"));
            Assert.That(response.Headers["access-control-allow-credentials"], Is.EqualTo("true"));
            Assert.That(response.Headers["access-control-allow-private-network"], Is.EqualTo("true"));
            Assert.That(upstream.Requests, Is.Empty);
        }

        await AssertLogged(proxy, 200, ResponseFlags.None, "cors_response");
        Assert.That(proxy.Statistics["http.ingress.cors.origin_valid"], Is.EqualTo(1));
    }

    [Test]
    public async Task Response_ToAnAllowedOrigin_IsMarked_WhateverTheUpstreamSaid()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "ok", ("access-control-allow-origin", "*")));
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new CorsOptions(), Policy));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\norigin: https://a.shop.example\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers.All("access-control-allow-origin"), Is.EqualTo(["https://a.shop.example"]));
            Assert.That(response.Headers["access-control-expose-headers"], Is.EqualTo("x-b"));
            Assert.That(response.Headers["access-control-allow-credentials"], Is.EqualTo("true"));
        }

        // The next one on the connection comes from nowhere.
        Assert.That((await client.ExchangeAsync(Get)).Headers.Contains("access-control-expose-headers"), Is.False);
    }

    [TestCase(null, 405, TestName = "Preflight_OfAnotherOrigin_GoesToTheUpstream")]
    [TestCase(false, 200, TestName = "Preflight_OfAnotherOrigin_IsAnsweredBare_IfToldSo")]
    public async Task Preflight_OfAnotherOrigin(bool? forward, int status)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(405));
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new CorsOptions(), Policy with { ForwardNotMatchingPreflights = forward }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://evil.example"));
        Assert.That(response.Status, Is.EqualTo(status));
        Assert.That(response.Headers.Contains("access-control-allow-origin"), Is.False);
        Assert.That(proxy.Statistics["http.ingress.cors.origin_invalid"], Is.EqualTo(1));
    }

    [Test]
    public async Task Policy_LeavesOpen_WhatTheLevelAboveSays()
    {
        await using var upstream = new FakeUpstream();
        var options = With(Name, new CorsOptions(), new CorsPolicyOptions { AllowMethods = "DELETE" });
        await using var proxy = await TestProxy.ForwardTo(upstream, options with
        {
            ConfigureHttp = h =>
            {
                var http = options.ConfigureHttp!(h);
                return http with { RouteConfig = http.RouteConfig with { VirtualHosts = [http.RouteConfig.VirtualHosts[0] with { FilterOptions = [new RouteFilterConfig(Name, Policy)] }] } };
            },
        });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://a.shop.example"));
        Assert.That((response.Headers["access-control-allow-methods"], response.Headers["access-control-max-age"]), Is.EqualTo(("DELETE", "60")));
    }

    [Test]
    public async Task Shadow_OnlyCounts()
    {
        await using var upstream = new FakeUpstream();
        var none = new RuntimeFractionConfig(new FractionalPercentConfig(0));
        var all = new RuntimeFractionConfig(new FractionalPercentConfig(100));
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new CorsOptions(), Policy with { FilterEnabled = none, ShadowEnabled = all }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://a.shop.example"));
        Assert.That(response.Headers.Contains("access-control-allow-origin"), Is.False);
        Assert.That(upstream.Requests, Has.Count.EqualTo(1));
        Assert.That(proxy.Statistics["http.ingress.cors.origin_valid"], Is.EqualTo(1));
    }

    [Test]
    public async Task Star_AllowsEveryOrigin()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, new CorsOptions(), Policy with { AllowOriginStringMatch = [StringMatcherConfig.Exact("*")] }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Preflight("null"))).Headers["access-control-allow-origin"], Is.EqualTo("null"));
    }

    [Test]
    public async Task OldPlaceOfThePolicy_Works()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.FromYaml($$"""
            static_resources:
              listeners:
              - name: l
                address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
                filter_chains:
                - filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: ingress
                      route_config:
                        virtual_hosts:
                        - name: all
                          domains: ["*"]
                          cors: { allow_origin_string_match: [{ exact: "http://a" }], max_age: "1" }
                          routes: [{ match: { prefix: / }, route: { cluster: c, cors: { allow_methods: GET } } }]
                      http_filters: [{ name: envoy.filters.http.cors }, { name: envoy.filters.http.router }]
              clusters:
              - name: c
                load_assignment: { cluster_name: c, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream.Port}} } } } }] }] }
            """, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("http://a"));
        Assert.That((response.Headers["access-control-allow-methods"], response.Headers["access-control-max-age"]), Is.EqualTo(("GET", "1")));
    }

    private static string Preflight(string origin, string more = "") =>
        $"OPTIONS / HTTP/1.1\r\nhost: test\r\norigin: {origin}\r\naccess-control-request-method: PUT\r\n{more}\r\n";
}
