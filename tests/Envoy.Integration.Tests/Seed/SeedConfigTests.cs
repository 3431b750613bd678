using System.Net;
using System.Text;
using Envoy.Integration.Tests.Support;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Seed;

/// <summary>The six configurations that the project began with load unchanged and do what their text shows.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class SeedConfigTests(EngineKind engine)
{
    private TestProxyOptions Options { get; } = new() { Engine = engine };

    [Test]
    public async Task Echo_Bytes_ComeBack()
    {
        await using var proxy = await TestProxy.FromFile(Config("1-echo.yaml"), Options);
        Assert.That(proxy.Proxy.ListenerNames, Is.EqualTo(["containers_1"]));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("hello");
        Assert.That(Encoding.ASCII.GetString(await client.ReadExactlyAsync(5)), Is.EqualTo("hello"));
        await client.SendAsync("world");
        Assert.That(Encoding.ASCII.GetString(await client.ReadExactlyAsync(5)), Is.EqualTo("world"));
    }

    [Test]
    public async Task TcpEgress_Connections_TakeTurns()
    {
        await using var first = new FakeUpstream().OnConnection(c => c.SendAsync("1"));
        await using var second = new FakeUpstream().OnConnection(c => c.SendAsync("2"));
        await using var proxy = await TestProxy.FromFile(Config("2-tcp-egress.yaml"), Options.MapEndpoint("172.17.0.3:80", first).MapEndpoint("172.17.0.4:80", second));
        var answers = "";
        for (var i = 0; i < 6; i++)
        {
            using var client = await proxy.ConnectAsync();
            answers += Encoding.ASCII.GetString((await client.ReadToEndAsync()).Bytes);
        }

        Assert.That(answers, Is.EqualTo("121212").Or.EqualTo("212121"));
        Assert.That(proxy.Statistics["tcp.tcp.downstream_cx_total"], Is.EqualTo(6));
        Assert.That(proxy.Statistics["cluster.test_cluster.upstream_cx_total"], Is.EqualTo(6));
    }

    [Test]
    public async Task TcpIngress_Bytes_ReachTheLocalService()
    {
        await using var service = new FakeUpstream();
        await using var proxy = await TestProxy.FromFile(Config("3-tcp-ingress.yaml"), Options.MapEndpoint("127.0.0.1:8081", service));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync("GET /x HTTP/1.1\r\nhost: a\r\n\r\n")).BodyText, Is.EqualTo("ok"));
        Assert.That(service.Requests[0].Path, Is.EqualTo("/x"));
        Assert.That(proxy.Statistics["tcp.ingress_tcp.downstream_cx_total"], Is.EqualTo(1));
    }

    [Test]
    public async Task HttpEgressRedirect_OneSiteIsForwarded_TheOtherSentThere()
    {
        var servers = Servers();
        await using var first = servers[0];
        await using var second = servers[1];
        await using var proxy = await TestProxy.FromFile(Config("4-http-egress-redirect.yaml"), Named(first));
        using var client = proxy.CreateClient();
        var moved = await Send(client, "k8scast.cn", "/a?b=c");
        var movedBelow = await Send(client, "www.k8scast.cn", "/");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(moved.StatusCode, Is.EqualTo(HttpStatusCode.MovedPermanently));
            Assert.That(moved.Headers.Location?.OriginalString, Is.EqualTo("http://www.ik8s.io/a?b=c"));
            Assert.That(movedBelow.Headers.Location?.OriginalString, Is.EqualTo("http://www.ik8s.io/"));
        }

        Assert.That(await Alternation(client, "www.ik8s.io"), Is.EqualTo("121212").Or.EqualTo("212121"));
    }

    [Test]
    public async Task HttpEgress_OneNameAlternates_TheOtherStays()
    {
        var servers = Servers();
        await using var first = servers[0];
        await using var second = servers[1];
        await using var proxy = await TestProxy.FromFile(Config("5-http-egress.yaml"), Named(first));
        using var client = proxy.CreateClient();
        Assert.That(await Alternation(client, "ik8s.io"), Is.EqualTo("121212").Or.EqualTo("212121"));
        Assert.That(await Alternation(client, "k8scast.cn"), Is.EqualTo("111111"));
        Assert.That((await Send(client, "example.com", "/")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(first.Requests[0].Headers["host"], Is.EqualTo("ik8s.io"));
    }

    [Test]
    public async Task HttpIngress_AnyHost_ReachesTheLocalService()
    {
        await using var service = new FakeUpstream();
        await using var proxy = await TestProxy.FromFile(Config("6-http-ingress.yaml"), Options.MapEndpoint("127.0.0.1:8081", service));
        using var client = proxy.CreateClient();
        foreach (var host in new[] { "a", "www.example.com", "ik8s.io" })
        {
            var response = await Send(client, host, "/");
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("ok"));
            Assert.That(response.Headers.Server.ToString(), Is.EqualTo("envoy"));
        }

        Assert.That(proxy.Statistics["http.ingress_http.downstream_rq_2xx"], Is.EqualTo(3));
    }

    private static string Config(string name) => SharedFolder.File("seed", "configs", name);

    private static IReadOnlyList<FakeUpstream> Servers()
    {
        Assume.That(OperatingSystem.IsLinux() || OperatingSystem.IsWindows(), "needs two loopback addresses");
        var servers = FakeUpstream.OnOnePort("127.0.0.2", "127.0.0.3");
        servers[0].Answer(Answers.Ok("1"));
        servers[1].Answer(Answers.Ok("2"));
        return servers;
    }

    /// <summary>myservice is both servers, webserver1 the first.</summary>
    private TestProxyOptions Named(FakeUpstream server) =>
        (Options with { Resolver = new FakeDnsResolver().Set("myservice", "127.0.0.2", "127.0.0.3").Set("webserver1", "127.0.0.2") })
        .MapEndpoint("myservice:8081", new SocketAddressConfig("myservice", server.Port))
        .MapEndpoint("webserver1:8081", new SocketAddressConfig("webserver1", server.Port));

    private static async Task<string> Alternation(HttpClient client, string host)
    {
        var answers = "";
        for (var i = 0; i < 6; i++)
            answers += await (await Send(client, host, "/hostname")).Content.ReadAsStringAsync();
        return answers;
    }

    private static async Task<HttpResponseMessage> Send(HttpClient client, string host, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } };
        return await client.SendAsync(request);
    }
}
