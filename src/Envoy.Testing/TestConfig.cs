using Envoy.AccessLog;
using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.FilterChains.Network;
using Envoy.Filters.Http.Router;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Listeners;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Routing;

namespace Envoy.Testing;

/// <summary>Turns a configuration into one that a test can run: free ports, mapped endpoints, recorded access logs.</summary>
internal static class TestConfig
{
    public static ProxyConfig Forward(FakeUpstream upstream, TestProxyOptions options)
    {
        var forward = new ForwardActionConfig { Cluster = TestProxy.ClusterName };
        var manager = new HttpConnectionManagerOptions
        {
            StatPrefix = TestProxy.StatPrefix,
            RouteConfig = new RouteConfiguration
            {
                Name = "test",
                VirtualHosts =
                [
                    new VirtualHostConfig
                    {
                        Name = "all",
                        Domains = ["*"],
                        Routes =
                        [
                            new RouteConfig
                            {
                                Match = new RouteMatchConfig { Path = new PrefixMatchConfig("/") },
                                Action = options.ConfigureRoute?.Invoke(forward) ?? forward,
                            },
                        ],
                    },
                ],
            },
            HttpFilters = [new HttpFilterConfig("envoy.filters.http.router", new RouterOptions())],
        };
        return new ProxyConfig
        {
            Listeners =
            [
                new ListenerConfig
                {
                    Name = TestProxy.ListenerName,
                    Address = options.Address,
                    FilterChains = [new FilterChainConfig { Filters = [new NetworkFilterConfig("envoy.filters.network.http_connection_manager", manager)] }],
                },
            ],
            Clusters =
            [
                new ClusterConfig
                {
                    Name = TestProxy.ClusterName,
                    Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(upstream.Address)] }],
                },
            ],
        };
    }

    public static ProxyConfig Adapt(ProxyConfig config, TestProxyOptions options, IAccessLog log)
    {
        config = config with
        {
            Admin = config.Admin is { } admin ? admin with { Address = AnyPort } : null,
            Listeners = ValueList.From(config.Listeners.Select(l => Adapt(l, options, log))),
            Clusters = ValueList.From(config.Clusters.Select(c => Adapt(c, options))),
        };
        return options.Configure?.Invoke(config) ?? config;
    }

    private static SocketAddressConfig AnyPort => new("127.0.0.1", 0);

    private static ListenerConfig Adapt(ListenerConfig listener, TestProxyOptions options, IAccessLog log) => listener with
    {
        Address = options.ListenerMap.TryGetValue(listener.Name, out var mapped) ? mapped
            : ReferenceEquals(listener.Address, options.Address) ? listener.Address
            : AnyPort,
        FilterChains = ValueList.From(listener.FilterChains.Select(chain => Adapt(chain, options, log))),
        DefaultFilterChain = listener.DefaultFilterChain is { } last ? Adapt(last, options, log) : null,
    };

    private static FilterChainConfig Adapt(FilterChainConfig chain, TestProxyOptions options, IAccessLog log) => chain with
    {
        Filters = ValueList.From(chain.Filters.Select(filter => filter with { Options = Adapt(filter.Options, options, log) })),
    };

    private static NetworkFilterOptions Adapt(NetworkFilterOptions filter, TestProxyOptions options, IAccessLog log)
    {
        switch (filter)
        {
            case HttpConnectionManagerOptions http:
                var filters = http.HttpFilters.ToList();
                filters.InsertRange(filters.Count - 1, options.Filters.Select((create, i) => new HttpFilterConfig($"test.{i}", new CustomHttpFilterOptions(create))));
                http = http with { HttpFilters = ValueList.From(filters), AccessLogs = [.. http.AccessLogs, AccessLogConfig.Of(log)] };
                return options.ConfigureHttp?.Invoke(http) ?? http;
            case TcpProxyOptions tcp:
                return tcp with { AccessLogs = [.. tcp.AccessLogs, AccessLogConfig.Of(log)] };
            default:
                return filter;
        }
    }

    private static ClusterConfig Adapt(ClusterConfig cluster, TestProxyOptions options)
    {
        cluster = cluster with
        {
            Endpoints = ValueList.From(cluster.Endpoints.Select(locality => locality with
            {
                LbEndpoints = ValueList.From(locality.LbEndpoints.Select(endpoint =>
                    options.EndpointMap.TryGetValue(endpoint.Address.ToString()!, out var mapped) ? endpoint with { Address = mapped } : endpoint)),
            })),
        };
        return options.ConfigureCluster?.Invoke(cluster) ?? cluster;
    }
}
