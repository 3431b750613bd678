using Envoy.Integration.Tests.Support;
using Envoy.Proxy;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Route tables of which a request's headers choose one.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class ScopedRoutesTests(EngineKind engine) : HttpFixture(engine)
{
    private const string Yaml = """
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
                  scoped_routes:
                    name: tenants
                    scope_key_builder:
                      fragments:
                      - header_value_extractor: { name: x-tenant, element_separator: ";", element: { separator: "=", key: id } }
                      - header_value_extractor: { name: x-zone }
                    scoped_route_configurations_list:
                      scoped_route_configurations:
                      - name: red
                        key: { fragments: [{ string_key: red }, { string_key: eu }] }
                        route_configuration: { virtual_hosts: [{ name: red, domains: ["*"], routes: [{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: red } } }] }] }
                      - name: blue
                        key: { fragments: [{ string_key: blue }, { string_key: eu }] }
                        route_configuration: { virtual_hosts: [{ name: blue, domains: ["*"], routes: [{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: blue } } }] }] }
                  http_filters: [{ name: envoy.filters.http.router }]
        """;

    [TestCase("x-tenant: a=1;id=red\r\nx-zone: eu\r\n", "red")]
    [TestCase("x-tenant: id=blue\r\nx-zone: eu\r\n", "blue")]
    [TestCase("x-tenant: id=blue\r\nx-zone: us\r\n", null)]
    [TestCase("x-tenant: id=red\r\n", null, Description = "a part of the key is missing")]
    [TestCase("x-tenant: red\r\nx-zone: eu\r\n", null, Description = "there is no such element")]
    public async Task Headers_ChooseTheTable(string headers, string? expected)
    {
        await using var proxy = await TestProxy.FromYaml(Yaml, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\n{headers}\r\n");
        Assert.That((response.Status, response.BodyText), Is.EqualTo(expected is null ? (404, "") : (200, expected)));
        var explained = proxy.Proxy.Explain(new ExplainRequest("GET", "http://test/")
        {
            Headers = [.. headers.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(h => KeyValuePair.Create(h.Split(": ")[0], h.Split(": ")[1]))],
        });
        Assert.That(explained.Route.VirtualHost, Is.EqualTo(expected));
    }

    [Test]
    public void SameKeyTwice_IsRefused()
    {
        var error = Assert.Throws<Config.ConfigException>(() => _ = Config.EnvoyConfigLoader.Parse(Yaml.Replace("string_key: blue", "string_key: red", StringComparison.Ordinal)).OrThrow());
        Assert.That(error!.Message, Does.Contain("the scope 'red' has the same key"));
    }
}
