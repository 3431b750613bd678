using System.Net;
using System.Net.Sockets;
using Envoy.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Tests.Runtime;

[TestFixture]
internal sealed class EngineTests
{
    private static readonly TimeSpan Patience = TestBed.Patience;

    private static readonly string[] Loopbacks = ["127.0.0.1", "::1", "::"];

    [Test]
    public void Select_Auto_IsEpollOnLinuxOnly() =>
        Assert.That(Engines.Select(EngineKind.Auto).Name, Is.EqualTo(OperatingSystem.IsLinux() ? "epoll" : "portable"));

    [Test]
    public void Select_Portable_IsPortableEverywhere() => Assert.That(Engines.Select(EngineKind.Portable).Name, Is.EqualTo("portable"));

    [Test]
    public void Select_Epoll_ThrowsWhereThereIsNone()
    {
        if (OperatingSystem.IsLinux())
            Assert.That(Engines.Select(EngineKind.Epoll).Name, Is.EqualTo("epoll"));
        else
            Assert.That(() => Engines.Select(EngineKind.Epoll), Throws.InstanceOf<PlatformNotSupportedException>());
    }

    [Test]
    public void Select_NoSuchKind_Throws() => Assert.That(() => Engines.Select((EngineKind)99), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Bind_PortZero_ShowsTheChosenPort([Values] EngineKind kind, [ValueSource(nameof(Loopbacks))] string address)
    {
        var sockets = EngineOf(kind).Bind(Options(address, workers: 3));
        try
        {
            var ports = sockets.Select(s => ((IPEndPoint)s.LocalEndPoint).Port).Distinct().ToList();
            Assert.That(ports, Has.Count.EqualTo(1));
            Assert.That(ports[0], Is.GreaterThan(0));
            Assert.That(sockets, Has.Count.EqualTo(EngineOf(kind).Name == "epoll" ? 3 : 1));
        }
        finally
        {
            Dispose(sockets);
        }
    }

    [Test]
    public void Bind_PortTaken_ThrowsAndLeavesNothing([Values] EngineKind kind, [ValueSource(nameof(Loopbacks))] string address)
    {
        using var holder = Holder(address, reusePort: false, listen: true);
        var options = Options(address, workers: 3) with { EndPoint = holder.LocalEndPoint! };
        var engine = EngineOf(kind);
        // Once for what the runtime opens for itself at first use.
        Assert.That(() => engine.Bind(options), ThrowsInUse);
        var before = Descriptors();
        for (var i = 0; i < 20; i++)
            Assert.That(() => engine.Bind(options), ThrowsInUse);
        Assert.That(Descriptors(), Is.EqualTo(before));
    }

    [Test]
    public void Bind_PortHeldByAnotherThatShares_IsRefused([Values] EngineKind kind, [ValueSource(nameof(Loopbacks))] string address)
    {
        Assume.That(OperatingSystem.IsLinux(), "SO_REUSEPORT is set by its Linux number");
        using var holder = Holder(address, reusePort: true, listen: true);
        Assert.That(() => EngineOf(kind).Bind(Options(address, workers: 3) with { EndPoint = holder.LocalEndPoint! }), ThrowsInUse);
    }

    [Test]
    public void Bind_SecondEngineOnSamePort_IsRefused([Values] EngineKind first, [Values] EngineKind second)
    {
        var sockets = EngineOf(first).Bind(Options("127.0.0.1", workers: 2));
        try
        {
            Assert.That(() => EngineOf(second).Bind(Options("127.0.0.1", workers: 2) with { EndPoint = sockets[0].LocalEndPoint }), ThrowsInUse);
        }
        finally
        {
            Dispose(sockets);
        }
    }

    [Test]
    public void Bind_PortOnceMoreAfterDispose_Works([Values] EngineKind kind)
    {
        var first = EngineOf(kind).Bind(Options("127.0.0.1", workers: 2));
        var address = first[0].LocalEndPoint;
        Dispose(first);
        var second = EngineOf(kind).Bind(Options("127.0.0.1", workers: 2) with { EndPoint = address });
        Assert.That(second[0].LocalEndPoint, Is.EqualTo(address));
        Dispose(second);
    }

    [Test]
    public async Task Bind_OneSocketPerWorker_LoadSpreads([ValueSource(nameof(Loopbacks))] string address)
    {
        await using var bed = new TestBed(EngineKind.Epoll, workers: 4);
        var sockets = bed.Engine.Bind(Options(address, workers: 4) with { DualStack = true });
        Assert.That(sockets, Has.Count.EqualTo(4));
        // Chance leaves one of four without any of 128 connections less than once in 10^15 runs.
        const int Connections = 128;
        var counter = new CountingAcceptor(4, Connections);
        for (var i = 0; i < 4; i++)
        {
            var index = i;
            await TestBed.OnWorker(bed.Workers[i], w => w.Poller.Accept(sockets[index], counter.For(index)));
        }

        var port = ((IPEndPoint)sockets[0].LocalEndPoint).Port;
        // The dual-stack socket is tried from both families.
        IPAddress[] targets = address == "::" ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Parse(address)];
        var clients = new List<Socket>();
        for (var i = 0; i < Connections; i++)
        {
            var target = targets[i % targets.Length];
            var client = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            clients.Add(client);
            await client.ConnectAsync(new IPEndPoint(target, port)).WaitAsync(Patience);
        }

        await counter.All.Task.WaitAsync(Patience);
        Assert.That(counter.Counts, Has.All.GreaterThan(0));
        clients.ForEach(c => c.Dispose());
        Dispose(sockets);
    }

    [Test]
    public async Task Accept_DualStack_ShowsIPv4PeersAsIPv4([Values] EngineKind kind)
    {
        await using var bed = new TestBed(kind, workers: 1);
        var sockets = bed.Engine.Bind(Options("::", workers: 1) with { DualStack = true });
        var remote = new TaskCompletionSource<EndPoint?>();
        await TestBed.OnWorker(bed.Workers[0], w => w.Poller.Accept(sockets[0], new RemoteLog(w, remote)));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)sockets[0].LocalEndPoint).Port)).WaitAsync(Patience);

        Assert.That(await remote.Task.WaitAsync(Patience), Is.EqualTo(client.LocalEndPoint));
        Dispose(sockets);
    }

    [Test]
    public void Bind_UnixSocketLeftBehind_IsReplaced([Values] EngineKind kind)
    {
        Assume.That(Socket.OSSupportsUnixDomainSockets, "no Unix sockets");
        var path = Path.Combine(Path.GetTempPath(), "envoy-" + Guid.NewGuid().ToString("N"));
        // A file that a killed process leaves: bound, and nobody behind it. Renamed away and back, so that its owner does not remove it.
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
            File.Move(path, path + ".kept");
        }

        File.Move(path + ".kept", path);
        var sockets = EngineOf(kind).Bind(new ListenOptions { EndPoint = new UnixDomainSocketEndPoint(path), PipeMode = 0x180 /* 0600 */ });
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Dispose(sockets);
        Assert.That(File.Exists(path), Is.False);
    }

    [Test]
    public async Task StartStop_ManyTimes_GivesDescriptorsBack([Values] EngineKind kind)
    {
        Assume.That(Directory.Exists("/proc/self/fd"), "needs /proc");
        await CycleAsync(EngineOf(kind));
        var before = Descriptors();
        for (var i = 0; i < 20; i++)
            await CycleAsync(EngineOf(kind));
        Assert.That(Descriptors(), Is.EqualTo(before));
    }

    private static NUnit.Framework.Constraints.Constraint ThrowsInUse =>
        Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.AddressAlreadyInUse);

    /// <summary>Workers, a listening socket, a connection through it, and everything closed.</summary>
    private static async Task CycleAsync(Engine engine)
    {
        var options = new WorkerOptions { Engine = engine, TimeProvider = TimeProvider.System, Logger = NullLogger.Instance };
        var workers = Enumerable.Range(0, 2).Select(i => new Worker(i, "cycle", options)).ToArray();
        foreach (var worker in workers)
            worker.Start();
        var sockets = engine.Bind(Options("127.0.0.1", workers: 2));
        var echo = new PlainEcho();
        var acceptors = new List<(Worker Worker, IDisposable Acceptor)>();
        for (var i = 0; i < sockets.Count; i++)
        {
            var index = i;
            acceptors.Add((workers[i], await TestBed.OnWorker(workers[i], w => w.Poller.Accept(sockets[index], echo))));
        }

        var client = await TestBed.ConnectAsync(sockets[0].LocalEndPoint, new TestPeer(workers[0]));
        await TestBed.OnWorker(client.Worker, () => client.Send(TestPeer.RandomBytes(1, 1000), end: true));
        await echo.Ended.Task.WaitAsync(Patience);
        foreach (var (worker, acceptor) in acceptors)
            await TestBed.OnWorker(worker, acceptor.Dispose);
        await TestBed.OnWorker(echo.Owner!, echo.Close);
        await client.End.Task.WaitAsync(Patience);
        await TestBed.OnWorker(client.Worker, () => client.Close(reset: true));
        Dispose(sockets);
        foreach (var worker in workers)
        {
            worker.Stop();
            await worker.Stopped.WaitAsync(Patience);
        }
    }

    private static Engine EngineOf(EngineKind kind)
    {
        Assume.That(kind != EngineKind.Epoll || OperatingSystem.IsLinux(), "epoll needs Linux");
        return Engines.Select(kind);
    }

    private static ListenOptions Options(string address, int workers) => new() { EndPoint = new IPEndPoint(IPAddress.Parse(address), 0), Workers = workers };

    private static int Descriptors() => Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : 0;

    private static void Dispose(IEnumerable<ListenSocket> sockets)
    {
        foreach (var socket in sockets)
            socket.Dispose();
    }

    private static Socket Holder(string address, bool reusePort, bool listen)
    {
        var ip = IPAddress.Parse(address);
        var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (reusePort)
            socket.SetRawSocketOption(1 /* SOL_SOCKET */, 15 /* SO_REUSEPORT */, [1, 0, 0, 0]);
        socket.Bind(new IPEndPoint(ip, 0));
        if (listen)
            socket.Listen();
        return socket;
    }

    private sealed class CountingAcceptor(int workers, int expected)
    {
        private int _total;

        public int Expected { get; } = expected;

        public int[] Counts { get; } = new int[workers];

        public TaskCompletionSource All { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IAcceptHandler For(int index) => new One(this, index);

        private sealed class One(CountingAcceptor owner, int index) : IAcceptHandler
        {
            public void OnAccepted(AcceptedSocket socket)
            {
                socket.Dispose();
                owner.Counts[index]++;
                if (Interlocked.Increment(ref owner._total) == owner.Expected)
                    owner.All.TrySetResult();
            }

            public void OnAcceptFailed(SocketError error) => owner.All.TrySetException(new SocketException((int)error));
        }
    }

    private sealed class RemoteLog(Worker worker, TaskCompletionSource<EndPoint?> remote) : IAcceptHandler
    {
        public void OnAccepted(AcceptedSocket socket)
        {
            var peer = new TestPeer(worker);
            var transport = socket.Adopt(worker, peer);
            remote.SetResult(transport.RemoteEndPoint);
            transport.Close(reset: false);
        }

        public void OnAcceptFailed(SocketError error) => remote.TrySetException(new SocketException((int)error));
    }
}
