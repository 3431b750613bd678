using System.Net;
using Envoy.Config;
using Envoy.Net;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Testing;

/// <summary>A proxy in four lines, from code and from Envoy's YAML.</summary>
public sealed class TestProxyTests
{
    private const string Yaml = """
        admin:
          address: { socket_address: { address: 0.0.0.0, port_value: 9901 } }
        static_resources:
          listeners:
          - name: front
            address: { socket_address: { address: 0.0.0.0, port_value: 80 } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: front
                  route_config:
                    virtual_hosts:
                    - { name: all, domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: web } }] }
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
          clusters:
          - name: web
            type: STRICT_DNS
            load_assignment:
              cluster_name: web
              endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: web.test, port_value: PORT } } } }] }]
        """;

    [Test]
    public async Task ForwardTo_FourLines_Work()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok("hello"));
        await using var proxy = await TestProxy.ForwardTo(upstream);
        using var client = proxy.CreateClient();
        Assert.That(await client.GetStringAsync("/"), Is.EqualTo("hello"));
    }

    [Test]
    public async Task FromYaml_MappedEndpoint_RunsUnchanged()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok("mapped"));
        await using var proxy = await TestProxy.FromYaml(Yaml.Replace("PORT", "8080", StringComparison.Ordinal), new TestProxyOptions().MapEndpoint("web.test:8080", upstream));
        using var client = proxy.CreateClient();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await client.GetStringAsync("/"), Is.EqualTo("mapped"));
            Assert.That(((IPEndPoint)proxy.Address).Address, Is.EqualTo(IPAddress.Loopback));
            Assert.That(proxy.Statistics["http.front.downstream_rq_2xx"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task FromYaml_FakeNames_AreResolvedAgainWhenTheClockSaysSo()
    {
        await using var upstream = new FakeUpstream();
        var resolver = new FakeDnsResolver();
        await using var proxy = await TestProxy.FromYaml(Yaml.Replace("PORT", upstream.Port.ToString(), StringComparison.Ordinal), new TestProxyOptions { Resolver = resolver });
        using var client = proxy.CreateClient();
        using (var before = await client.GetAsync("/"))
            Assert.That(before.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await proxy.AccessLog.NextAsync()).Details, Is.EqualTo("no_healthy_upstream"));
        resolver.Set("web.test", "127.0.0.1");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        await proxy.WaitForAsync("cluster.web.membership_total");
        Assert.That(await client.GetStringAsync("/"), Is.EqualTo("ok"));
        Assert.That(resolver.CountOf("WEB.test"), Is.GreaterThan(1));
    }

    [Test]
    public async Task FromYaml_Wrong_SaysEverythingThatIs()
    {
        var e = await Assert.ThrowsAsync<ConfigException>(() => TestProxy.FromYaml("static_resources: { listners: [] }"));
        Assert.That(e!.Message, Does.Contain("listners").And.Contain("listeners"));
    }

    [Test]
    public async Task MapListener_SaysWhere()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok("in memory"));
        var options = new TestProxyOptions().MapEndpoint("web.test:80", upstream).MapListener("front", new MemoryAddressConfig("front"));
        await using var proxy = await TestProxy.FromYaml(Yaml.Replace("PORT", "80", StringComparison.Ordinal), options);
        using var client = proxy.CreateClient();
        Assert.That(await client.GetStringAsync("/"), Is.EqualTo("in memory"));
    }
}
