using System.Net;
using System.Net.Sockets;
using Envoy.Integration.Tests.Support;
using Envoy.Proxy;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Listeners;

/// <summary>A proxy that has stopped, or could not start, leaves no thread and no descriptor. Counts the whole process: runs alone.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
[NonParallelizable]
public sealed class LeftoverTests(EngineKind engine)
{
    private EnvoyProxyOptions Options { get; } = new() { Engine = engine, Concurrency = 3 };

    [Test]
    public async Task Stop_AfterTraffic_LeavesNothing()
    {
        Assume.That(Directory.Exists("/proc/self/task"), "needs /proc");
        await Serve();
        var before = Descriptors();
        for (var i = 0; i < 3; i++)
            await Serve();
        await Eventually(() => Threads() == 0, () => $"{Threads()} loops are left");
        await Eventually(() => Descriptors() <= before, () => $"{Descriptors()} descriptors, {before} before");
    }

    [Test]
    public async Task Start_PortTaken_LeavesNothing()
    {
        Assume.That(Directory.Exists("/proc/self/task"), "needs /proc");
        await Serve();
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;
        var before = Descriptors();
        for (var i = 0; i < 3; i++)
        {
            var config = new ProxyConfigBuilder().Admin()
                .AddListener("free", l => l.Address("127.0.0.1", 0).AddEcho())
                .AddListener("taken", l => l.Address("127.0.0.1", port).AddEcho())
                .AddCluster("names", c => c.StrictDns().Endpoint("localhost", 1))
                .Build();
            await Assert.ThrowsAsync<ProxyStartException>(() => EnvoyProxy.StartAsync(config, Options));
        }

        await Eventually(() => Threads() == 0, () => $"{Threads()} loops are left");
        await Eventually(() => Descriptors() <= before, () => $"{Descriptors()} descriptors, {before} before");
    }

    private async Task Serve()
    {
        var config = new ProxyConfigBuilder().Admin()
            .AddListener("echo", l => l.Address("127.0.0.1", 0).AddEcho())
            .Build();
        await using var proxy = await EnvoyProxy.StartAsync(config, Options);
        using var client = await RawClient.ConnectAsync(proxy.GetListenerAddress("echo")!);
        await client.SendAsync("x");
        await client.ReadExactlyAsync(1);
    }

    /// <summary>What a thread or the system ends a moment after it was told to.</summary>
    private static async Task Eventually(Func<bool> isTrue, Func<string> what)
    {
        for (var deadline = Environment.TickCount64 + 30_000; !isTrue();)
        {
            if (Environment.TickCount64 > deadline)
                Assert.Fail(what());
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static int Threads() => Directory.GetDirectories("/proc/self/task").Count(task =>
    {
        try
        {
            var name = File.ReadAllText(Path.Combine(task, "comm"));
            return name.StartsWith("wrk:", StringComparison.Ordinal) || name.StartsWith("envoy-", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    });
}
