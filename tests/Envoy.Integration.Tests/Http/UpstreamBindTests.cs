using System.Globalization;
using System.Net;
using Envoy.Clusters;
using Envoy.Integration.Tests.Support;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>What a cluster asks of its connections' sockets.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class UpstreamBindTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task SourceAddress_IsWhereConnectionsComeFrom([Values] bool firstIsOfTheOtherFamily)
    {
        Assume.That(OperatingSystem.IsLinux(), "elsewhere there is one loopback address only");
        SocketAddressConfig v4 = new("127.0.0.3", 0), v6 = new("::1", 0);
        var bind = firstIsOfTheOtherFamily ? new UpstreamBindConfig(v6) { ExtraSourceAddresses = [v4] } : new UpstreamBindConfig(v4);
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureCluster = c => c with { UpstreamBind = bind } });

        await AssertServes(proxy);

        Assert.That(((IPEndPoint)upstream.Connections[0].RemoteEndPoint!).Address, Is.EqualTo(IPAddress.Parse("127.0.0.3")));
        Assert.That(proxy.Statistics["cluster.upstream.bind_errors"], Is.Zero);
    }

    [Test]
    public async Task SourceAddress_ThatIsNotOurs_FailsEachConnection()
    {
        var bind = new UpstreamBindConfig(new SocketAddressConfig("192.0.2.1", 0));
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureCluster = c => c with { UpstreamBind = bind } });
        for (var i = 1; i <= 2; i++)
        {
            using var client = await proxy.ConnectAsync();
            var response = await client.ExchangeAsync(Get);
            Assert.That(response.Status, Is.EqualTo(503));
            await AssertLogged(
                proxy, 503, Formatting.ResponseFlags.UpstreamConnectionFailure,
                "upstream_reset_before_response_started{remote_connection_failure|failed_to_bind_to_192.0.2.1:0:_Cannot_assign_requested_address}");
            Assert.That(proxy.Statistics["cluster.upstream.bind_errors"], Is.EqualTo(i));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_fail"], Is.EqualTo(i));
        }

        Assert.That(upstream.Connections, Is.Empty);
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task TcpKeepalive_ArmsTheSystemsTimer([Values] bool asked)
    {
        Assume.That(OperatingSystem.IsLinux(), "the system's table of connections is read");
        var keepalive = asked ? new TcpKeepaliveConfig(Probes: 3, TimeSeconds: 600, IntervalSeconds: 30) : null;
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureCluster = c => c with { TcpKeepalive = keepalive } });

        await AssertServes(proxy);

        // Of a connection's line: local address, remote address, state, queues, and the timer with its time in hundredths of a second; 02 is the probes'.
        var port = ((IPEndPoint)upstream.Connections[0].RemoteEndPoint!).Port;
        var line = (await File.ReadAllLinesAsync("/proc/net/tcp")).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Single(f => f[1] == "0100007F:" + port.ToString("X4", CultureInfo.InvariantCulture) && f[2].EndsWith(":" + upstream.Port.ToString("X4", CultureInfo.InvariantCulture), StringComparison.Ordinal));
        var timer = line[5].Split(':');
        Assert.That(timer[0] == "02", Is.EqualTo(asked));
        if (asked)
            Assert.That(int.Parse(timer[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 100, Is.InRange(500, 600), "of the 7,200 s that are the system's own");
    }
}
