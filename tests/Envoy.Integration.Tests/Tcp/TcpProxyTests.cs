using System.Text;
using Envoy.Clusters;
using Envoy.Filters.Network.DirectResponse;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Tcp;

/// <summary>Bytes and ends of both directions pass; what cannot be joined is closed, counted and logged.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class TcpProxyTests(EngineKind engine) : TcpFixture(engine)
{
    [Test]
    public async Task Connections_TwoHosts_TakeTurns()
    {
        await using var first = new FakeUpstream().OnConnection(c => c.SendAsync("1"));
        await using var second = new FakeUpstream().OnConnection(c => c.SendAsync("2"));
        await using var proxy = await Forward([first, second]);
        var answers = "";
        for (var i = 0; i < 4; i++)
        {
            using var client = await proxy.ConnectAsync();
            answers += Encoding.ASCII.GetString((await client.ReadToEndAsync()).Bytes);
        }

        Assert.That(answers, Is.EqualTo("1212").Or.EqualTo("2121"));
    }

    [Test]
    public async Task HalfClose_ByTheClient_LeavesTheAnswerOpen()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var all = await c.ReadToEndAsync();
            await c.SendAsync("after your end: ");
            await c.SendAsync(all);
        });
        await using var proxy = await Forward([upstream]);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("question");
        client.ShutdownSend();
        var (bytes, end) = await client.ReadToEndAsync();
        Assert.That(Encoding.ASCII.GetString(bytes), Is.EqualTo("after your end: question"));
        Assert.That(end, Is.EqualTo(ConnectionEnd.ByPeer));
        var record = await proxy.AccessLog.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(record.Flags, Is.EqualTo(ResponseFlags.None));
            Assert.That(record.BytesReceived, Is.EqualTo(8));
            Assert.That(record.BytesSent, Is.EqualTo(24));
            Assert.That(record.Cluster, Is.EqualTo(Cluster));
            Assert.That(record.UpstreamHost, Is.EqualTo(upstream.Address.ToString()));
        }
    }

    [Test]
    public async Task HalfClose_ByTheUpstream_LeavesTheQuestionOpen()
    {
        var received = new TaskCompletionSource<byte[]>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await c.SendAsync("greeting");
            c.ShutdownSend();
            received.SetResult(await c.ReadToEndAsync());
        });
        await using var proxy = await Forward([upstream]);
        using var client = await proxy.ConnectAsync();
        var (bytes, _) = await client.ReadToEndAsync();
        Assert.That(Encoding.ASCII.GetString(bytes), Is.EqualTo("greeting"));
        await client.SendAsync("and still I speak");
        client.ShutdownSend();
        Assert.That(Encoding.ASCII.GetString(await received.Task.WaitAsync(TimeSpan.FromSeconds(30))), Is.EqualTo("and still I speak"));
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 0);
    }

    [Test]
    public async Task LargeTransfers_BothWaysAtOnce_ArriveWhole()
    {
        var sent = Bytes(8 * 1024 * 1024);
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await Forward([upstream], cluster: c => c with { PerConnectionBufferLimitBytes = 64 * 1024 });
        using var client = await proxy.ConnectAsync();
        var sending = Task.Run(async () =>
        {
            await client.SendAsync(sent);
            client.ShutdownSend();
        });
        var (bytes, end) = await client.ReadToEndAsync();
        await sending;
        Assert.That(bytes.AsSpan().SequenceEqual(sent), "what came back is what was sent");
        Assert.That(end, Is.EqualTo(ConnectionEnd.ByPeer));
    }

    [Test]
    public async Task SlowReader_Downstream_HoldsTheUpstreamBack()
    {
        var sent = Bytes((int)SystemBuffers.Most + (8 * 1024 * 1024));
        await using var upstream = new FakeUpstream().OnConnection(c => c.SendAsync(sent));
        await using var proxy = await Forward([upstream], cluster: c => c with { PerConnectionBufferLimitBytes = 64 * 1024 });
        using var client = await proxy.ConnectAsync(receiveBufferSize: 64 * 1024);
        var connection = await upstream.ConnectedAsync();

        // The proxy's queue is above its limit, and the upstream can send no more.
        await proxy.WaitForAsync("tcp.t.downstream_cx_tx_bytes_buffered", 1024 * 1024);
        await StandsStill(() => connection.BytesSent, proxy);
        Assert.That(connection.BytesSent, Is.LessThan(SystemBuffers.Most));
        Assert.That(proxy.Statistics["tcp.t.downstream_cx_tx_bytes_buffered"], Is.LessThan(3 * 1024 * 1024), "the limit and at most one more read of each slab");
        var (bytes, _) = await client.ReadToEndAsync();
        Assert.That(bytes.AsSpan().SequenceEqual(sent));
        await proxy.WaitForAsync("tcp.t.downstream_cx_tx_bytes_buffered", v => v == 0);
    }

    [Test]
    public async Task SlowReader_Upstream_HoldsTheClientBack()
    {
        var sent = Bytes((int)SystemBuffers.Most + (8 * 1024 * 1024));
        var go = new TaskCompletionSource();
        var received = new TaskCompletionSource<byte[]>();
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await go.Task;
            received.SetResult(await c.ReadToEndAsync());
        });
        await using var proxy = await Forward([upstream], cluster: c => c with { PerConnectionBufferLimitBytes = 64 * 1024 });
        using var client = await proxy.ConnectAsync();
        var sending = client.SendAsync(sent);
        await proxy.WaitForAsync("tcp.t.downstream_flow_control_paused_reading_total");
        Assert.That(sending.IsCompleted, Is.False, "the client cannot send it all");
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_tx_bytes_buffered"], Is.LessThan(3 * 1024 * 1024));
        go.SetResult();
        await sending;
        client.ShutdownSend();
        Assert.That((await received.Task.WaitAsync(TimeSpan.FromSeconds(30))).AsSpan().SequenceEqual(sent));
        Assert.That(proxy.Statistics["tcp.t.downstream_flow_control_resumed_reading_total"],
            Is.EqualTo(proxy.Statistics["tcp.t.downstream_flow_control_paused_reading_total"]));
    }

    [Test]
    public async Task Refused_WithAnAttemptLeft_TakesTheNextHost()
    {
        await using var dead = FakeUpstream.ThatRefuses();
        await using var alive = new FakeUpstream().OnConnection(c => c.SendAsync("alive"));
        await using var proxy = await Forward([dead, alive], t => t with { MaxConnectAttempts = 2 });
        for (var i = 0; i < 4; i++)
        {
            using var client = await proxy.ConnectAsync();
            Assert.That(Encoding.ASCII.GetString((await client.ReadToEndAsync()).Bytes), Is.EqualTo("alive"));
        }

        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_fail"], Is.GreaterThan(0));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_attempts_exceeded"], Is.Zero);
    }

    [Test]
    public async Task Refused_NoAttemptLeft_ClosesTheClient()
    {
        await using var dead = FakeUpstream.ThatRefuses();
        await using var proxy = await Forward([dead], t => t with { MaxConnectAttempts = 3 });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        var record = await proxy.AccessLog.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(record.Flags, Is.EqualTo(ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_fail"], Is.EqualTo(3));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_attempts_exceeded"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task NoHost_Connection_IsClosed()
    {
        await using var proxy = await Forward([]);
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        Assert.That((await proxy.AccessLog.NextAsync()).Flags, Is.EqualTo(ResponseFlags.NoHealthyUpstream));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_none_healthy"], Is.EqualTo(1));
    }

    [Test]
    public async Task ConnectionLimit_OneTooMany_IsClosedAsOverflow()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await Forward([upstream], cluster: c => c with { CircuitBreakers = new CircuitBreakerConfig { MaxConnections = 1 } });
        using (var first = await proxy.ConnectAsync())
        {
            await first.SendAsync("x");
            await first.ReadExactlyAsync(1);
            using var second = await proxy.ConnectAsync();
            Assert.That((await second.ReadToEndAsync()).Bytes, Is.Empty);
            Assert.That((await proxy.AccessLog.NextAsync()).Flags, Is.EqualTo(ResponseFlags.UpstreamOverflow));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_overflow"], Is.EqualTo(1));
        }

        // Its place is free again.
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 0);
        using var third = await proxy.ConnectAsync();
        await third.SendAsync("y");
        Assert.That(await third.ReadExactlyAsync(1), Is.EqualTo("y"u8.ToArray()));
    }

    [Test]
    public async Task IdleTimeout_NothingMoves_EndsBothSides()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await Forward([upstream], t => t with { IdleTimeout = TimeSpan.FromSeconds(10) });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadExactlyAsync(1);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(6));
        await client.SendAsync("y");
        await client.ReadExactlyAsync(1);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(6));
        Assert.That(proxy.Statistics["tcp.t.idle_timeout"], Is.Zero, "what moved in between counts");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        await upstream.EndedAsync();
        Assert.That(proxy.Statistics["tcp.t.idle_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task MaxDuration_BusyConnection_IsClosed()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await Forward([upstream], t => t with { MaxDownstreamConnectionDuration = TimeSpan.FromSeconds(10) });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadExactlyAsync(1);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10.1));
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        Assert.That((await proxy.AccessLog.NextAsync()).Flags, Is.EqualTo(ResponseFlags.DurationTimeout));
        Assert.That(proxy.Statistics["tcp.t.max_downstream_connection_duration"], Is.EqualTo(1));
    }

    [Test]
    public async Task ConnectTimeout_SilentHost_EndsTheAttempt()
    {
        Assume.That(OperatingSystem.IsLinux(), "needs an accept queue that can be full");
        await using var silent = FakeUpstream.ThatNeverAccepts();
        await using var proxy = await Forward([silent], cluster: c => c with { ConnectTimeout = TimeSpan.FromMilliseconds(250) });
        using var client = await proxy.ConnectAsync();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_total");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(300));
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        Assert.That((await proxy.AccessLog.NextAsync()).Flags.HasFlag(ResponseFlags.UpstreamConnectionFailure));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task WeightedClusters_ManyConnections_AreSharedByWeight()
    {
        await using var light = new FakeUpstream().OnConnection(c => c.SendAsync("1"));
        await using var heavy = new FakeUpstream().OnConnection(c => c.SendAsync("3"));
        await using var proxy = await Start(
            new TcpProxyOptions { StatPrefix = "t", WeightedClusters = [new("light", 1), new("heavy", 3)] },
            [ClusterOf("light", [light]), ClusterOf("heavy", [heavy])]);
        for (var i = 0; i < 80; i++)
        {
            using var client = await proxy.ConnectAsync();
            await client.ReadToEndAsync();
        }

        // Seeded: always the same draw.
        Assert.That(heavy.Connections, Has.Count.InRange(50, 70));
        Assert.That(heavy.Connections.Count + light.Connections.Count, Is.EqualTo(80));
    }

    [Test]
    public async Task Reset_ByTheUpstream_EndsTheClientAndIsLogged()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await c.ReadExactlyAsync(1);
            c.Reset();
        });
        await using var proxy = await Forward([upstream]);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("x");
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        Assert.That((await proxy.AccessLog.NextAsync()).Flags, Is.EqualTo(ResponseFlags.UpstreamConnectionTermination));
    }

    [Test]
    public async Task Reset_ByTheClient_EndsTheUpstream()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await Forward([upstream]);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadExactlyAsync(1);
        client.Reset();
        await upstream.EndedAsync();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_active", v => v == 0);
    }

    [Test]
    public async Task ClientThatLeaves_WhileItsLastBytesWait_LeavesNoTimerBehind()
    {
        // Held by the proxy: more than the system's buffers take.
        const int Size = 64 * 1024 * 1024;
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await c.SendAsync(new byte[Size]);
            await c.ReadToEndAsync();
        });
        var config = new ProxyConfigBuilder()
            .AddListener("tcp", l => l.Address("127.0.0.1", 0).AddFilter("tcp", new TcpProxyOptions { StatPrefix = "t", Cluster = Cluster, IdleTimeout = TimeSpan.FromSeconds(10) }))
            .AddCluster(ClusterOf(Cluster, [upstream])).Build();
        config = config with { Listeners = [config.Listeners[0] with { PerConnectionBufferLimitBytes = 2 * Size }] };
        await using var proxy = await TestProxy.StartAsync(config, Options);
        using var client = await proxy.ConnectAsync(receiveBufferSize: 4096);
        client.ShutdownSend();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_destroy");
        Assert.That(proxy.Statistics["tcp.t.downstream_cx_tx_bytes_buffered"], Is.Positive, "some of it waits");
        client.Reset();
        await proxy.AccessLog.NextAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(11));
        Assert.That(proxy.Statistics["tcp.t.idle_timeout"], Is.Zero, "both sides were closed long before");
    }

    [Test]
    public async Task BytesBeforeTheUpstreamIsThere_AreNotLost()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c => await c.SendAsync(await c.ReadToEndAsync()));
        await using var proxy = await Forward([upstream]);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("first words");
        client.ShutdownSend();
        Assert.That(Encoding.ASCII.GetString((await client.ReadToEndAsync()).Bytes), Is.EqualTo("first words"));
    }

    [Test]
    public async Task DirectResponse_Connection_IsAnsweredAndClosed()
    {
        await using var proxy = await Start(DirectResponseOptions.FromText("closed for today\n"), []);
        using var client = await proxy.ConnectAsync();
        var (bytes, end) = await client.ReadToEndAsync();
        Assert.That(Encoding.ASCII.GetString(bytes), Is.EqualTo("closed for today\n"));
        Assert.That(end, Is.EqualTo(ConnectionEnd.ByPeer));
    }

    /// <summary>A number that no longer moves through many turns of the proxy.</summary>
    private static async Task StandsStill(Func<long> number, TestProxy proxy)
    {
        for (var (last, same) = (number(), 0); same < 200;)
        {
            await proxy.TurnAsync();
            same = number() == last ? same + 1 : 0;
            last = number();
        }
    }
}
