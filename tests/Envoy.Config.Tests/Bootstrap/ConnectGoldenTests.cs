using Envoy.ConnectionManager;
using Envoy.Filters.Http.Router;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Net;
using Envoy.Routing;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>CONNECT: this YAML equals this code.</summary>
public sealed class ConnectGoldenTests
{
    [Test]
    public void Routes_EqualCode()
    {
        var manager = Manager("""
            - match: { connect_matcher: {} }
              route: { cluster: c, upgrade_configs: [ { upgrade_type: CONNECT, connect_config: { allow_post: true, proxy_protocol_config: { version: V2, pass_through_tlvs: {}, added_tlvs: [ { type: 0xF1, value: AQI= } ] } } } ] }
            - match: { prefix: / }
              route: { cluster: c, upgrade_configs: [ { upgrade_type: CONNECT, enabled: false, connect_config: { proxy_protocol_config: {} } }, { upgrade_type: websocket } ] }
            """).OrThrow();
        var options = (HttpConnectionManagerOptions)manager.Listeners[0].FilterChains[0].Filters[0].Options;
        var host = options.RouteConfig!.VirtualHosts[0];
        ForwardActionConfig Expected(params RouteUpgradeConfig[] upgrades) => new() { Cluster = "c", UpgradeConfigs = [.. upgrades] };
        Assert.That(host.Routes[0], Is.EqualTo(new RouteConfig
        {
            Match = new RouteMatchConfig { Path = new ConnectMatchConfig() },
            Action = Expected(new RouteUpgradeConfig("CONNECT") { Connect = new ConnectConfig { AllowPost = true, ProxyProtocol = new ProxyProtocolConfig { Version = ProxyProtocolHeaderVersion.V2, PassThrough = new PassThroughTlvs(), AddedTlvs = [new(0xF1, [1, 2])] } } }),
        }));
        Assert.That(host.Routes[1].Action, Is.EqualTo(Expected(
            new RouteUpgradeConfig("CONNECT", Enabled: false) { Connect = new ConnectConfig { ProxyProtocol = new ProxyProtocolConfig() } },
            new RouteUpgradeConfig("websocket"))));
        Assert.That(options.HttpFilters[0].Options, Is.EqualTo(new RouterOptions { RejectConnectRequestEarlyData = true }));
    }

    [TestCase("websocket, connect_config: {}", "Non-CONNECT upgrade type websocket has ConnectConfig")]
    [TestCase("connect-udp", "'connect-udp' is read, but not served yet")]
    public void WhatCannotBe_IsSaid(string upgrade, string message)
    {
        var result = Manager($"- {{ match: {{ prefix: / }}, route: {{ cluster: c, upgrade_configs: [ {{ upgrade_type: {upgrade} }} ] }} }}");
        Assert.That(result.OrThrow, Throws.Exception.Message.Contains(message));
    }

    [Test]
    public void Tunnels_EqualCode()
    {
        var options = (TcpProxyOptions)Tcp("""
            tunneling_config: { hostname: "%REQUESTED_SERVER_NAME%:443", use_post: true, post_path: /in, propagate_response_headers: false, headers_to_add: [ { header: { key: x-a, value: b } } ] }, max_connect_attempts: 3, backoff_options: { base_interval: 1s, max_interval: 4s }
            """).OrThrow().Listeners[0].FilterChains[0].Filters[0].Options;
        Assert.That(options, Is.EqualTo(new TcpProxyOptions
        {
            StatPrefix = "t",
            Cluster = "c",
            MaxConnectAttempts = 3,
            ConnectBackOff = TimeSpan.FromSeconds(1),
            MaxConnectBackOff = TimeSpan.FromSeconds(4),
            Tunneling = new TunnelingConfig { Hostname = "%REQUESTED_SERVER_NAME%:443", UsePost = true, PostPath = "/in", HeadersToAdd = [new HeaderValueOptionConfig("x-a", "b")] },
        }));
    }

    [TestCase("tunneling_config: { hostname: h, post_path: /in }", "Can't set a post path when POST method isn't used")]
    [TestCase("tunneling_config: { hostname: \"%NO_SUCH%\" }", "NO_SUCH")]
    [TestCase("tunneling_config: { hostname: h, headers_to_add: [ { header: { key: \":path\", value: b } } ] }", ":-prefixed or host headers may not be modified")]
    [TestCase("tunneling_config: { hostname: h, propagate_response_headers: true }", "propagate_response_headers")]
    [TestCase("backoff_options: { base_interval: 2s, max_interval: 1s }", "max_interval must be greater than or equal to the base_interval")]
    public void WhatTunnelsCannotBe_IsSaid(string fields, string message) => Assert.That(Tcp(fields).OrThrow, Throws.Exception.Message.Contains(message));

    private static ConfigResult Tcp(string fields) => EnvoyConfigLoader.Parse($$"""
        static_resources:
          clusters: [ { name: c } ]
          listeners:
          - name: l
            address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            filter_chains:
            - filters:
              - name: tcp
                typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: c, {{fields}} }
        """);

    private static ConfigResult Manager(string routes) => EnvoyConfigLoader.Parse($$"""
        static_resources:
          clusters: [ { name: c } ]
          listeners:
          - name: l
            address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: s
                  http_filters: [ { name: envoy.filters.http.router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, reject_connect_request_early_data: true } } ]
                  route_config:
                    virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
        {{string.Join('\n', routes.Split('\n').Select(l => "              " + l))}}
        """);
}
