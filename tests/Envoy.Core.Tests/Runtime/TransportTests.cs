using System.Net;
using System.Net.Sockets;
using Envoy.Runtime;

namespace Envoy.Tests.Runtime;

[TestFixture(TransportKind.EpollTcp)]
[TestFixture(TransportKind.EpollUnix)]
[TestFixture(TransportKind.EpollMemory)]
[TestFixture(TransportKind.PortableTcp)]
[TestFixture(TransportKind.PortableUnix)]
[TestFixture(TransportKind.PortableMemory)]
internal sealed class TransportTests(TransportKind kind)
{
    private static readonly TimeSpan Patience = TestBed.Patience;

    private bool IsUnix => kind is TransportKind.EpollUnix or TransportKind.PortableUnix;

    private bool IsMemory => kind is TransportKind.EpollMemory or TransportKind.PortableMemory;

    [Test]
    public async Task Echo_RandomBytesInRandomPieces_ComeBackAndHalfClose([Range(1, 5)] int seed)
    {
        await using var bed = new TestBed(kind);
        var address = await bed.ServeAsync(w => new TestPeer(w, seed, echo: true));
        var bytes = TestPeer.RandomBytes(seed, 1_500_000);
        var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0], seed + 100));
        await TestBed.OnWorker(client.Worker, () => client.Send(bytes, end: true));

        Assert.That(await client.End.Task.WaitAsync(Patience), Is.EqualTo(SocketError.Success));
        Assert.That(client.Received.ToArray().AsSpan().SequenceEqual(bytes), Is.True);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
        Assert.That(client.CallsWithinCall, Is.Zero);
    }

    [Test]
    public async Task Connections_HundredAtOnce_EachGetTheirOwnBytes()
    {
        await using var bed = new TestBed(kind, workers: 3);
        var address = await bed.ServeAsync(w => new TestPeer(w, echo: true));
        var clients = new List<(TestPeer Peer, byte[] Bytes)>();
        for (var i = 0; i < 100; i++)
        {
            var bytes = TestPeer.RandomBytes(i, 20_000 + i);
            var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[i % 2], i));
            await TestBed.OnWorker(client.Worker, () => client.Send(bytes, end: true));
            clients.Add((client, bytes));
        }

        foreach (var (client, bytes) in clients)
        {
            Assert.That(await client.End.Task.WaitAsync(Patience), Is.EqualTo(SocketError.Success));
            Assert.That(client.Received.ToArray().AsSpan().SequenceEqual(bytes), Is.True);
            await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
        }
    }

    [Test]
    public async Task Send_SlowReader_BlocksThenResumes()
    {
        await using var bed = new TestBed(kind);
        var server = new TaskCompletionSource<TestPeer>();
        var address = await bed.ServeAsync(w =>
        {
            var peer = new TestPeer(w, paused: true);
            server.SetResult(peer);
            return peer;
        });
        var bytes = TestPeer.RandomBytes(7, 24_000_000);
        var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));
        await TestBed.OnWorker(client.Worker, () => client.Send(bytes, end: true));
        await client.Blocked.Task.WaitAsync(Patience);
        var reader = await server.Task.WaitAsync(Patience);
        await TestBed.OnWorker(reader.Worker, reader.Resume);

        Assert.That(await reader.End.Task.WaitAsync(Patience), Is.EqualTo(SocketError.Success));
        Assert.That(reader.Received.ToArray().AsSpan().SequenceEqual(bytes), Is.True);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
        await TestBed.OnWorker(reader.Worker, () => reader.Close(reset: false));
    }

    [Test]
    public async Task Close_WithBytesAcceptedButUnread_PeerStillGetsThem()
    {
        await using var bed = new TestBed(kind);
        var server = new TaskCompletionSource<TestPeer>();
        var address = await bed.ServeAsync(w =>
        {
            var peer = new TestPeer(w, paused: true);
            server.SetResult(peer);
            return peer;
        });
        var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));
        await client.Connected.Task.WaitAsync(Patience);
        var reader = await server.Task.WaitAsync(Patience);
        // Until the transport takes no more: it then holds as much as it ever does, and is closed in the same turn.
        var taken = await TestBed.OnWorker(client.Worker, _ =>
        {
            var block = TestPeer.RandomBytes(5, 60_000);
            var sum = 0L;
            IoResult result;
            while ((result = client.Transport.TrySend([block])).Status == IoStatus.Done)
                sum += result.Bytes;
            client.Close(reset: false);
            return sum;
        });
        await TestBed.OnWorker(reader.Worker, reader.Resume);

        Assert.That(await reader.End.Task.WaitAsync(Patience), Is.EqualTo(SocketError.Success));
        Assert.That(reader.Received.Length, Is.EqualTo(taken));
        Assert.That(client.CallsAfterClose, Is.Zero);
        await TestBed.OnWorker(reader.Worker, () => reader.Close(reset: false));
    }

    [Test]
    public async Task Close_WithReset_PeerSeesFailure([Values] bool byClient)
    {
        await using var bed = new TestBed(kind);
        var server = new TaskCompletionSource<TestPeer>();
        var address = await bed.ServeAsync(w =>
        {
            var peer = new TestPeer(w);
            server.SetResult(peer);
            return peer;
        });
        var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));
        await client.Connected.Task.WaitAsync(Patience);
        var accepted = await server.Task.WaitAsync(Patience);
        var (closer, other) = byClient ? (client, accepted) : (accepted, client);
        await TestBed.OnWorker(closer.Worker, () => closer.Close(reset: true));

        // A Unix socket has no reset: its peer sees an end.
        Assert.That(await other.End.Task.WaitAsync(Patience), Is.EqualTo(IsUnix ? SocketError.Success : SocketError.ConnectionReset));
        if (!IsUnix)
        {
            await other.Hangup.Task.WaitAsync(Patience);
            await TestBed.OnWorker(
                other.Worker,
                () => Assert.That(other.Transport.TrySend([TestPeer.RandomBytes(1, 10)]).Status, Is.EqualTo(IoStatus.Failed)));
        }

        await TestBed.OnWorker(other.Worker, () => other.Close(reset: false));
        Assert.That(closer.CallsAfterClose, Is.Zero);
    }

    [Test]
    public async Task Reset_WhileNobodyReads_HangsUp()
    {
        Assume.That(IsUnix, Is.False, "a Unix socket has no reset");
        await using var bed = new TestBed(kind);
        var server = new TaskCompletionSource<TestPeer>();
        var address = await bed.ServeAsync(w =>
        {
            var peer = new TestPeer(w, paused: true);
            server.SetResult(peer);
            return peer;
        });
        var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));
        await client.Connected.Task.WaitAsync(Patience);
        var accepted = await server.Task.WaitAsync(Patience);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: true));

        await accepted.Hangup.Task.WaitAsync(Patience);
        await TestBed.OnWorker(accepted.Worker, accepted.Resume);
        Assert.That(await accepted.End.Task.WaitAsync(Patience), Is.EqualTo(SocketError.ConnectionReset));
        await TestBed.OnWorker(accepted.Worker, () => accepted.Close(reset: true));
    }

    [Test]
    public async Task BothEnded_InOrder_IsNoHangup()
    {
        await using var bed = new TestBed(kind);
        var server = new TaskCompletionSource<TestPeer>();
        var address = await bed.ServeAsync(w =>
        {
            var peer = new TestPeer(w);
            server.TrySetResult(peer);
            return peer;
        });
        var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));
        await client.Connected.Task.WaitAsync(Patience);
        var accepted = await server.Task.WaitAsync(Patience);
        await TestBed.OnWorker(client.Worker, () => client.Transport.ShutdownSend());
        Assert.That(await accepted.End.Task.WaitAsync(Patience), Is.EqualTo(SocketError.Success));
        await TestBed.OnWorker(accepted.Worker, () => accepted.Transport.ShutdownSend());
        Assert.That(await client.End.Task.WaitAsync(Patience), Is.EqualTo(SocketError.Success));

        // Another connection's whole life gives what might still be told the time to come.
        var later = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));
        await later.Connected.Task.WaitAsync(Patience);
        await TestBed.OnWorker(later.Worker, () => later.Close(reset: false));
        Assert.That(client.Hangup.Task.IsCompleted || accepted.Hangup.Task.IsCompleted, Is.False);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
        await TestBed.OnWorker(accepted.Worker, () => accepted.Close(reset: false));
    }

    [Test]
    public async Task Connect_NobodyListens_RefusedFromTheLoop()
    {
        await using var bed = new TestBed(kind);
        // Bound, so that nobody else gets the port, but not listening.
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = IsUnix || IsMemory ? bed.Address : holder.LocalEndPoint!;
        var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));

        Assert.That(await client.Connected.Task.WaitAsync(Patience), Is.EqualTo(SocketError.ConnectionRefused));
        Assert.That(client.CallsWithinCall, Is.Zero);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
    }

    [Test]
    public async Task Connect_ClosedBeforeTheOutcome_HandlerHearsNothing()
    {
        await using var bed = new TestBed(kind);
        var address = await bed.ServeAsync(w => new TestPeer(w, echo: true));
        var closed = await TestBed.OnWorker(bed.Workers[0], w =>
        {
            var peer = new TestPeer(w) { IsInConnect = true };
            peer.Attach(w.Poller.Connect(address, new ConnectOptions(), peer));
            peer.IsInConnect = false;
            peer.Close(reset: true);
            return peer;
        });
        // A later connection's whole life gives the first one's events the time to come.
        var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));
        await TestBed.OnWorker(client.Worker, () => client.Send(TestPeer.RandomBytes(1, 1000), end: true));
        await client.End.Task.WaitAsync(Patience);

        Assert.That(closed.Connected.Task.IsCompleted, Is.False);
        Assert.That(closed.CallsAfterClose, Is.Zero);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
    }

    [Test]
    public async Task Close_WhileReceiveWaits_HandlerHearsNothingMore()
    {
        await using var bed = new TestBed(kind);
        var address = await bed.ServeAsync(w => new TestPeer(w, echo: true));
        var peers = new List<TestPeer>();
        for (var i = 0; i < 50; i++)
        {
            var peer = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0], i));
            await peer.Connected.Task.WaitAsync(Patience);
            await TestBed.OnWorker(peer.Worker, () =>
            {
                peer.Send(TestPeer.RandomBytes(i, 50));
                peer.Close(reset: i % 2 == 0);
                peer.Close(reset: false);
            });
            peers.Add(peer);
        }

        var last = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));
        await TestBed.OnWorker(last.Worker, () => last.Send(TestPeer.RandomBytes(1, 1000), end: true));
        await last.End.Task.WaitAsync(Patience);
        Assert.That(peers.Sum(p => p.CallsAfterClose), Is.Zero);
        await TestBed.OnWorker(last.Worker, () => last.Close(reset: false));
    }

    [Test]
    public async Task EndPoints_OfBothSides_Match()
    {
        await using var bed = new TestBed(kind);
        var server = new TaskCompletionSource<TestPeer>();
        var address = await bed.ServeAsync(w =>
        {
            var peer = new TestPeer(w);
            server.SetResult(peer);
            return peer;
        });
        var client = await TestBed.ConnectAsync(address, new TestPeer(bed.Workers[0]));
        await client.Connected.Task.WaitAsync(Patience);
        var accepted = await server.Task.WaitAsync(Patience);
        var (near, far) = await TestBed.OnWorker(client.Worker, _ => (client.Transport.LocalEndPoint, client.Transport.RemoteEndPoint));
        var (serverNear, serverFar) = await TestBed.OnWorker(accepted.Worker, _ => (accepted.Transport.LocalEndPoint, accepted.Transport.RemoteEndPoint));

        Assert.That(far, Is.EqualTo(address));
        Assert.That(serverNear, Is.EqualTo(address));
        Assert.That(serverFar, Is.EqualTo(near));
        if (IsUnix || IsMemory)
            Assert.That(near, Is.Null);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
        await TestBed.OnWorker(accepted.Worker, () => accepted.Close(reset: false));
    }

    [Test]
    public async Task Accept_StoppedAndBegunAgain_TakesWhatWaited()
    {
        await using var bed = new TestBed(kind);
        var socket = bed.Listen();
        var first = new AcceptLog();
        var acceptor = await TestBed.OnWorker(bed.Workers[0], w => w.Poller.Accept(socket, first));
        var early = await TestBed.ConnectAsync(socket.LocalEndPoint, new TestPeer(bed.Workers[1]));
        await first.Accepted.Task.WaitAsync(Patience);
        await TestBed.OnWorker(bed.Workers[0], acceptor.Dispose);
        var late = await TestBed.ConnectAsync(socket.LocalEndPoint, new TestPeer(bed.Workers[1]));
        Assert.That(await late.Connected.Task.WaitAsync(Patience), Is.EqualTo(SocketError.Success));
        var second = new AcceptLog();
        var again = await TestBed.OnWorker(bed.Workers[1], w => w.Poller.Accept(socket, second));
        await second.Accepted.Task.WaitAsync(Patience);

        Assert.That(first.Count, Is.EqualTo(1));
        await TestBed.OnWorker(bed.Workers[1], () =>
        {
            again.Dispose();
            early.Close(reset: true);
            late.Close(reset: true);
        });
    }

    [Test]
    public async Task Listen_AddressTaken_AddressAlreadyInUse()
    {
        await using var bed = new TestBed(kind);
        var socket = bed.Listen();
        var options = new ListenOptions { EndPoint = socket.LocalEndPoint, Workers = 2 };
        Assert.That(
            () => bed.Engine.Bind(options),
            Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.AddressAlreadyInUse));
        if (IsMemory)
            Assert.That(() => bed.Engine.Memory.Listen("here"), Throws.InstanceOf<SocketException>());
    }

    [Test]
    public async Task PingPong_SteadyState_AllocatesNothingOnTheWorker()
    {
        await using var bed = new TestBed(kind);
        var socket = bed.Listen();
        var server = new PlainEcho();
        await TestBed.OnWorker(bed.Workers[0], w => w.Poller.Accept(socket, server));
        var client = new PingPong();
        await TestBed.OnWorker(bed.Workers[1], () => client.Begin(bed.Workers[1], socket.LocalEndPoint));

        // A lock on which two threads have once met makes itself an event, 56 bytes, once in its life; the framework's sockets and the
        // memory transport have locks. What a round allocated would be there two thousand times.
        var limit = kind is TransportKind.EpollTcp or TransportKind.EpollUnix ? 0 : 512;
        Assert.That(await client.Allocated.Task.WaitAsync(Patience), Is.LessThanOrEqualTo(limit), $"{kind}");
        await TestBed.OnWorker(bed.Workers[1], client.Close);
        await TestBed.OnWorker(bed.Workers[0], server.Close);
    }

    private sealed class AcceptLog : IAcceptHandler
    {
        public TaskCompletionSource Accepted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Count { get; private set; }

        public void OnAccepted(AcceptedSocket socket)
        {
            Count++;
            socket.Dispose();
            Accepted.TrySetResult();
        }

        public void OnAcceptFailed(SocketError error)
        {
        }
    }
}
