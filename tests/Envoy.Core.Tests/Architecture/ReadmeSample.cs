using Envoy.Clusters;
using Envoy.Net;
using Envoy.Routing;

namespace Envoy.Architecture;

/// <summary>What README.md shows, compiled.</summary>
[TestFixture]
internal sealed class ReadmeSample
{
    [Test]
    public void Records_WrittenTwice_AreEqual()
    {
        var (sites, cluster) = Write();
        Assert.That(Write(), Is.EqualTo((sites, cluster)));
    }

    private static (RouteConfiguration Sites, ClusterConfig Cluster) Write()
    {
        #region records
        var sites = new RouteConfiguration
        {
            Name = "sites",
            VirtualHosts =
            [
                new VirtualHostConfig
                {
                    Name = "web_service_1",
                    Domains = ["*.ik8s.io", "ik8s.io"],
                    Routes =
                    [
                        new RouteConfig
                        {
                            Match = new RouteMatchConfig { Path = new PrefixMatchConfig("/") },
                            Action = new ForwardActionConfig { Cluster = "web_cluster_1" },
                        },
                    ],
                },
            ],
        };
        var cluster = new ClusterConfig
        {
            Name = "web_cluster_1",
            Type = DiscoveryType.StrictDns,
            ConnectTimeout = TimeSpan.FromMilliseconds(250),
            Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(new SocketAddressConfig("myservice", 8081))] }],
        };
        #endregion
        return (sites, cluster);
    }
}
