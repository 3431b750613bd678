using Envoy.Clusters;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Proxy.Building;
using Envoy.Routing;

namespace Envoy.Config.Tests.Building;

public sealed class ProxyConfigBuilderTests
{
    [Test]
    public void Http_WithoutFilters_EndsWithTheRouter()
    {
        var config = new ProxyConfigBuilder()
            .AddListener("l", l => l.Address("127.0.0.1", 0).AddHttpConnectionManager("h", h => h.VirtualHost("v", ["*"], v => v.DirectResponse("/", 200, "hi"))))
            .Build();

        var manager = (Envoy.ConnectionManager.HttpConnectionManagerOptions)config.Listeners[0].FilterChains[0].Filters[0].Options;
        Assert.That(manager.HttpFilters.Select(f => f.Name), Is.EqualTo(new[] { "envoy.filters.http.router" }));
    }

    [Test]
    public void Build_PartsDoNotFit_SaysEachWithItsPath()
    {
        var builder = new ProxyConfigBuilder()
            .AddListener("a", l => l.Address("127.0.0.1", 80).AddTcpProxy("p", "wbe"))
            .AddListener("a", l => l.Address("127.0.0.1", 80).AddEcho().AddEcho())
            .AddListener("c", l => l.Address("::1", 1).AddHttpConnectionManager("h", h => h
                .VirtualHost("v", ["*", "x.*.y"], v => v.Route("/", "nowhere"))
                .VirtualHost("v", ["*"], v => v.Route("/", "web"))))
            .AddCluster("web", c => c.Endpoint("localhost", 1));

        var exception = Assert.Throws<ArgumentException>(() => builder.Build());

        Assert.That(exception!.Message.Split('\n'), Is.EqualTo(new[]
        {
            "The configuration is wrong:",
            "static_resources.listeners[0].filter_chains[0].filters[0].typed_config.cluster: no cluster is called 'wbe' (did you mean 'web'?)",
            "static_resources.listeners[1].name: another listener is called 'a'",
            "static_resources.listeners[1].address: another listener ('a') has the address 127.0.0.1:80",
            "static_resources.listeners[1].filter_chains[0].filters[0].name: 'envoy.filters.network.echo' ends the filter chain: it must be the last filter",
            "static_resources.listeners[2].filter_chains[0].filters[0].typed_config.route_config.virtual_hosts[0].domains[1]: a wildcard stands only "
                + "at the beginning or at the end of a domain, once: x.*.y",
            "static_resources.listeners[2].filter_chains[0].filters[0].typed_config.route_config.virtual_hosts[1].domains[0]: "
                + "Only a single wildcard domain is permitted in route ",
            "static_resources.listeners[2].filter_chains[0].filters[0].typed_config.route_config.virtual_hosts[0].routes[0].cluster: no cluster is called 'nowhere'",
            "static_resources.listeners[2].filter_chains[0].filters[0].typed_config.route_config.virtual_hosts[1].name: another virtual host is called 'v'",
            "static_resources.clusters[0].load_assignment.endpoints[0].lb_endpoints[0].address: 'localhost' is not an IP address "
                + "(a cluster whose hosts are names has type: STRICT_DNS)",
        }));
    }

    [Test]
    public void Build_Twice_Throws()
    {
        var builder = new ProxyConfigBuilder();
        _ = builder.Build();

        Assert.Throws<InvalidOperationException>(() => builder.Build());
    }

    [Test]
    public void Arguments_OutOfRange_ThrowAtOnce()
    {
        var builder = new ProxyConfigBuilder();

        Assert.Multiple(() =>
        {
            Assert.Throws<ArgumentException>(() => builder.AddListener("", _ => { }));
            Assert.Throws<ArgumentException>(() => builder.AddListener("l", _ => { }));
            Assert.Throws<ArgumentException>(() => builder.AddListener("l", l => l.Address("localhost", 80)));
            Assert.Throws<ArgumentException>(() => builder.AddListener("l", l => l.Address("127.1", 80)));
            Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddListener("l", l => l.Address("127.0.0.1", 65536)));
            Assert.Throws<ArgumentException>(() => builder.AddListener("l", l => l.AddTcpProxy(new TcpProxyOptions { StatPrefix = "p" })));
            Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddCluster("c", c => c.ConnectTimeout(TimeSpan.Zero)));
            Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddCluster("c", c => c.StrictDns(TimeSpan.FromMilliseconds(1))));
            Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddCluster("c", c => c.Endpoint("a", 1, weight: 0)));
            Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddListener("l", l => l.AddHttpConnectionManager("h", h => h
                .VirtualHost("v", ["*"], v => v.DirectResponse("/", 99)))));
            Assert.Throws<ArgumentException>(() => builder.AddListener("l", l => l.AddHttpConnectionManager("h", h => h
                .VirtualHost("v", ["*"], v => v.Add(new RouteMatchConfig { Path = new RegexMatchConfig("(") }, new DirectResponseActionConfig(200))))));
        });
    }

    [Test]
    public void Endpoints_OfSeveralPriorities_AreGroupedInOrder()
    {
        var config = new ProxyConfigBuilder()
            .AddCluster("c", c => c.Endpoint("10.0.0.2", 2, priority: 1).Endpoint("10.0.0.1", 1).Endpoint("10.0.0.3", 3))
            .Build();

        Assert.That(config.Clusters[0].Endpoints.Select(l => (l.Priority, l.LbEndpoints.Count)), Is.EqualTo(new[] { (0u, 2), (1u, 1) }));
        Assert.That(config.Clusters[0].Type, Is.EqualTo(DiscoveryType.Static));
    }
}
