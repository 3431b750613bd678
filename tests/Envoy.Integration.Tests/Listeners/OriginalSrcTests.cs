using System.Net;
using System.Net.Sockets;
using Envoy.Filters;
using Envoy.Filters.Listener.OriginalSrc;
using Envoy.Filters.Listener.ProxyProtocol;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Listeners;

/// <summary>Upstream connections that come from the client's address; a PROXY header makes clients of any address.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class OriginalSrcTests(EngineKind engine) : HttpFixture(engine)
{
    private TestProxyOptions WithFilters => Options with
    {
        Configure = c => c with
        {
            Listeners = [c.Listeners[0] with { ListenerFilters = [new("proxy", new ProxyProtocolOptions()), new("source", new OriginalSrcOptions())] }],
        },
    };

    [Test]
    public async Task Http_UpstreamSeesTheClientsAddress_AndOnlyItsClientsShareAConnection()
    {
        AssumePrivilege();
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, WithFilters);

        foreach (var client in new[] { "127.0.0.7", "127.0.0.8", "127.0.0.7" })
            await AskFrom(proxy, client);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Connections.Select(Source), Is.EqualTo(new[] { "127.0.0.7", "127.0.0.8" }));
            Assert.That(upstream.Requests.Select(r => r.ConnectionNumber), Is.EqualTo(new[] { 1, 2, 1 }), "of one address, of whichever port");
            Assert.That(proxy.Statistics["cluster.upstream.bind_errors"], Is.Zero);
        }
    }

    [Test]
    public async Task Tcp_UpstreamSeesTheClientsAddress()
    {
        AssumePrivilege();
        await using var upstream = new FakeUpstream();
        upstream.OnConnection(c => c.EchoAsync());
        var config = new ProxyConfigBuilder()
            .AddListener("l", l => l.Address("127.0.0.1", 0).AddProxyProtocol().AddOriginalSrc()
                .AddFilter("tcp", new TcpProxyOptions { StatPrefix = "t", Cluster = "upstream" }))
            .AddCluster("upstream", c => c.Endpoint("127.0.0.1", upstream.Port)).Build();
        await using var proxy = await TestProxy.StartAsync(config, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("PROXY TCP4 127.0.0.9 127.0.0.1 1000 80\r\nhi");

        Assert.That(await client.ReadExactlyAsync(2), Is.EqualTo("hi"u8.ToArray()));
        Assert.That(Source(upstream.Connections[0]), Is.EqualTo("127.0.0.9"));
    }

    [Test]
    public async Task Http_ClientOfAnotherFamilyThanTheHost_IsAConnectFailure()
    {
        AssumePrivilege();
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, WithFilters);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("PROXY TCP6 2001:db8::1 2001:db8::2 1000 80\r\n");

        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(503));
        Assert.That((await proxy.AccessLog.NextAsync()).Details, Does.StartWith("upstream_reset_before_response_started{remote_connection_failure|failed_to_bind_to_[2001:db8::1]:0:"));
        await proxy.WaitForAsync("cluster.upstream.bind_errors");
        await AssertQuiet(proxy);
    }

    private static string? Source(FakeConnection connection) => (connection.RemoteEndPoint as IPEndPoint)?.Address.ToString();

    private static async Task AskFrom(TestProxy proxy, string address)
    {
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"PROXY TCP4 {address} 127.0.0.1 1000 80\r\n");
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
    }

    /// <summary>Whether this process may come from any address is the machine's to say; where it may not, nothing can be seen.</summary>
    private static void AssumePrivilege()
    {
        Assume.That(OperatingSystem.IsLinux(), "needs Linux");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetRawSocketOption(0 /* SOL_IP */, 19 /* IP_TRANSPARENT */, [1, 0, 0, 0]);
        }
        catch (SocketException)
        {
            Assert.Ignore("needs CAP_NET_ADMIN");
        }
    }
}
