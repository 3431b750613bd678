using System.Collections.Concurrent;
using System.Net.Sockets;
using Envoy.Integration.Tests.Support;
using Envoy.Proxy;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Proxies come and go inside a process that stays.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class LifetimeTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task Drain_LetsWhatIsUnderWayFinish_AndClosesTheRest()
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Ok(), async e =>
        {
            await gate.Task;
            await e.RespondAsync(200, "finished");
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var idle = await proxy.ConnectAsync();
        await idle.ExchangeAsync(Get);
        using var busy = await proxy.ConnectAsync();
        await busy.SendAsync(Get);
        await upstream.ReceivedAsync(2);
        var address = proxy.Address;
        var draining = proxy.Proxy.DrainAsync();
        var idleEnd = await idle.ReadToEndAsync();
        Assert.That(draining.IsCompleted, Is.False, "one request is still under way");
        Assert.That(async () => await RawClient.ConnectAsync(address), Throws.InstanceOf<SocketException>(), "nobody new is taken");
        gate.SetResult();
        var response = await busy.ReadResponseAsync();
        var busyEnd = await busy.ReadToEndAsync();
        busy.Dispose();
        idle.Dispose();
        await draining.WaitAsync(TimeSpan.FromSeconds(30));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(idleEnd.End, Is.EqualTo(ConnectionEnd.ByPeer));
            Assert.That(response.BodyText, Is.EqualTo("finished"));
            Assert.That(response.Headers["connection"], Is.EqualTo("close"));
            Assert.That(busyEnd.End, Is.EqualTo(ConnectionEnd.ByPeer));
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_drain_close"], Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Drain_Cancelled_StopsTheWaitingOnly()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        using var cancellation = new CancellationTokenSource();
        var draining = proxy.Proxy.DrainAsync(cancellation.Token);
        await cancellation.CancelAsync();
        Assert.That(async () => await draining, Throws.InstanceOf<OperationCanceledException>());
        await proxy.DisposeAsync();
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
    }

    [Test]
    public async Task Dispose_Twice_IsHarmless()
    {
        await using var upstream = new FakeUpstream();
        var proxy = await TestProxy.ForwardTo(upstream, Options);
        await Task.WhenAll(proxy.DisposeAsync().AsTask(), proxy.DisposeAsync().AsTask());
        await proxy.DisposeAsync();
        await proxy.Proxy.Completion.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Test]
    public async Task TwoProxies_InOneProcess_KnowNothingOfEachOther()
    {
        await using var upstream = new FakeUpstream();
        await using var first = await TestProxy.ForwardTo(upstream, Options);
        await using var second = await TestProxy.ForwardTo(upstream, Options);
        await AssertServes(first);
        await AssertServes(first);
        await AssertServes(second);
        await first.DisposeAsync();
        await AssertServes(second);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Statistics["http.ingress.downstream_rq_total"], Is.EqualTo(2));
            Assert.That(second.Statistics["http.ingress.downstream_rq_total"], Is.EqualTo(2));
        }
    }

    [Test]
    public async Task TwoProxies_InARow_PassARequestThrough()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var inner = await TestProxy.ForwardTo(upstream, Options);
        await using var outer = await TestProxy.ForwardTo(upstream, Options with
        {
            Configure = p => p with { Clusters = [p.Clusters[0] with { Endpoints = [new Clusters.LocalityEndpointsConfig { LbEndpoints = [new(new Net.SocketAddressConfig("127.0.0.1", inner.Port))] }] }] },
        });
        using var client = outer.CreateClient();
        var body = Bytes(300_000);
        using var content = new ByteArrayContent(body);
        using var response = await client.PostAsync("/", content);
        Assert.That((await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(body), Is.True);
    }

    [Test]
    public async Task StartThatFails_LeavesNothingListening()
    {
        await using var upstream = new FakeUpstream();
        await using var taken = new FakeUpstream();
        var options = Options.MapListener(TestProxy.ListenerName, taken.Address);
        var e = await Assert.ThrowsAsync<ProxyStartException>(() => TestProxy.ForwardTo(upstream, options));
        Assert.That(e!.Message, Does.Contain(TestProxy.ListenerName).And.Contain($"127.0.0.1:{taken.Port}"));
    }

    [Test]
    public async Task UpstreamKilledUnderLoad_EveryRequestEnds()
    {
        await using var proxy = await UnderLoad(async (upstream, proxy, statuses) =>
        {
            await upstream.ReceivedAsync(100);
            upstream.ResetConnections();
            await upstream.ReceivedAsync(200);
            await upstream.DisposeAsync();
        });
        await AssertQuiet(proxy);
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 0);
    }

    [Test]
    [NonParallelizable]
    [Platform("Linux")]
    public async Task DisposeUnderLoad_LeavesNoSocketAndNoThread()
    {
        // The first run makes what the runtime keeps for good.
        await DisposeUnderLoad();
        var before = OpenDescriptors();
        await DisposeUnderLoad();
        await Eventually(() => OpenDescriptors() <= before, () => $"{before} descriptors before, {OpenDescriptors()} after");
        await Eventually(() => WorkerThreads() == 0, () => $"{WorkerThreads()} worker threads are left");
    }

    private async Task DisposeUnderLoad()
    {
        await using var proxy = await UnderLoad(async (upstream, proxy, statuses) =>
        {
            await upstream.ReceivedAsync(100);
            await proxy.DisposeAsync();
        });
    }

    /// <summary>16 clients send 40 requests each, whatever happens; all of them end.</summary>
    private async Task<TestProxy> UnderLoad(Func<FakeUpstream, TestProxy, ConcurrentBag<int>, Task> meanwhile)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new string('x', 5000)));
        var proxy = await TestProxy.ForwardTo(upstream, Options with { Concurrency = 2 });
        var statuses = new ConcurrentBag<int>();
        var address = proxy.Address;
        var clients = Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                try
                {
                    using var client = await RawClient.ConnectAsync(address);
                    statuses.Add((await client.ExchangeAsync(Get)).Status);
                    statuses.Add((await client.ExchangeAsync(Get)).Status);
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    statuses.Add(0);
                }
            }
        })).ToArray();
        await meanwhile(upstream, proxy, statuses);
        await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.That(statuses, Has.All.AnyOf(0, 200, 503));
        return proxy;
    }

    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;

    private static int WorkerThreads() => Directory.GetDirectories("/proc/self/task").Count(task =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("wrk:", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    });

    // A thread that has said that it ends, or a socket that has been let go, is gone from /proc a moment later.
    private static async Task Eventually(Func<bool> condition, Func<string> what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            Assert.That(patience.IsCancellationRequested, Is.False, what);
            await Task.Yield();
        }
    }
}
