using Envoy.Clusters;
using Envoy.Filters.Http.Router;
using Envoy.Proxy;
using Envoy.Proxy.Building;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>The seed's six configurations in code.</summary>
internal static class SeedConfigs
{
    public static ProxyConfig Echo() => new ProxyConfigBuilder()
        .AddListener("containers_1", l => l.Address("0.0.0.0", 15001).AddEcho("envoy.echo"))
        .Build();

    public static ProxyConfig TcpEgress() => new ProxyConfigBuilder()
        .AddListener("listener_0", l => l.Address("0.0.0.0", 80).AddTcpProxy("tcp", "test_cluster", "envoy.tcp_proxy"))
        .AddCluster("test_cluster", c => c.Static().ConnectTimeout(Quarter).Endpoint("172.17.0.3", 80).Endpoint("172.17.0.4", 80))
        .Build();

    public static ProxyConfig TcpIngress() => new ProxyConfigBuilder()
        .AddListener("listener_0", l => l.Address("0.0.0.0", 80).AddTcpProxy("ingress_tcp", "test_cluster", "envoy.tcp_proxy"))
        .AddCluster("test_cluster", c => c.Static().ConnectTimeout(Quarter).Endpoint("127.0.0.1", 8081))
        .Build();

    public static ProxyConfig HttpEgressRedirect() => new ProxyConfigBuilder()
        .AddListener("listener_0", l => l.Address("127.0.0.1", 80).AddHttpConnectionManager("egress_http", h => h
            .RouteConfigName("test_route")
            .VirtualHost("web_service_1", ["*.ik8s.io", "ik8s.io"], v => v.Route("/", "web_cluster_1"))
            .VirtualHost("web_service_2", ["*.k8scast.cn", "k8scast.cn"], v => v.Redirect("/", new() { HostRedirect = "www.ik8s.io" }))
            .AddHttpFilter("envoy.router", new RouterOptions()), "envoy.http_connection_manager"))
        .AddCluster("web_cluster_1", c => Dns(c, "myservice"))
        .Build();

    public static ProxyConfig HttpEgress() => new ProxyConfigBuilder()
        .AddListener("listener_0", l => l.Address("127.0.0.1", 80).AddHttpConnectionManager("egress_http", h => h
            .RouteConfigName("test_route")
            .VirtualHost("web_service_1", ["*.ik8s.io", "ik8s.io"], v => v.Route("/", "web_cluster_1"))
            .VirtualHost("web_service_2", ["*.k8scast.cn", "k8scast.cn"], v => v.Route("/", "web_cluster_2"))
            .AddHttpFilter("envoy.router", new RouterOptions()), "envoy.http_connection_manager"))
        .AddCluster("web_cluster_1", c => Dns(c, "myservice"))
        .AddCluster("web_cluster_2", c => Dns(c, "webserver1"))
        .Build();

    public static ProxyConfig HttpIngress() => new ProxyConfigBuilder()
        .AddListener("listener_0", l => l.Address("0.0.0.0", 80).AddHttpConnectionManager("ingress_http", h => h
            .RouteConfigName("local_route")
            .VirtualHost("local_service", ["*"], v => v.Route("/", "local_service"))
            .AddHttpFilter("envoy.router", new RouterOptions()), "envoy.http_connection_manager"))
        .AddCluster("local_service", c => c.Static().ConnectTimeout(Quarter).Endpoint("127.0.0.1", 8081))
        .Build();

    private static TimeSpan Quarter => TimeSpan.FromMilliseconds(250);

    private static void Dns(ClusterBuilder cluster, string name) =>
        cluster.StrictDns().ConnectTimeout(Quarter).LbPolicy(LoadBalancingPolicy.RoundRobin).Endpoint(name, 8081);
}
