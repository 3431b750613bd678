using System.Net;
using Envoy.Runtime.Memory;

namespace Envoy.Runtime;

/// <summary>
/// One worker's view of the operating system: waits for readiness and opens transports. Worker-owned, but for <see cref="Wake"/>,
/// which any thread may call.
/// </summary>
internal abstract class Poller : IDisposable
{
    private readonly MemoryNetwork _memory;

    protected Poller(Worker worker, MemoryNetwork memory)
    {
        Worker = worker;
        _memory = memory;
    }

    public Worker Worker { get; }

    /// <summary>Waits at most <paramref name="timeoutMilliseconds"/> (-1: without limit) and runs the handlers of what is ready.</summary>
    public abstract void Poll(int timeoutMilliseconds);

    /// <summary>Makes a <see cref="Poll"/> that is waiting, or the next one, return. Thread-safe.</summary>
    public abstract void Wake();

    /// <summary>Begins to connect; <see cref="ITransportHandler.OnConnected"/> follows, also for an error that is known at once.</summary>
    public Transport Connect(EndPoint remote, ConnectOptions options, ITransportHandler handler) =>
        remote is MemoryEndPoint memory ? MemoryTransport.Connect(Worker, _memory, memory, handler) : ConnectSocket(remote, options, handler);

    /// <summary>Accepts on <paramref name="socket"/> from now on; disposing the result stops that but leaves the socket open.</summary>
    public IDisposable Accept(ListenSocket socket, IAcceptHandler handler) =>
        socket is MemoryListenSocket memory ? new MemoryAcceptor(Worker, memory, handler) : AcceptSockets(socket, handler);

    public abstract void Dispose();

    /// <summary><see cref="Connect"/> to an address of the operating system.</summary>
    protected abstract Transport ConnectSocket(EndPoint remote, ConnectOptions options, ITransportHandler handler);

    /// <summary><see cref="Accept"/> for a socket of this engine.</summary>
    protected abstract IDisposable AcceptSockets(ListenSocket socket, IAcceptHandler handler);
}
