using Envoy.Clusters;
using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Copies of requests that go to another cluster, whose answers nobody hears.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class MirrorTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task Request_IsCopied_WithBodyAndHost()
    {
        await using var upstream = new FakeUpstream();
        await using var mirror = new FakeUpstream().Answer(Answers.Status(500, "nobody hears this"));
        await using var proxy = await Mirroring(upstream, mirror, new RequestMirrorPolicyConfig { Cluster = "mirror" });
        using var client = await proxy.ConnectAsync();
        for (var i = 1; i <= 3; i++)
        {
            var response = await client.ExchangeAsync("POST /p?q HTTP/1.1\r\nhost: shop:80\r\nx-a: b\r\ncontent-length: 5\r\n\r\nhello");
            var copy = await mirror.ReceivedAsync(i);
            using (Assert.EnterMultipleScope())
            {
                Assert.That((response.Status, response.BodyText), Is.EqualTo((200, "ok")));
                Assert.That((copy.Method, copy.Path, copy.BodyText), Is.EqualTo(("POST", "/p?q", "hello")));
                Assert.That(copy.Headers["host"], Is.EqualTo("shop-shadow:80"));
                Assert.That(copy.Headers["x-a"], Is.EqualTo("b"));
            }
        }

        Assert.That((await upstream.ReceivedAsync()).Headers["host"], Is.EqualTo("shop:80"));
        await proxy.WaitForAsync("cluster.mirror.upstream_rq_500", 3);
        await proxy.WaitForAsync("cluster.mirror.upstream_rq_active", v => v == 0);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_5xx"], Is.Zero);
    }

    [Test]
    public async Task Copy_OutlivesItsRequest_AndEndsWithTheRoutesTimeout()
    {
        await using var upstream = new FakeUpstream();
        await using var mirror = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await Mirroring(upstream, mirror, new RequestMirrorPolicyConfig { Cluster = "mirror", DisableShadowHostSuffixAppend = true });
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        Assert.That((await mirror.ReceivedAsync()).Headers["host"], Is.EqualTo("test"));
        Assert.That(proxy.Statistics["cluster.mirror.upstream_rq_active"], Is.EqualTo(1));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(16));
        await proxy.WaitForAsync("cluster.mirror.upstream_rq_timeout");
        await proxy.WaitForAsync("cluster.mirror.upstream_rq_active", v => v == 0);
    }

    [Test]
    public async Task Mirror_ThatRefuses_IsNobodysTrouble()
    {
        await using var upstream = new FakeUpstream();
        await using var mirror = FakeUpstream.ThatRefuses();
        await using var proxy = await Mirroring(upstream, mirror, new RequestMirrorPolicyConfig { Cluster = "mirror", HostRewriteLiteral = "x" });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(200));
        await proxy.WaitForAsync("cluster.mirror.upstream_cx_connect_fail");
        await AssertServes(proxy);
    }

    [Test]
    public async Task SlowMirror_IsGivenUp_AndDoesNotHoldTheRequestBack()
    {
        await using var upstream = new FakeUpstream();
        await using var mirror = FakeUpstream.ThatNeverAccepts();
        await using var proxy = await Mirroring(upstream, mirror, new RequestMirrorPolicyConfig { Cluster = "mirror" });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 8000000\r\n\r\n{new string('x', 8_000_000)}");
        Assert.That(response.Status, Is.EqualTo(200));
        Assert.That((await upstream.ReceivedAsync()).Body, Has.Length.EqualTo(8_000_000));
        await proxy.WaitForAsync("cluster.mirror.retry_or_shadow_abandoned");
    }

    [Test]
    public async Task ClientThatGoesAway_EndsTheCopyToo()
    {
        await using var upstream = new FakeUpstream();
        await using var mirror = new FakeUpstream();
        await using var proxy = await Mirroring(upstream, mirror, new RequestMirrorPolicyConfig { Cluster = "mirror" });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\nhello");
        await mirror.StartedAsync();
        client.Dispose();
        await mirror.EndedAsync();
        await proxy.WaitForAsync("cluster.mirror.upstream_rq_active", v => v == 0);
    }

    [TestCase(0u, 0)]
    [TestCase(100u, 4)]
    public async Task Fraction_SaysHowMany(uint percent, int expected)
    {
        await using var upstream = new FakeUpstream();
        await using var mirror = new FakeUpstream();
        await using var proxy = await Mirroring(upstream, mirror, new RequestMirrorPolicyConfig
        {
            ClusterHeader = "x-mirror",
            RuntimeFraction = new RuntimeFractionConfig(new FractionalPercentConfig(percent)),
        });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 4; i++)
            await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-mirror: mirror\r\n\r\n");
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-mirror: unknown\r\n\r\n");
        await proxy.WaitForAsync("cluster.mirror.upstream_rq_active", v => v == 0);
        Assert.That(mirror.Requests, Has.Count.EqualTo(expected));
    }

    private Task<TestProxy> Mirroring(FakeUpstream upstream, FakeUpstream mirror, RequestMirrorPolicyConfig policy) => TestProxy.ForwardTo(upstream, Options with
    {
        ConfigureRoute = r => r with { RequestMirrorPolicies = [policy] },
        Configure = c => c with
        {
            Clusters = [.. c.Clusters, new ClusterConfig { Name = "mirror", Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(mirror.Address)] }] }],
        },
    });
}
