using Envoy.Clusters;
using Envoy.Extensions;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Integration.Tests.Support;
using Envoy.Integration.Tests.Tls;
using Envoy.Net;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.ProxyProtocol;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.TransportSockets;

/// <summary>Hosts of one cluster that are reached by sockets of their own.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class TransportSocketMatchTests(EngineKind engine) : TlsFixture(engine)
{
    [Test]
    public async Task Http_EveryHostIsReachedByItsOwnSocket()
    {
        await using var upstreams = Upstreams.Start(UpstreamServer(), UpstreamServer());
        await using var proxy = await TestProxy.ForwardTo(upstreams.Plain, Options with { ConfigureCluster = c => Cluster(c, upstreams) });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 8; i++)
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        await AssertReached(upstreams);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.ssl.handshake"], Is.EqualTo(2));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(4), "each host's connection is kept");
            Assert.That(proxy.Statistics["cluster.upstream.default.total_match_count"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.modern.total_match_count"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.proxied.total_match_count"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.plain.total_match_count"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Tcp_EveryHostIsReachedByItsOwnSocket()
    {
        await using var upstreams = Upstreams.Start(UpstreamServer(), UpstreamServer());
        foreach (var upstream in upstreams.All)
        {
            upstream.OnConnection(async c =>
            {
                await c.SendAsync("hi");
                await c.WaitForEndAsync();
            });
        }

        var config = new ProxyConfigBuilder()
            .AddListener("tcp", l => l.Address("127.0.0.1", 0).AddFilter("tcp", new TcpProxyOptions { StatPrefix = "t", Cluster = "upstream" }))
            .AddCluster(Cluster(new ClusterConfig { Name = "upstream" }, upstreams)).Build();
        await using var proxy = await TestProxy.StartAsync(config, Options);
        var clients = new List<RawClient>();
        for (var i = 0; i < 4; i++)
        {
            clients.Add(await proxy.ConnectAsync());
            Assert.That(await clients[i].ReadExactlyAsync(2), Is.EqualTo("hi"u8.ToArray()));
        }

        await AssertReached(upstreams);
        clients.ForEach(c => c.Dispose());
        foreach (var upstream in upstreams.All)
            await upstream.EndedAsync();
    }

    [Test]
    public async Task AutoSni_NamesOnlyHostsThatAreReachedByTls()
    {
        await using var upstreams = Upstreams.Start(UpstreamServer(), UpstreamServer());
        await using var proxy = await TestProxy.ForwardTo(upstreams.Plain, Options with { ConfigureCluster = c => Cluster(c, upstreams) with { AutoSni = true } });
        using var client = await proxy.ConnectAsync();
        foreach (var host in new[] { "a.test", "b.test" })
        {
            for (var i = 0; i < 4; i++)
                Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: {host}\r\n\r\n")).Status, Is.EqualTo(200));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstreams.Default.Connections.Select(c => c.Tls!.TargetHostName), Is.EqualTo(new[] { "a.test", "b.test" }));
            Assert.That(upstreams.Modern.Connections.Select(c => c.Tls!.TargetHostName), Is.EqualTo(new[] { "a.test", "b.test" }));
            Assert.That(upstreams.Plain.Connections, Has.Count.EqualTo(1));
            Assert.That(upstreams.Proxied.Connections, Has.Count.EqualTo(1));
        }
    }

    [Test]
    public async Task Host_WhoseSocketIsTheWrongOne_FailsAlone()
    {
        // It speaks plain HTTP, and its metadata says TLS.
        await using var wrong = new FakeUpstream().OnConnection(c => c.WaitForEndAsync());
        await using var right = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(right, Options with
        {
            ConfigureCluster = c => c with
            {
                TransportSocketMatches = [new("tls", Tls("x.test")) { Match = StructValue.LabelsOf(("tls", "yes")) }],
                Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [Endpoint(wrong, "tls", "yes"), Endpoint(right)] }],
            },
        });
        wrong.OnConnection(c => c.SendAsync("no TLS here"));
        using var client = await proxy.ConnectAsync();
        var statuses = new List<int>();
        for (var i = 0; i < 4; i++)
            statuses.Add((await client.ExchangeAsync(Get)).Status);
        Assert.That(statuses, Is.EquivalentTo(new[] { 503, 200, 503, 200 }));
        await AssertQuiet(proxy);
    }

    private static ClusterConfig Cluster(ClusterConfig cluster, Upstreams upstreams) => cluster with
    {
        TransportSocket = Tls("default.test"),
        TransportSocketMatches =
        [
            new("plain", new("raw", new UpstreamRawBufferOptions())) { Match = StructValue.LabelsOf(("socket", "plain")) },
            new("modern", Tls("modern.test", TlsVersion.Tls13)) { Match = StructValue.LabelsOf(("socket", "modern")) },
            new("proxied", new("header", new UpstreamProxyProtocolOptions())) { Match = StructValue.LabelsOf(("socket", "proxied")) },
        ],
        Endpoints =
        [
            new LocalityEndpointsConfig { LbEndpoints = [Endpoint(upstreams.Plain, "socket", "plain"), Endpoint(upstreams.Default, "socket", "none"), Endpoint(upstreams.Proxied, "socket", "proxied")] },
            new LocalityEndpointsConfig
            {
                Metadata = MetadataConfig.Of(TransportSocketMatchConfig.MetadataNamespace, ("socket", "modern")),
                LbEndpoints = [Endpoint(upstreams.Modern)],
            },
        ],
    };

    private static UpstreamTransportSocketConfig Tls(string sni, TlsVersion most = TlsVersion.Tls12) =>
        new("tls", new UpstreamTlsOptions { Sni = sni, Common = new CommonTlsConfig { Parameters = new TlsParametersConfig { MaximumVersion = most } } });

    private static EndpointConfig Endpoint(FakeUpstream upstream, params (string, string)[] labels) =>
        new(upstream.Address) { Metadata = labels.Length == 0 ? MetadataConfig.Empty : MetadataConfig.Of(TransportSocketMatchConfig.MetadataNamespace, labels) };

    private static EndpointConfig Endpoint(FakeUpstream upstream, string name, string value) => Endpoint(upstream, (name, value));

    private static async Task AssertReached(Upstreams upstreams)
    {
        var modern = await upstreams.Modern.ConnectedAsync();
        var byDefault = await upstreams.Default.ConnectedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await upstreams.Plain.ConnectedAsync()).Tls, Is.Null);
            Assert.That((byDefault.Tls!.TargetHostName, byDefault.Tls.SslProtocol), Is.EqualTo(("default.test", System.Security.Authentication.SslProtocols.Tls12)));
            Assert.That((modern.Tls!.TargetHostName, modern.Tls.SslProtocol), Is.EqualTo(("modern.test", System.Security.Authentication.SslProtocols.Tls13)));
            Assert.That((await upstreams.Proxied.ConnectedAsync()).ProxyHeader?.Version, Is.EqualTo(1));
        }
    }

    private sealed record Upstreams(FakeUpstream Plain, FakeUpstream Default, FakeUpstream Modern, FakeUpstream Proxied) : IAsyncDisposable
    {
        public FakeUpstream[] All => [Plain, Default, Modern, Proxied];

        public static Upstreams Start(System.Net.Security.SslServerAuthenticationOptions first, System.Net.Security.SslServerAuthenticationOptions second) =>
            new(new FakeUpstream(), new FakeUpstream(first), new FakeUpstream(second), new FakeUpstream().ExpectProxyHeader());

        public async ValueTask DisposeAsync()
        {
            foreach (var upstream in All)
                await upstream.DisposeAsync();
        }
    }
}
