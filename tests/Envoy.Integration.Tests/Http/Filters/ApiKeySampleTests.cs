using System.Net;
using ApiKeyFilterSample;
using Envoy.Config;
using Envoy.FilterChains.Http;
using Envoy.Filters;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The filter of <c>docs/writing-a-filter.md</c>, as the page uses it.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class ApiKeySampleTests(EngineKind engine) : HttpFixture(engine)
{
    #region test
    [Test]
    public async Task ApiKey_WrongOrMissing_Is401()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { Filters = [() => new ApiKeyFilter("secret"u8.ToArray())] });
        using var client = proxy.CreateClient();
        Assert.That((await client.GetAsync("/")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await proxy.AccessLog.NextAsync()).Details, Is.EqualTo("api_key_missing"));

        client.DefaultRequestHeaders.Add("x-api-key", "secret");
        using var response = await client.PostAsync("/", new StringContent("hello"));
        Assert.That(response.Headers.GetValues("x-received"), Is.EqualTo(["5"]));
        Assert.That((await upstream.ReceivedAsync()).Headers.Contains("x-api-key"), Is.False);
    }
    #endregion

    [Test]
    public async Task ApiKey_FromYaml_OfACatalogueWithIt()
    {
        await using var upstream = new FakeUpstream();
        var yaml = $$"""
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
                      route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster: c } }] }] }
                      http_filters:
                      - name: example.api_key
                        typed_config: { "@type": type.googleapis.com/example.ApiKey, key: secret }
                      - name: envoy.filters.http.router
              clusters:
              - name: c
                load_assignment: { cluster_name: c, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream.Port}} } } } }] }] }
            """;
        #region load
        var extensions = StandardExtensions.Catalogue.With(new ApiKeyExtension());
        var config = EnvoyConfigLoader.Parse(yaml, extensions: extensions).OrThrow();
        #endregion
        await using var proxy = await TestProxy.StartAsync(config, Options);
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(401));
        Assert.That((await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-api-key: secret\r\n\r\n")).Status, Is.EqualTo(200));
        Assert.That(EnvoyConfigLoader.Parse(yaml.Replace("key: secret", "key: a b", StringComparison.Ordinal), extensions: extensions).Errors, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task ApiKey_InCode()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureHttp = h => h with
            {
                #region code
                HttpFilters = [new HttpFilterConfig("example.api_key", new ApiKeyOptions { Key = "secret" }), .. h.HttpFilters],
                #endregion
            },
        });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(401));
    }
}
