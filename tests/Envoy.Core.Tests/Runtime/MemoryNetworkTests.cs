using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Envoy.Runtime;
using Envoy.Runtime.Memory;

namespace Envoy.Tests.Runtime;

[TestFixture(TransportKind.EpollMemory)]
[TestFixture(TransportKind.PortableMemory)]
internal sealed class MemoryNetworkTests(TransportKind kind)
{
    private static readonly TimeSpan Patience = TestBed.Patience;

    [Test]
    public async Task Connect_FromOutside_EchoThroughPipes()
    {
        await using var bed = new TestBed(kind);
        await bed.ServeAsync(w => new TestPeer(w, echo: true));
        await using var connection = await bed.Engine.Memory.ConnectAsync("here");
        var bytes = TestPeer.RandomBytes(3, 700_000);
        var writing = WriteAsync(connection.Output, bytes);
        var got = await ReadAllAsync(connection.Input).WaitAsync(Patience);
        await writing.WaitAsync(Patience);

        Assert.That(got.AsSpan().SequenceEqual(bytes), Is.True);
        Assert.That(connection.RemoteEndPoint, Is.EqualTo(new MemoryEndPoint("here")));
    }

    [Test]
    public async Task Connect_FromOutside_EchoThroughStream()
    {
        await using var bed = new TestBed(kind);
        await bed.ServeAsync(w => new TestPeer(w, echo: true));
        await using var connection = await bed.Engine.Memory.ConnectAsync("here");
        var bytes = TestPeer.RandomBytes(3, 30_000);
        await connection.Stream.WriteAsync(bytes);
        // A read of no bytes waits until there are some.
        Assert.That(await connection.Stream.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(Patience), Is.Zero);
        var got = new byte[bytes.Length];
        await connection.Stream.ReadExactlyAsync(got).AsTask().WaitAsync(Patience);
        connection.ShutdownSend();
        Assert.That(await connection.Stream.ReadAsync(got.AsMemory()).AsTask().WaitAsync(Patience), Is.Zero);
        Assert.That(got, Is.EqualTo(bytes));
    }

    [Test]
    public async Task Connect_NobodyListens_Refused()
    {
        var network = new MemoryNetwork();
        Assert.That(
            async () => await network.ConnectAsync("nobody"),
            Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.ConnectionRefused));
        using (network.Listen("somebody"))
            await (await network.ConnectAsync("somebody")).DisposeAsync();
        Assert.That(async () => await network.ConnectAsync("somebody"), Throws.InstanceOf<SocketException>());
    }

    [Test]
    public async Task Connect_BacklogFull_Refused()
    {
        var network = new MemoryNetwork();
        using var listener = network.Listen("small", backlog: 1);
        await using var first = await network.ConnectAsync("small");
        Assert.That(async () => await network.ConnectAsync("small"), Throws.InstanceOf<SocketException>());
        await using var accepted = await listener.AcceptAsync();
        await using var second = await network.ConnectAsync("small");
    }

    [Test]
    public async Task Listen_FromOutside_ServesAWorkersConnection()
    {
        await using var bed = new TestBed(kind);
        using var listener = bed.Engine.Memory.Listen("upstream");
        var client = await TestBed.ConnectAsync(listener.EndPoint, new TestPeer(bed.Workers[0]));
        var bytes = TestPeer.RandomBytes(9, 300_000);
        await TestBed.OnWorker(client.Worker, () => client.Send(bytes, end: true));
        await using var server = await listener.AcceptAsync().AsTask().WaitAsync(Patience);
        var got = await ReadAllAsync(server.Input).WaitAsync(Patience);
        await WriteAsync(server.Output, bytes).WaitAsync(Patience);

        Assert.That(await client.End.Task.WaitAsync(Patience), Is.EqualTo(SocketError.Success));
        Assert.That(got.AsSpan().SequenceEqual(bytes), Is.True);
        Assert.That(client.Received.ToArray().AsSpan().SequenceEqual(bytes), Is.True);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
    }

    [Test]
    public async Task Reset_FromOutside_WorkerSeesConnectionReset()
    {
        await using var bed = new TestBed(kind);
        using var listener = bed.Engine.Memory.Listen("upstream");
        var client = await TestBed.ConnectAsync(listener.EndPoint, new TestPeer(bed.Workers[0]));
        var server = await listener.AcceptAsync().AsTask().WaitAsync(Patience);
        await client.Connected.Task.WaitAsync(Patience);
        server.Reset();

        Assert.That(await client.End.Task.WaitAsync(Patience), Is.EqualTo(SocketError.ConnectionReset));
        await client.Hangup.Task.WaitAsync(Patience);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
    }

    [Test]
    public async Task Reset_FromWorker_OutsideReadAndWriteThrow()
    {
        await using var bed = new TestBed(kind);
        using var listener = bed.Engine.Memory.Listen("upstream");
        var client = await TestBed.ConnectAsync(listener.EndPoint, new TestPeer(bed.Workers[0]));
        await using var server = await listener.AcceptAsync().AsTask().WaitAsync(Patience);
        var reading = server.Stream.ReadAsync(new byte[10]).AsTask();
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: true));

        Assert.That(async () => await reading.WaitAsync(Patience), ThrowsReset);
        Assert.That(async () => await server.Stream.WriteAsync(new byte[10]), ThrowsReset);
    }

    [Test]
    public async Task Close_ByReader_FailsTheBlockedWriter()
    {
        await using var bed = new TestBed(kind);
        using var listener = bed.Engine.Memory.Listen("upstream");
        var client = await TestBed.ConnectAsync(listener.EndPoint, new TestPeer(bed.Workers[0], paused: true));
        await using var server = await listener.AcceptAsync().AsTask().WaitAsync(Patience);
        var writing = server.Stream.WriteAsync(new byte[200_000]).AsTask();
        await client.Connected.Task.WaitAsync(Patience);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: false));
        Assert.That(async () => await writing.WaitAsync(Patience), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Dispose_WhileOutsideReads_ReadEnds()
    {
        var network = new MemoryNetwork();
        using var listener = network.Listen("there");
        var client = await network.ConnectAsync("there");
        var reading = client.Stream.ReadAsync(new byte[10]).AsTask();
        await client.DisposeAsync();
        Assert.That(async () => await reading.WaitAsync(Patience), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Read_Cancelled_NextReadStillGetsTheBytes()
    {
        var network = new MemoryNetwork();
        using var listener = network.Listen("there");
        await using var client = await network.ConnectAsync("there");
        await using var server = await listener.AcceptAsync();
        using var cancel = new CancellationTokenSource();
        var reading = client.Stream.ReadAsync(new byte[10], cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.That(async () => await reading.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>());
        var again = client.Stream.ReadAsync(new byte[10]).AsTask();
        await server.Stream.WriteAsync(new byte[3]);
        Assert.That(await again.WaitAsync(Patience), Is.EqualTo(3));
    }

    [Test]
    public async Task Dispose_OfListener_ResetsTheWaitingAndEndsAccept()
    {
        var network = new MemoryNetwork();
        var listener = network.Listen("there");
        await using var waiting = await network.ConnectAsync("there");
        listener.Dispose();
        Assert.That(async () => await waiting.Stream.ReadAsync(new byte[1]), Throws.InstanceOf<IOException>());
        Assert.That(async () => await listener.AcceptAsync(), Throws.InstanceOf<ObjectDisposedException>());
        using var next = network.Listen("there");
        var accepting = next.AcceptAsync().AsTask();
        next.Dispose();
        Assert.That(async () => await accepting.WaitAsync(Patience), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Dispose_OfListenSocket_ResetsTheWaitingAndFreesTheName()
    {
        await using var bed = new TestBed(kind);
        var socket = bed.Listen();
        await using var waiting = await bed.Engine.Memory.ConnectAsync("here");
        socket.Dispose();
        Assert.That(async () => await waiting.Stream.ReadAsync(new byte[1]), Throws.InstanceOf<IOException>());
        bed.Engine.Memory.Listen("here").Dispose();
    }

    [Test]
    public async Task Input_Completed_SendingGoesOn()
    {
        var network = new MemoryNetwork();
        using var listener = network.Listen("there");
        await using var client = await network.ConnectAsync("there");
        await using var server = await listener.AcceptAsync();
        await client.Input.CompleteAsync();
        await client.Output.WriteAsync(new byte[5]);
        await client.Output.CompleteAsync();

        Assert.That(await ReadAllAsync(server.Input).WaitAsync(Patience), Has.Length.EqualTo(5));
        Assert.That(async () => await server.Stream.WriteAsync(new byte[1]), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Accept_OnSeveralWorkers_TakesTurns()
    {
        await using var bed = new TestBed(kind);
        var socket = bed.Listen();
        var workers = new List<int>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var worker in bed.Workers)
            await TestBed.OnWorker(worker, w => w.Poller.Accept(socket, new TurnLog(w, workers, all)));
        var connections = new List<MemoryConnection>();
        for (var i = 0; i < 10; i++)
        {
            connections.Add(await bed.Engine.Memory.ConnectAsync("here"));
            // The next one is made when this one has been taken, so that the order of turns shows.
            await connections[i].Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience);
            // And whoever took it waits again: a busy machine may let the other one overtake.
            foreach (var worker in bed.Workers)
                await TestBed.OnWorker(worker, static () => { });
        }

        await all.Task.WaitAsync(Patience);
        Assert.That(workers.Count(w => w == 0), Is.EqualTo(5));
        foreach (var connection in connections)
            await connection.DisposeAsync();
    }

    [Test]
    public void EndPoint_SameName_IsEqual()
    {
        var one = new MemoryEndPoint("a");
        Assert.That(new MemoryEndPoint("a"), Is.EqualTo(one));
        Assert.That(new MemoryEndPoint("a").GetHashCode(), Is.EqualTo(one.GetHashCode()));
        Assert.That(new MemoryEndPoint("a"), Is.Not.EqualTo(new MemoryEndPoint("A")));
        Assert.That(new MemoryEndPoint("a").ToString(), Is.EqualTo("memory://a"));
        Assert.That(() => new MemoryEndPoint(""), Throws.ArgumentException);
        EndPoint unknown = new MemoryEndPoint("a");
        Assert.That(unknown.AddressFamily, Is.EqualTo(AddressFamily.Unspecified));
    }

    private static NUnit.Framework.Constraints.IResolveConstraint ThrowsReset =>
        Throws.InstanceOf<IOException>().With.InnerException.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.ConnectionReset);

    private static async Task WriteAsync(PipeWriter writer, byte[] bytes)
    {
        for (var at = 0; at < bytes.Length; at += 7000)
            await writer.WriteAsync(bytes.AsMemory(at, Math.Min(7000, bytes.Length - at)));
        await writer.CompleteAsync();
    }

    private static async Task<byte[]> ReadAllAsync(PipeReader reader)
    {
        using var all = new MemoryStream();
        await reader.CopyToAsync(all);
        return all.ToArray();
    }

    private sealed class TurnLog(Worker worker, List<int> workers, TaskCompletionSource all) : IAcceptHandler
    {
        public void OnAccepted(AcceptedSocket socket)
        {
            lock (workers)
            {
                workers.Add(worker.Index);
                if (workers.Count == 10)
                    all.SetResult();
            }

            socket.Dispose();
        }

        public void OnAcceptFailed(SocketError error) => all.TrySetException(new SocketException((int)error));
    }
}
