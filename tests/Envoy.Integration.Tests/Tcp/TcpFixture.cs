using Envoy.Clusters;
using Envoy.FilterChains.Network;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Tcp;

/// <summary>What the TCP fixtures share: the engine under test, and a proxy of TCP connections in a line.</summary>
public abstract class TcpFixture(EngineKind engine)
{
    protected const string Cluster = "upstream";

    protected TestProxyOptions Options { get; } = new() { Engine = engine };

    protected Task<TestProxy> Forward(
        IReadOnlyList<FakeUpstream> upstreams, Func<TcpProxyOptions, TcpProxyOptions>? tcp = null, Func<ClusterConfig, ClusterConfig>? cluster = null,
        params NetworkFilterOptions[] before)
    {
        var options = new TcpProxyOptions { StatPrefix = "t", Cluster = Cluster };
        return Start(tcp?.Invoke(options) ?? options, [ClusterOf(Cluster, upstreams, cluster)], before);
    }

    protected Task<TestProxy> Start(NetworkFilterOptions last, IReadOnlyList<ClusterConfig> clusters, params NetworkFilterOptions[] before)
    {
        var builder = new ProxyConfigBuilder().AddListener("tcp", l =>
        {
            l.Address("127.0.0.1", 0);
            for (var i = 0; i < before.Length; i++)
                l.AddFilter($"test.{i}", before[i]);
            l.AddFilter("last", last);
        });
        foreach (var cluster in clusters)
            builder.AddCluster(cluster);
        return TestProxy.StartAsync(builder.Build(), Options);
    }

    protected static ClusterConfig ClusterOf(string name, IReadOnlyList<FakeUpstream> upstreams, Func<ClusterConfig, ClusterConfig>? change = null)
    {
        var cluster = new ClusterConfig
        {
            Name = name,
            Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [.. upstreams.Select(u => new EndpointConfig(u.Address))] }],
        };
        return change?.Invoke(cluster) ?? cluster;
    }

    protected static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
