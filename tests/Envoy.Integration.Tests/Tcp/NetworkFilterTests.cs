using System.Text;
using Envoy.Buffers;
using Envoy.FilterChains.Network;
using Envoy.Integration.Tests.Support;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Tcp;

/// <summary>A program's own network filters, over real sockets.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class NetworkFilterTests(EngineKind engine) : TcpFixture(engine)
{
    [Test]
    public async Task Stop_UntilTheLineIsWhole_HoldsTheBytesBack()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await Forward([upstream], before: Custom(() => new LineGate()));
        using var client = await proxy.ConnectAsync();
        var connection = await upstream.ConnectedAsync();
        await client.SendAsync("half ");
        await proxy.WaitForAsync("tcp.t.downstream_cx_rx_bytes_total", 5);
        Assert.That(connection.BytesReceived, Is.Zero);
        await client.SendAsync("a line\n");
        Assert.That(Text(await client.ReadExactlyAsync(12)), Is.EqualTo("half a line\n"));
    }

    [Test]
    public async Task ContinueReading_FromElsewhere_GoesOnWithTheNextFilter()
    {
        Door? door = null;
        var gate = new TaskCompletionSource<NetworkFilterCallbacks>();
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await Forward([upstream], before: Custom(() => door = new Door(gate)));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("knock");
        var callbacks = await gate.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await proxy.TurnAsync();
        Assert.That(upstream.Connections, Is.Empty, "the proxy filter has not been told of the connection");
        await callbacks.Worker.InvokeAsync(() =>
        {
            door!.IsOpen = true;
            callbacks.ContinueReading();
        });
        Assert.That(Text(await client.ReadExactlyAsync(5)), Is.EqualTo("knock"));
    }

    [Test]
    public async Task InjectReadData_OwnBytes_ReachTheUpstreamFirst()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        await using var proxy = await Forward([upstream], before: Custom(() => new Prefix("<")));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("a");
        Assert.That(Text(await client.ReadExactlyAsync(2)), Is.EqualTo("<a"));
    }

    [Test]
    public async Task Write_SeveralFilters_SeeItInReverseOrder()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.SendAsync("x"));
        await using var proxy = await Forward([upstream], before: [.. Custom(() => new Suffix("1")), .. Custom(() => new Suffix("2"))]);
        using var client = await proxy.ConnectAsync();
        Assert.That(Text((await client.ReadToEndAsync()).Bytes), Does.StartWith("x21"));
    }

    [Test]
    public async Task Throws_InAnyHook_ClosesThatConnectionOnly([Values] Hook hook)
    {
        var failing = true;
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            await c.ReadExactlyAsync(1);
            await c.SendAsync("answer");
        });
        await using var proxy = await Forward([upstream], before: Custom(() =>
        {
            if (Volatile.Read(ref failing) && hook == Hook.Create)
                throw new InvalidOperationException("create");
            return new Failing(Volatile.Read(ref failing) ? hook : Hook.None);
        }));
        using (var client = await proxy.ConnectAsync())
        {
            try
            {
                await client.SendAsync("q");
            }
            catch (IOException)
            {
                // It may be gone already.
            }

            var (bytes, _) = await client.ReadToEndAsync();
            Assert.That(bytes, hook is Hook.Close or Hook.None ? Is.EqualTo("answer"u8.ToArray()) : Is.Empty);
        }

        await proxy.WaitForAsync(ActiveConnections(proxy), v => v == 0);
        Volatile.Write(ref failing, false);
        using var next = await proxy.ConnectAsync();
        await next.SendAsync("q");
        Assert.That(Text((await next.ReadToEndAsync()).Bytes), Is.EqualTo("answer"), "the proxy serves on");
        Assert.That(proxy.Proxy.Completion.IsCompleted, Is.False, "no loop has ended");
    }

    public enum Hook
    {
        None,
        Create,
        Attach,
        NewConnection,
        Data,
        Write,
        Close,
    }

    private static string ActiveConnections(TestProxy proxy) => $"listener.127.0.0.1_{proxy.Port}.downstream_cx_active";

    private static NetworkFilterOptions[] Custom(Func<INetworkFilter> create) => [new CustomNetworkFilterOptions(create)];

    private static string Text(byte[] bytes) => Encoding.ASCII.GetString(bytes);

    private abstract class Filter : INetworkFilter
    {
        protected NetworkFilterCallbacks Callbacks { get; private set; } = null!;

        public virtual void Attach(NetworkFilterCallbacks callbacks) => Callbacks = callbacks;

        public virtual void OnClose(ConnectionEvent connectionEvent)
        {
        }
    }

    private sealed class LineGate : Filter, INetworkReadFilter
    {
        public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream) =>
            data.ToArray().Contains((byte)'\n') ? NetworkFilterStatus.Continue : NetworkFilterStatus.Stop;
    }

    private sealed class Door(TaskCompletionSource<NetworkFilterCallbacks> gate) : Filter, INetworkReadFilter
    {
        public bool IsOpen { get; set; }

        public NetworkFilterStatus OnNewConnection() => NetworkFilterStatus.Stop;

        public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream)
        {
            gate.TrySetResult(Callbacks);
            return IsOpen ? NetworkFilterStatus.Continue : NetworkFilterStatus.Stop;
        }
    }

    private sealed class Prefix(string text) : Filter, INetworkReadFilter
    {
        private bool _done;

        public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream)
        {
            if (_done)
                return NetworkFilterStatus.Continue;
            _done = true;
            var own = new ByteQueue(Callbacks.Worker);
            own.Append(Encoding.ASCII.GetBytes(text));
            Callbacks.InjectReadData(own, endOfStream: false);
            return NetworkFilterStatus.Continue;
        }
    }

    private sealed class Suffix(string text) : Filter, INetworkWriteFilter
    {
        private bool _done;

        public NetworkFilterStatus OnWrite(ByteQueue data, bool endOfStream)
        {
            if (!_done)
                data.Append(Encoding.ASCII.GetBytes(text));
            _done = true;
            return NetworkFilterStatus.Continue;
        }
    }

    private sealed class Failing(Hook hook) : Filter, INetworkReadFilter, INetworkWriteFilter
    {
        public override void Attach(NetworkFilterCallbacks callbacks)
        {
            base.Attach(callbacks);
            Fail(Hook.Attach);
        }

        public NetworkFilterStatus OnNewConnection()
        {
            Fail(Hook.NewConnection);
            return NetworkFilterStatus.Continue;
        }

        public NetworkFilterStatus OnData(ByteQueue data, bool endOfStream)
        {
            Fail(Hook.Data);
            return NetworkFilterStatus.Continue;
        }

        public NetworkFilterStatus OnWrite(ByteQueue data, bool endOfStream)
        {
            Fail(Hook.Write);
            return NetworkFilterStatus.Continue;
        }

        public override void OnClose(ConnectionEvent connectionEvent) => Fail(Hook.Close);

        private void Fail(Hook at)
        {
            if (hook == at)
                throw new InvalidOperationException(at.ToString());
        }
    }
}
