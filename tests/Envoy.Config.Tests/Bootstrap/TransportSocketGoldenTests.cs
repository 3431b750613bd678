using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.Extensions;
using Envoy.Net;
using Envoy.Proxy.Building;
using Envoy.TransportSockets;
using Envoy.TransportSockets.ProxyProtocol;
using Envoy.TransportSockets.Tls;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>Transport sockets of clusters: this YAML equals this code, and what is wrong is said with its place.</summary>
public sealed class TransportSocketGoldenTests
{
    private const string RawBuffer = """{ name: envoy.transport_sockets.raw_buffer, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer } }""";

    private static readonly UpstreamTransportSocketConfig Raw = new("envoy.transport_sockets.raw_buffer", new UpstreamRawBufferOptions());

    [Test]
    public void Matches_EqualCode()
    {
        var yaml = EnvoyConfigLoader.Parse($$"""
            static_resources:
              clusters:
              - name: web
                transport_socket: { name: envoy.transport_sockets.tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, sni: a.test } }
                transport_socket_matches:
                - name: plain
                  match: { tls: off, zone: "7" }
                  transport_socket: {{RawBuffer}}
                - name: proxied
                  match: { level: 2, tags: [ a, null ], deep: { yes: "yes" } }
                  transport_socket:
                    name: envoy.transport_sockets.upstream_proxy_protocol
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport
                      transport_socket: {{RawBuffer}}
                - name: any
                  match: {}
                  transport_socket: {{RawBuffer}}
                load_assignment:
                  cluster_name: web
                  endpoints:
                  - metadata: { filter_metadata: { envoy.transport_socket_match: { tls: off } } }
                    lb_endpoints:
                    - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 1 } } }
                      metadata:
                        filter_metadata: { envoy.transport_socket_match: { zone: "7" }, envoy.lb: { canary: true } }
                        typed_filter_metadata:
                          envoy.transport_sockets.proxy_protocol:
                            "@type": type.googleapis.com/envoy.config.core.v3.PerHostConfig
                            added_tlvs: [ { type: 245, value: aG9zdA== } ]
                          somebody.elses: { "@type": type.googleapis.com/google.protobuf.Struct, a: b }
            """).OrThrow().Clusters[0];
        var match = TransportSocketMatchConfig.MetadataNamespace;
        var code = new ProxyConfigBuilder().AddCluster("web", c => c
            .TransportSocket("envoy.transport_sockets.tls", new UpstreamTlsOptions { Sni = "a.test" })
            .With(w => w with
            {
                TransportSocketMatches =
                [
                    new("plain", Raw) { Match = StructValue.MappingOf([new("zone", StructValue.Of("7")), new("tls", StructValue.Of(false))]) },
                    new("proxied", new("envoy.transport_sockets.upstream_proxy_protocol", new UpstreamProxyProtocolOptions()))
                    {
                        Match = StructValue.MappingOf(
                        [
                            new("level", StructValue.Of(2)),
                            new("tags", StructValue.ListOf([StructValue.Of("a"), StructValue.Null])),
                            new("deep", StructValue.LabelsOf(("yes", "yes"))),
                        ]),
                    },
                ],
            })
            .TransportSocketMatch("any", Raw)
            .With(w => w with
            {
                Endpoints =
                [
                    new LocalityEndpointsConfig
                    {
                        Metadata = new MetadataConfig { Filters = StructValue.MappingOf([new(match, StructValue.MappingOf([new("tls", StructValue.Of(false))]))]) },
                        LbEndpoints =
                        [
                            new EndpointConfig(new SocketAddressConfig("127.0.0.1", 1))
                            {
                                Metadata = new MetadataConfig
                                {
                                    Filters = StructValue.MappingOf(
                                    [
                                        new("envoy.lb", StructValue.MappingOf([new("canary", StructValue.Of(true))])),
                                        new(match, StructValue.LabelsOf(("zone", "7"))),
                                    ]),
                                },
                                ProxyProtocolTlvs = [new(245, [.. "host"u8])],
                            },
                        ],
                    },
                ],
            })).Build().Clusters[0];
        Assert.That(yaml, Is.EqualTo(code));
    }

    [Test]
    public void ProxyProtocol_EqualsCode()
    {
        var yaml = EnvoyConfigLoader.Parse($$"""
            static_resources:
              clusters:
              - name: web
                transport_socket:
                  name: envoy.transport_sockets.upstream_proxy_protocol
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport
                    config:
                      version: V2
                      pass_through_tlvs: { match_type: INCLUDE, tlv_type: [ 0xEA, 1 ] }
                      added_tlvs: [ { type: 0xF0, value: AAE= }, { type: 4 } ]
                    allow_unspecified_address: true
                    tlv_as_pool_key: true
                    transport_socket: { name: envoy.transport_sockets.tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, sni: b.test } }
            """).OrThrow().Clusters[0];
        Assert.That(yaml.TransportSocket, Is.EqualTo(new UpstreamTransportSocketConfig("envoy.transport_sockets.upstream_proxy_protocol", new UpstreamProxyProtocolOptions
        {
            Config = new ProxyProtocolConfig
            {
                Version = ProxyProtocolHeaderVersion.V2,
                PassThrough = new PassThroughTlvs { IsAll = false, Types = [0xEA, 1] },
                AddedTlvs = [new(0xF0, [0, 1]), new(4, [])],
            },
            AllowUnspecifiedAddress = true,
            TransportSocket = new("envoy.transport_sockets.tls", new UpstreamTlsOptions { Sni = "b.test" }),
        })));
    }

    [Test]
    public void ConnectionState_EqualsCode([Values] bool added)
    {
        var config = EnvoyConfigLoader.Parse($$"""
            static_resources:
              listeners:
              - name: l
                address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
                filter_chains:
                - filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: s,
                      add_proxy_protocol_connection_state: {{(added ? "true" : "false")}}, route_config: {}, http_filters: [ { name: envoy.filters.http.router } ] }
            """).OrThrow();
        var manager = (HttpConnectionManagerOptions)config.Listeners[0].FilterChains[0].Filters[0].Options;
        Assert.That(manager.AddProxyProtocolConnectionState, Is.EqualTo(added));
    }

    [TestCase("transport_socket_matcher: { matcher_list: {} }", "clusters[0].transport_socket_matcher: 'transport_socket_matcher' is a field of Envoy's Cluster which is not supported yet")]
    [TestCase("transport_socket_matches: [ { match: {}, transport_socket: # } ]", "clusters[0].transport_socket_matches[0]: TransportSocketMatch needs 'name'")]
    [TestCase("transport_socket_matches: [ { name: a } ]", "clusters[0].transport_socket_matches[0]: TransportSocketMatch needs 'transport_socket'")]
    [TestCase("transport_socket_matches: [ { name: a, match: [ b ], transport_socket: # } ]", "transport_socket_matches[0].match: must be a mapping (Struct), not a list")]
    [TestCase("""transport_socket: { name: t, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tcp_stats.v3.Config } }""", "is not supported yet")]
    [TestCase("""transport_socket_matches: [ { name: a, transport_socket: { name: envoy.transport_sockets.tcp_stats, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tcp_stats.v3.Config } } } ]""", "configures Envoy's tcp_stats socket, which is not supported yet")]
    [TestCase("transport_socket: { name: p, typed_config: { \"@type\": type.googleapis.com/@, config: { version: V2 } } }", "transport_socket.typed_config: ProxyProtocolUpstreamTransport needs 'transport_socket'")]
    [TestCase("transport_socket: { name: p, typed_config: { \"@type\": type.googleapis.com/@, config: { added_tlvs: [ { type: 256 } ] }, transport_socket: # } }", "added_tlvs[0].type: must be a whole number from 0 to 255, not '256'")]
    [TestCase("transport_socket: { name: p, typed_config: { \"@type\": type.googleapis.com/@, config: { added_tlvs: [ { type: 1, value: '?' } ] }, transport_socket: # } }", "added_tlvs[0].value: must be bytes in base64, not '?'")]
    [TestCase("transport_socket: { name: p, typed_config: { \"@type\": type.googleapis.com/@, config: { added_tlvs: [ { type: 1, format_string: {} } ] }, transport_socket: # } }", "'format_string' is a field of Envoy's TlvEntry which is not supported yet")]
    [TestCase("transport_socket: { name: p, typed_config: { \"@type\": type.googleapis.com/@, config: { pass_through_tlvs: { tlv_type: [ -1 ] } }, transport_socket: # } }", "tlv_type[0]: must be a whole number from 0 to 255, not '-1'")]
    [TestCase("load_assignment: { cluster_name: web, endpoints: { lb_endpoints: { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 1 } } }, metadata: { filter_metadata: { a: b } } } } }", "metadata.filter_metadata.a: must be a mapping (Struct), not 'b'")]
    [TestCase("load_assignment: { cluster_name: web, endpoints: { lb_endpoints: { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 1 } } }, metadata: { typed_filter_metadata: { envoy.transport_sockets.proxy_protocol: { \"@type\": type.googleapis.com/google.protobuf.Struct } } } } } }", "'google.protobuf.Struct' says nothing to envoy.transport_sockets.proxy_protocol")]
    [TestCase("typed_extension_protocol_options: { x: { \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, auto_config: {} } }", "clusters[0]: auto_config asks each host for its protocol, which needs a transport socket with ALPN")]
    [TestCase("transport_socket: { name: t, typed_config: { \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext } }, transport_socket_matches: [ { name: a, transport_socket: # } ], typed_extension_protocol_options: { x: { \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, auto_config: {} } }", "transport_socket_matches[0].transport_socket: auto_config asks each host for its protocol")]
    public void WhatCannotBe_IsSaid(string fields, string message)
    {
        fields = fields.Replace("#", RawBuffer, StringComparison.Ordinal)
            .Replace("@,", "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport,", StringComparison.Ordinal);
        var result = EnvoyConfigLoader.Parse($"static_resources: {{ clusters: [ {{ name: web, {fields} }} ] }}");
        Assert.That(string.Join('\n', result.Errors), Does.Contain(message));
    }
}
