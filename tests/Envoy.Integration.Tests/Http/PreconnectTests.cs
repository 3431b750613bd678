using Envoy.Clusters;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Connections that are made before requests ask for them (<c>preconnect_policy</c>).</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class PreconnectTests(EngineKind engine) : HttpFixture(engine)
{
    [TestCase(1, 1)]
    [TestCase(1.5, 2)]
    [TestCase(3, 3)]
    public async Task Request_WithARatio_MakesSoManyConnections(double ratio, int connections)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, With(new PreconnectConfig(ratio)));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        await upstream.ConnectedAsync(connections);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(connections));
    }

    [Test]
    public async Task SecondRequest_UsesTheConnectionMadeForIt_AndAnotherIsMade()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, With(new PreconnectConfig(1.5)));
        using var first = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        await upstream.ConnectedAsync(2);
        using var second = await proxy.ConnectAsync();
        await second.SendAsync(Get);
        await upstream.ConnectedAsync(3);
        await upstream.ReceivedAsync(2);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(3));
    }

    [Test]
    public async Task Limit_HoldsForThem_AndIsCounted()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureCluster = c => c with { Preconnect = new PreconnectConfig(3), CircuitBreakers = new CircuitBreakerConfig { MaxConnections = 1 } },
        });
        await AssertServes(proxy);
        Assert.That(upstream.Connections, Has.Count.EqualTo(1));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_overflow"], Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public async Task Http2_CountsStreamsThatAConnectionTakes()
    {
        var streams = new System.Collections.Concurrent.ConcurrentQueue<uint>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var server = await Http2Server.AcceptAsync(c);
            streams.Enqueue((await server.ReadAsync(Http2FrameType.Headers)).Header.StreamId);
            await c.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureCluster = c => c with
            {
                Preconnect = new PreconnectConfig(1.5),
                HttpProtocol = UpstreamHttpProtocol.Http2,
                Http2 = new Http2ProtocolOptions { MaxConcurrentStreams = 2 },
            },
        });
        using var first = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_active", v => v == 1);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(1), "one has room for two");
        using var second = await proxy.ConnectAsync();
        await second.SendAsync(Get);
        await upstream.ConnectedAsync(2);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_active", v => v == 2);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(2));
    }

    [Test]
    public async Task Predictive_GivesTheNextHostAConnection()
    {
        var servers = FakeUpstream.OnOnePort("127.0.0.2", "127.0.0.3");
        await using var one = servers[0];
        await using var other = servers[1];
        await using var proxy = await TestProxy.ForwardTo(one, Options with
        {
            ConfigureCluster = c => c with
            {
                Preconnect = new PreconnectConfig(PredictiveRatio: 2),
                Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(one.Address), new EndpointConfig(other.Address)] }],
            },
        });
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        await Task.WhenAll(one.ConnectedAsync(), other.ConnectedAsync());
        Assert.That((one.Connections.Count, other.Connections.Count), Is.EqualTo((1, 1)));
        await client.ExchangeAsync(Get);
        Assert.That((await Task.WhenAll(one.ReceivedAsync(), other.ReceivedAsync())).Length, Is.EqualTo(2), "each had one request");
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_total"], Is.EqualTo(2));
    }

    private TestProxyOptions With(PreconnectConfig preconnect) => Options with { ConfigureCluster = c => c with { Preconnect = preconnect } };
}
