using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Filters.Network.DirectResponse;
using Envoy.Integration.Tests.Support;
using Envoy.Listeners;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Listeners;

/// <summary>Addresses of every family are bound, shown and given back; one that cannot be had is a clear error.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class ListenerTests(EngineKind engine)
{
    private EnvoyProxyOptions Options { get; } = new() { Engine = engine, Concurrency = 1 };

    [Test]
    public async Task IPv4_PortZero_TheChosenPortIsShown()
    {
        await using var proxy = await EnvoyProxy.StartAsync(Echo(new SocketAddressConfig("127.0.0.1", 0)), Options);
        var address = (IPEndPoint)proxy.GetListenerAddress("echo")!;
        Assert.That(address.Address, Is.EqualTo(IPAddress.Loopback));
        Assert.That(address.Port, Is.GreaterThan(0));
        await AssertEchoes(address);
    }

    [Test]
    public async Task IPv6_Loopback_Serves()
    {
        Assume.That(HasIPv6(), "needs IPv6");
        await using var proxy = await EnvoyProxy.StartAsync(Echo(new SocketAddressConfig("::1", 0)), Options);
        await AssertEchoes(proxy.GetListenerAddress("echo")!);
    }

    [Test]
    public async Task DualStack_BothFamilies_AreServed()
    {
        Assume.That(HasIPv6(), "needs IPv6");
        await using var proxy = await EnvoyProxy.StartAsync(Echo(new SocketAddressConfig("::", 0) { Ipv4Compat = true }), Options);
        var port = ((IPEndPoint)proxy.GetListenerAddress("echo")!).Port;
        await AssertEchoes(new IPEndPoint(IPAddress.IPv6Loopback, port));
        await AssertEchoes(new IPEndPoint(IPAddress.Loopback, port));
    }

    [Test]
    public async Task AnyIPv6_NotCompatible_LeavesIPv4Alone()
    {
        Assume.That(HasIPv6(), "needs IPv6");
        await using var proxy = await EnvoyProxy.StartAsync(Echo(new SocketAddressConfig("::", 0)), Options);
        var port = ((IPEndPoint)proxy.GetListenerAddress("echo")!).Port;
        await AssertEchoes(new IPEndPoint(IPAddress.IPv6Loopback, port));
        await Assert.ThatAsync(() => RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port)), Throws.InstanceOf<SocketException>());
    }

    [Test]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task UnixPath_Mode_IsSetAndTheFileGoes()
    {
        Assume.That(Socket.OSSupportsUnixDomainSockets && !OperatingSystem.IsWindows(), "needs Unix domain sockets with modes");
        var folder = Directory.CreateTempSubdirectory("envoy");
        try
        {
            var path = Path.Combine(folder.FullName, "s");
            await using (var proxy = await EnvoyProxy.StartAsync(Echo(new PipeAddressConfig(path) { Mode = 0x180 /* 0600 */ }), Options))
            {
                Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
                await AssertEchoes(proxy.GetListenerAddress("echo")!);
            }

            Assert.That(File.Exists(path), Is.False);

            // What a process that was killed left behind is no obstacle.
            using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            {
                dead.Bind(new UnixDomainSocketEndPoint(path + "2"));
                File.Move(path + "2", path);
            }

            Assert.That(File.Exists(path));
            await using var again = await EnvoyProxy.StartAsync(Echo(new PipeAddressConfig(path)), Options);
            await AssertEchoes(again.GetListenerAddress("echo")!);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task UnixAbstract_Name_Serves()
    {
        Assume.That(OperatingSystem.IsLinux(), "needs abstract socket names");
        var name = $"@envoy-{Guid.NewGuid():N}";
        await using var proxy = await EnvoyProxy.StartAsync(Echo(new PipeAddressConfig(name)), Options);
        await AssertEchoes(new UnixDomainSocketEndPoint("\0" + name[1..]));
    }

    [Test]
    public async Task SeveralListeners_Each_HasItsOwnFilters()
    {
        var config = new ProxyConfigBuilder()
            .AddListener("a", l => l.Address("127.0.0.1", 0).AddFilter("direct", DirectResponseOptions.FromText("a")))
            .AddListener("b", l => l.Address("127.0.0.1", 0).AddFilter("direct", DirectResponseOptions.FromText("b")))
            .AddListener("closed", l => l.Address("127.0.0.1", 0).AddEcho().With(c => c with { BindToPort = false }))
            .Build();
        await using var proxy = await EnvoyProxy.StartAsync(config, Options);
        Assert.That(proxy.ListenerNames, Is.EqualTo(["a", "b", "closed"]));
        Assert.That(proxy.GetListenerAddress("closed"), Is.Null);
        foreach (var name in new[] { "a", "b" })
        {
            using var client = await RawClient.ConnectAsync(proxy.GetListenerAddress(name)!);
            Assert.That(Encoding.ASCII.GetString((await client.ReadToEndAsync()).Bytes), Is.EqualTo(name));
        }

        Assert.That(() => proxy.GetListenerAddress("c"), Throws.ArgumentException.With.Message.Contains("a, b, closed"));
    }

    [Test]
    public async Task Concurrency_Two_BothWorkersServe()
    {
        var config = Echo(new SocketAddressConfig("127.0.0.1", 0), "spread");
        await using var proxy = await EnvoyProxy.StartAsync(config, Options with { Concurrency = 2 });
        var clients = new List<RawClient>();
        try
        {
            // The system spreads by a hash of the addresses: 64 connections on one worker happen once in 2^63 runs.
            for (var i = 0; i < 64; i++)
            {
                var client = await RawClient.ConnectAsync(proxy.GetListenerAddress("echo")!);
                clients.Add(client);
                await client.SendAsync("x");
                await client.ReadExactlyAsync(1);
            }

            var (first, second) = (proxy.Statistics["listener.spread.worker_0.downstream_cx_total"], proxy.Statistics["listener.spread.worker_1.downstream_cx_total"]);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(first, Is.GreaterThan(0));
                Assert.That(second, Is.GreaterThan(0));
                Assert.That(first + second, Is.EqualTo(64));
                Assert.That(proxy.Statistics["listener.spread.downstream_cx_total"], Is.EqualTo(64));
                Assert.That(proxy.Statistics["listener.spread.downstream_cx_active"], Is.EqualTo(64));
            }
        }
        finally
        {
            clients.ForEach(c => c.Dispose());
        }
    }

    [Test]
    public async Task PortTaken_Start_FailsNamingListenerAndAddress()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        await AssertTaken(((IPEndPoint)other.LocalEndPoint!).Port);
    }

    [Test]
    public async Task PortShared_ByAnotherProcess_IsTaken()
    {
        Assume.That(OperatingSystem.IsLinux(), "needs SO_REUSEPORT");
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.SetRawSocketOption(1 /* SOL_SOCKET */, 15 /* SO_REUSEPORT */, [1, 0, 0, 0]);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        await AssertTaken(((IPEndPoint)other.LocalEndPoint!).Port);
    }

    [Test]
    public async Task PortOfAnotherProxy_Start_FailsAndThatOneServesOn()
    {
        await using var proxy = await EnvoyProxy.StartAsync(Echo(new SocketAddressConfig("127.0.0.1", 0)), Options with { Concurrency = 2 });
        await AssertTaken(((IPEndPoint)proxy.GetListenerAddress("echo")!).Port);
        for (var i = 0; i < 10; i++)
            await AssertEchoes(proxy.GetListenerAddress("echo")!);
    }

    [Test]
    public async Task AdminPortTaken_Start_Fails()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;
        var config = new ProxyConfigBuilder().Admin("127.0.0.1", port).Build();
        await Assert.ThatAsync(() => EnvoyProxy.StartAsync(config, Options), Throws.InstanceOf<ProxyStartException>().With.Message.Contains($"127.0.0.1:{port}"));
    }

    private async Task AssertTaken(int port)
    {
        var config = new ProxyConfigBuilder()
            .AddListener("free", l => l.Address("127.0.0.1", 0).AddEcho())
            .AddListener("taken", l => l.Address("127.0.0.1", port).AddEcho())
            .Build();
        var failure = await Assert.ThrowsAsync<ProxyStartException>(() => EnvoyProxy.StartAsync(config, Options));
        Assert.That(failure?.Message, Does.Contain("'taken'").And.Contain($"127.0.0.1:{port}").And.Contain("taken by another"));
    }

    private static ProxyConfig Echo(AddressConfig address, string statPrefix = "") => new ProxyConfigBuilder()
        .AddListener("echo", l => l.Address(address).AddEcho().With(c => c with { StatPrefix = statPrefix }))
        .Build();

    private static async Task AssertEchoes(EndPoint address)
    {
        using var client = await RawClient.ConnectAsync(address);
        await client.SendAsync("hello");
        Assert.That(Encoding.ASCII.GetString(await client.ReadExactlyAsync(5)), Is.EqualTo("hello"));
    }

    private static bool HasIPv6()
    {
        if (!Socket.OSSupportsIPv6)
            return false;
        try
        {
            using var probe = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
