using Envoy.Filters.Listener.LocalRateLimit;
using Envoy.Filters.Listener.OriginalDst;
using Envoy.Filters.Listener.OriginalSrc;
using Envoy.Filters.Listener.ProxyProtocol;
using Envoy.Filters.Listener.TlsInspector;
using Envoy.Filters.Network.ClientSslAuth;
using Envoy.Listeners.Filters;
using Envoy.Listeners.Matching;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Proxy.Building;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>Listener filters and filter chains: this YAML equals this code, today's names and those of 2019, and what is wrong is said with its place.</summary>
public sealed class ListenerGoldenTests
{
    [Test]
    public void Everything_EqualsCode()
    {
        var yaml = EnvoyConfigLoader.Parse("""
            static_resources:
              listeners:
              - name: l
                address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
                listener_filters_timeout: 5s
                continue_on_listener_filters_timeout: true
                listener_filters:
                - name: envoy.filters.listener.proxy_protocol
                  filter_disabled: { or_match: { rules: [ { destination_port_range: { start: 1, end: 10 } }, { not_match: { and_match: { rules: [ { any_match: true }, { any_match: true } ] } } } ] } }
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol
                    rules: [ { tlv_type: 234, on_tlv_present: { key: id } }, { tlv_type: 0x04, on_tlv_present: { metadata_namespace: mine, key: noop } } ]
                    allow_requests_without_proxy_protocol: true
                    pass_through_tlvs: { match_type: INCLUDE, tlv_type: [ 1, 2 ] }
                    disallowed_versions: [ V1 ]
                    stat_prefix: pp
                - name: envoy.filters.listener.tls_inspector
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
                    enable_ja3_fingerprinting: true
                    enable_ja4_fingerprinting: true
                    initial_read_buffer_size: 512
                    max_client_hello_size: 8192
                    close_connection_on_client_hello_parsing_errors: true
                - name: envoy.filters.listener.http_inspector
                - name: envoy.filters.listener.local_ratelimit
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit
                    stat_prefix: rl
                    token_bucket: { max_tokens: 5, tokens_per_fill: 2, fill_interval: 1s }
                    runtime_enabled: { runtime_key: k, default_value: false }
                filter_chains:
                - name: first
                  filter_chain_match:
                    destination_port: 443
                    prefix_ranges: [ { address_prefix: 10.0.0.0, prefix_len: 8 } ]
                    server_names: [ a.example, "*.b.example" ]
                    transport_protocol: tls
                    application_protocols: [ h2 ]
                    direct_source_prefix_ranges: [ { address_prefix: "::1", prefix_len: 128 } ]
                    source_type: EXTERNAL
                    source_prefix_ranges: [ { address_prefix: 192.0.2.0, prefix_len: 24 } ]
                    source_ports: [ 1, 65535 ]
                  filters: [ { name: envoy.filters.network.sni_cluster }, { name: envoy.filters.network.tcp_proxy, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: c } } ]
                - filters: [ { name: envoy.filters.network.echo } ]
                default_filter_chain:
                  name: last
                  filters: [ { name: envoy.filters.network.echo } ]
              clusters: [ { name: c } ]
            """).OrThrow();
        var code = Code(l => l
            .Address("127.0.0.1", 10000)
            .AddListenerFilter(
                "envoy.filters.listener.proxy_protocol",
                new ProxyProtocolOptions
                {
                    Rules = [new(234, "id"), new(4, "noop") { MetadataNamespace = "mine" }],
                    AllowRequestsWithoutProxyProtocol = true,
                    PassThrough = new PassThroughTlvs { IsAll = false, Types = [1, 2] },
                    DisallowedVersions = [ProxyProtocolVersion.V1],
                    StatPrefix = "pp",
                },
                new OrListenerMatchConfig([new PortRangeListenerMatchConfig(1, 10), new NotListenerMatchConfig(new AndListenerMatchConfig([new AnyListenerMatchConfig(), new AnyListenerMatchConfig()]))]))
            .AddTlsInspector(new TlsInspectorOptions
            {
                EnableJa3Fingerprinting = true,
                EnableJa4Fingerprinting = true,
                MaxClientHelloSize = 8192,
                CloseConnectionOnClientHelloParsingErrors = true,
            })
            .AddHttpInspector()
            .AddListenerFilter("envoy.filters.listener.local_ratelimit", new LocalRateLimitOptions
            {
                StatPrefix = "rl",
                TokenBucket = new TokenBucketConfig(5, TimeSpan.FromSeconds(1)) { TokensPerFill = 2 },
                EnabledByDefault = false,
                EnabledRuntimeKey = "k",
            })
            .FilterChain(
                new FilterChainMatchConfig
                {
                    DestinationPort = 443,
                    PrefixRanges = [new("10.0.0.0", 8)],
                    ServerNames = ["a.example", "*.b.example"],
                    TransportProtocol = "tls",
                    ApplicationProtocols = ["h2"],
                    DirectSourcePrefixRanges = [new("::1", 128)],
                    SourceType = ConnectionSourceType.External,
                    SourcePrefixRanges = [new("192.0.2.0", 24)],
                    SourcePorts = [1, 65535],
                },
                c => c.AddSniCluster().AddTcpProxy("t", "c"),
                "first")
            .FilterChain(new FilterChainMatchConfig(), c => c.AddEcho())
            .DefaultFilterChain(c => c.AddEcho(), "last")
            .With(l => l with { ListenerFiltersTimeout = TimeSpan.FromSeconds(5), ContinueOnListenerFiltersTimeout = true }));
        Assert.That(yaml, Is.EqualTo(code));
    }

    [Test]
    public void NamesOf2019_AndTheirFlags_EqualTodays()
    {
        var yaml = EnvoyConfigLoader.Parse("""
            static_resources:
              listeners:
                name: l
                address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
                use_original_dst: true
                listener_filters: [ { name: envoy.listener.tls_inspector, config: {} } ]
                filter_chains:
                - filter_chain_match: { source_type: LOCAL }
                  use_proxy_proto: true
                  filters: [ { name: envoy.echo } ]
            """).OrThrow();
        var code = Code(
            l => l.Address("127.0.0.1", 10000)
                .AddTlsInspector(name: "envoy.listener.tls_inspector")
                .AddListenerFilter("envoy.filters.listener.original_dst", new OriginalDstOptions())
                .AddProxyProtocol()
                .FilterChain(new FilterChainMatchConfig { SourceType = ConnectionSourceType.SameIpOrLoopback }, c => c.AddEcho("envoy.echo"))
                .With(c => c with { UseOriginalDst = true }),
            withCluster: false);
        Assert.That(yaml, Is.EqualTo(code));
    }

    [Test]
    public void ClientSslAuth_EqualsCode_AndWhatIsWrongIsSaid()
    {
        const string Filter = "filter_chains: { filters: [ { name: envoy.filters.network.client_ssl_auth, typed_config: { "
            + "'@type': type.googleapis.com/envoy.extensions.filters.network.client_ssl_auth.v3.ClientSSLAuth, auth_api_cluster: CLUSTER, stat_prefix: p, "
            + "refresh_delay: 5s, ip_white_list: [ { address_prefix: 10.0.0.0, prefix_len: 8 } ] } }, { name: envoy.filters.network.echo } ] }\n"
            + "  clusters: { name: c }";
        var config = EnvoyConfigLoader.Parse(Listener(Filter.Replace("CLUSTER", "c", StringComparison.Ordinal))).OrThrow();
        var options = new ClientSslAuthOptions { AuthApiCluster = "c", StatPrefix = "p", RefreshDelay = TimeSpan.FromSeconds(5), IpAllowList = [new CidrRangeConfig("10.0.0.0", 8)] };
        Assert.That(config.Listeners[0].FilterChains[0].Filters[0].Options, Is.EqualTo(options));

        var wrong = Filter.Replace("CLUSTER", "d", StringComparison.Ordinal).Replace("5s", "0s", StringComparison.Ordinal).Replace("10.0.0.0", "here", StringComparison.Ordinal);
        Assert.That(string.Join('\n', EnvoyConfigLoader.Parse(Listener(wrong)).Errors), Does.Contain("auth_api_cluster").And.Contain("refresh_delay").And.Contain("'here'"));
        Assert.That(() => Code(l => l.Address("127.0.0.1", 0).AddClientSslAuth(options with { RefreshDelay = default }).AddEcho()), Throws.ArgumentException.With.Message.Contains("refresh_delay"));
    }

    [Test]
    public void OriginalSrc_EqualsCode()
    {
        const string Filter = "listener_filters: [ { name: envoy.filters.listener.original_src, typed_config: { "
            + "'@type': type.googleapis.com/envoy.extensions.filters.listener.original_src.v3.OriginalSrc, mark: 123 } } ]\n"
            + "    filter_chains: { filters: { name: envoy.filters.network.echo } }";
        var config = EnvoyConfigLoader.Parse(Listener(Filter)).OrThrow();
        var code = Code(l => l.Address("127.0.0.1", 10000).AddOriginalSrc(new OriginalSrcOptions { Mark = 123 }).AddEcho("envoy.filters.network.echo"), withCluster: false);
        Assert.That(config.Listeners[0].ListenerFilters, Is.EqualTo(code.Listeners[0].ListenerFilters));
    }

    [Test]
    public void DefaultFilterChain_Alone_IsEnough()
    {
        var config = EnvoyConfigLoader.Parse(Listener("default_filter_chain: { filters: [ { name: envoy.filters.network.echo } ] }")).OrThrow();
        Assert.That(config.Listeners[0].DefaultFilterChain, Is.Not.Null);
    }

    [TestCase("filter_chains: [ { name: a, filters: E }, { name: b, filters: E } ]",
        "f.yaml:5:[0-9]+: static_resources.listeners\\[0\\].filter_chains\\[1\\]: filter chain 'b' matches connections that filter chain 'a' \\(f.yaml, line 5, column 22\\) matches by the same rules")]
    [TestCase("filter_chains: [ { filters: E, filter_chain_match: { server_names: [ x, y ] } }, { filters: E, filter_chain_match: { server_names: [ z, Y ] } } ]",
        "filter_chains\\[1\\].filter_chain_match: filter chain filter_chains\\[1\\] matches connections that filter chain filter_chains\\[0\\]")]
    [TestCase("filter_chains: [ { filters: E, filter_chain_match: { server_names: [ x, X ] } } ]", "filter chain filter_chains\\[0\\] names the same connections twice")]
    [TestCase("filter_chains: [ { filters: E, filter_chain_match: { server_names: [ '*' ] } } ]", "filter_chain_match.server_names\\[0\\]: '\\*' is no server name")]
    [TestCase("filter_chains: [ { filters: E, filter_chain_match: { prefix_ranges: [ { address_prefix: 10.0.0.0, prefix_len: 33 } ] } } ]", "prefix_ranges\\[0\\]: a prefix of 10.0.0.0 has at most 32 bits")]
    [TestCase("filter_chains: [ { filters: E, filter_chain_match: { suffix_len: 3 } } ]", "suffix_len: 'suffix_len' is a field of Envoy's FilterChainMatch which is not supported yet")]
    [TestCase("filter_chains: [ { filters: E, filter_chain_match: { destination_port: 65536 } } ]", "destination_port: must be .*65535")]
    [TestCase("filter_chains: [ { filters: E } ]\n    filter_chain_matcher: {}", "filter_chain_matcher")]
    [TestCase("filter_chains: [ { filters: E } ]\n    listener_filters: [ { name: envoy.filters.listener.set_filter_state } ]", "'envoy.filters.listener.set_filter_state' is Envoy's set_filter_state filter, which is not supported yet")]
    [TestCase("filter_chains: [ { filters: E } ]\n    listener_filters: [ { name: envoy.filters.listener.tls_inspectr } ]", "did you mean 'envoy.filters.listener.tls_inspector'")]
    [TestCase("filter_chains: [ { filters: E } ]\n    listener_filters: [ { name: envoy.filters.network.echo } ]", "is not a listener filter: it belongs to envoy.filters.network")]
    [TestCase("filter_chains: [ { filters: E } ]\n    listener_filters: [ { name: a, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol, disallowed_versions: [ V1, V2 ] } } ]",
        "disallowed_versions: all versions of the PROXY protocol are disallowed")]
    [TestCase("filter_chains: [ { filters: E } ]\n    listener_filters: [ { name: a, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol, tlv_location: FILTER_STATE } } ]",
        "tlv_location")]
    [TestCase("filter_chains: [ { filters: E } ]\n    listener_filters: [ { name: a, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit, stat_prefix: p, token_bucket: { max_tokens: 1, fill_interval: 0.01s } } } ]",
        "fill_interval: must be at least 0.05s")]
    [TestCase("filter_chains: [ { filters: E } ]\n    listener_filters: [ { name: a, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit, stat_prefix: p, token_bucket: { max_tokens: 1 } } } ]",
        "fill_interval")]
    [TestCase("filter_chains: [ { filters: E } ]\n    listener_filters: [ { name: envoy.filters.listener.http_inspector, filter_disabled: { or_match: { rules: [ { any_match: true } ] } } } ]", "needs two rules at least")]
    [TestCase("filter_chains: [ { filters: E } ]\n    listener_filters: [ { name: envoy.filters.listener.http_inspector, filter_disabled: { any_match: false } } ]", "any_match must be true")]
    [TestCase("default_filter_chain: { filters: [ { name: envoy.filters.network.sni_cluster } ] }", "default_filter_chain.filters\\[0\\].name: 'envoy.filters.network.sni_cluster' cannot be the last filter")]
    public void Wrong_IsSaidWithItsPlace(string fields, string error)
    {
        var result = EnvoyConfigLoader.Parse(Listener(fields.Replace(" E ", " [ { name: envoy.filters.network.echo } ] ", StringComparison.Ordinal).Replace(" E,", " [ { name: envoy.filters.network.echo } ],", StringComparison.Ordinal)), "f.yaml");
        Assert.That(result.Errors.Select(e => e.ToString()), Has.Exactly(1).Items.And.All.Matches(error));
    }

    [Test]
    public void Code_TheSameConnectionsTwice_Throws()
    {
        var builder = new ProxyConfigBuilder().AddListener("l", l => l.Address("127.0.0.1", 0)
            .FilterChain(new() { ServerNames = ["a"] }, c => c.AddEcho(), "x")
            .FilterChain(new() { ServerNames = ["A"] }, c => c.AddEcho(), "y"));
        Assert.That(builder.Build, Throws.ArgumentException.With.Message.Contains("filter chain 'y' matches connections that filter chain 'x' matches by the same rules"));
    }

    private static string Listener(string fields) => $$"""
        static_resources:
          listeners:
          - name: l
            address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
            {{fields}}
        """;

    private static ProxyConfig Code(Action<ListenerBuilder> configure, bool withCluster = true)
    {
        var builder = new ProxyConfigBuilder().AddListener("l", configure);
        return (withCluster ? builder.AddCluster("c", c => c.With(x => x)) : builder).Build();
    }
}
