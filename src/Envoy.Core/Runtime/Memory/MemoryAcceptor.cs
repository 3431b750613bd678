namespace Envoy.Runtime.Memory;

/// <summary>Accepts on an in-memory listening socket for one worker. Worker-owned but for <see cref="Schedule"/>.</summary>
internal sealed class MemoryAcceptor : IDisposable
{
    // As for sockets: a storm of connections must not starve those that are open.
    private const int AcceptsPerTurn = 64;

    private readonly Worker _worker;
    private readonly MemoryListenSocket _socket;
    private readonly IAcceptHandler _handler;
    private int _scheduled;
    private bool _disposed;

    public MemoryAcceptor(Worker worker, MemoryListenSocket socket, IAcceptHandler handler)
    {
        _worker = worker;
        _socket = socket;
        _handler = handler;
        socket.Attach(this);
        // What came before there was anybody to accept it.
        Schedule();
    }

    /// <summary>Has the worker look into the queue. Thread-safe.</summary>
    public void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
            _worker.TryPost(static state => ((MemoryAcceptor)state!).AcceptSome(), this);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _socket.Detach(this);
    }

    private void AcceptSome()
    {
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        for (var i = 0; i < AcceptsPerTurn; i++)
        {
            if (_disposed || !_socket.TryAccept(out var server))
                return;
            _handler.OnAccepted(new MemoryAcceptedSocket(server!));
        }

        Schedule();
    }
}
