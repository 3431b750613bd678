using System.Net;
using System.Net.Sockets;
using Envoy.Runtime;
using Envoy.Runtime.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Tests.Runtime;

/// <summary>An engine with running workers, an address to listen on, and everything closed at the end.</summary>
internal sealed class TestBed : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<ListenSocket> _sockets = [];
    private readonly string? _path;

    public TestBed(TransportKind kind, int workers = 2)
        : this(kind is TransportKind.EpollTcp or TransportKind.EpollUnix or TransportKind.EpollMemory ? EngineKind.Epoll : EngineKind.Portable, workers)
    {
        switch (kind)
        {
            case TransportKind.EpollUnix or TransportKind.PortableUnix:
                _path = Path.Combine(Path.GetTempPath(), "envoy-" + Guid.NewGuid().ToString("N"));
                Address = new UnixDomainSocketEndPoint(_path);
                break;
            case TransportKind.EpollMemory or TransportKind.PortableMemory:
                Address = new MemoryEndPoint("here");
                break;
        }
    }

    public TestBed(EngineKind engine, int workers = 2)
    {
        Assume.That(engine != EngineKind.Epoll || OperatingSystem.IsLinux(), "epoll needs Linux");
        Engine = Engines.Select(engine);
        var options = new WorkerOptions { Engine = Engine, TimeProvider = TimeProvider.System, Logger = NullLogger.Instance };
        Workers = [.. Enumerable.Range(0, workers).Select(i => new Worker(i, $"test:{i}", options))];
        foreach (var worker in Workers)
            worker.Start();
    }

    public Engine Engine { get; }

    public Worker[] Workers { get; }

    public EndPoint Address { get; } = new IPEndPoint(IPAddress.Loopback, 0);

    public ListenSocket Listen()
    {
        var socket = Engine.Bind(new ListenOptions { EndPoint = Address }).Single();
        _sockets.Add(socket);
        return socket;
    }

    /// <summary>Listens and accepts on the first worker; each connection is adopted on the last one.</summary>
    public async Task<EndPoint> ServeAsync(Func<Worker, TestPeer> peer)
    {
        var socket = Listen();
        await OnWorker(Workers[0], w => w.Poller.Accept(socket, new Adopter(Workers[^1], peer)));
        return socket.LocalEndPoint;
    }

    public static Task<TestPeer> ConnectAsync(EndPoint address, TestPeer peer) => OnWorker(peer.Worker, w =>
    {
        peer.IsInConnect = true;
        peer.Attach(w.Poller.Connect(address, default(ConnectOptions) with { NoDelay = true }, peer));
        peer.IsInConnect = false;
        return peer;
    });

    public static Task<T> OnWorker<T>(Worker worker, Func<Worker, T> work) => worker.InvokeAsync(() => work(worker)).WaitAsync(Patience);

    public static Task OnWorker(Worker worker, Action work) => worker.InvokeAsync(work).WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets)
            socket.Dispose();
        foreach (var worker in Workers)
        {
            worker.Stop();
            await worker.Stopped.WaitAsync(Patience);
        }

        if (_path is not null)
            Assert.That(File.Exists(_path), Is.False, "the socket's file is left");
    }

    private sealed class Adopter(Worker worker, Func<Worker, TestPeer> create) : IAcceptHandler
    {
        public void OnAccepted(AcceptedSocket socket) => worker.Post(() =>
        {
            var peer = create(worker);
            peer.Attach(socket.Adopt(worker, peer));
        });

        public void OnAcceptFailed(SocketError error)
        {
        }
    }
}
