using System.Net;

namespace Envoy.Runtime.Memory;

/// <summary>An in-memory listening socket of a proxy: an accept queue that its acceptors' workers empty, each in its turn. Thread-safe.</summary>
internal sealed class MemoryListenSocket : ListenSocket, IMemoryListener
{
    private readonly Lock _gate = new();
    private readonly MemoryNetwork _network;
    private readonly MemoryEndPoint _endPoint;
    private readonly int _backlog;
    private readonly Queue<MemoryEnd> _queue = new();
    private readonly List<MemoryAcceptor> _acceptors = [];
    private int _turn;
    private bool _disposed;

    public MemoryListenSocket(MemoryNetwork network, MemoryEndPoint endPoint, int backlog)
    {
        _network = network;
        _endPoint = endPoint;
        _backlog = backlog;
    }

    public override EndPoint LocalEndPoint => _endPoint;

    public bool TryQueue(MemoryEnd server)
    {
        MemoryAcceptor? acceptor;
        lock (_gate)
        {
            if (_disposed || _queue.Count >= _backlog)
                return false;
            _queue.Enqueue(server);
            acceptor = _acceptors.Count == 0 ? null : _acceptors[_turn++ % _acceptors.Count];
        }

        acceptor?.Schedule();
        return true;
    }

    public bool TryAccept(out MemoryEnd? server)
    {
        lock (_gate)
            return _queue.TryDequeue(out server);
    }

    public void Attach(MemoryAcceptor acceptor)
    {
        lock (_gate)
            _acceptors.Add(acceptor);
    }

    public void Detach(MemoryAcceptor acceptor)
    {
        MemoryAcceptor? heir;
        lock (_gate)
        {
            _acceptors.Remove(acceptor);
            heir = _acceptors.Count > 0 && _queue.Count > 0 ? _acceptors[0] : null;
        }

        heir?.Schedule();
    }

    /// <summary>Gives the name back and resets what waits in the queue, as the kernel does.</summary>
    public override void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        _network.Remove(_endPoint.Name, this);
        while (TryAccept(out var waiting))
            waiting!.Close(reset: true);
    }
}
