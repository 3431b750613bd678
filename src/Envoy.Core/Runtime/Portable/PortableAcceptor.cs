using System.Net.Sockets;
using Envoy.Runtime.Timers;

namespace Envoy.Runtime.Portable;

/// <summary>Accepts on one listening socket for one worker; after EMFILE and the like it pauses. Worker-owned but for <see cref="Schedule"/>.</summary>
internal sealed class PortableAcceptor : ICompletion, ITimerHandler, IDisposable
{
    // As on epoll: with no descriptor left, trying at once again would spin.
    private const int RetryMilliseconds = 100;

    // As on epoll: a storm of connections must not starve those that are open.
    private const int AcceptsPerTurn = 64;

    private readonly PortablePoller _poller;
    private readonly PortableListenSocket _socket;
    private readonly IAcceptHandler _handler;
    private readonly TimerNode _retry;
    private int _scheduled;
    private bool _disposed;

    public PortableAcceptor(PortablePoller poller, PortableListenSocket socket, IAcceptHandler handler)
    {
        _poller = poller;
        _socket = socket;
        _handler = handler;
        _retry = new TimerNode(this);
        socket.Attach(this);
        Schedule();
    }

    ICompletion? ICompletion.NextCompleted { get; set; }

    /// <summary>Has the worker look for connections. Thread-safe.</summary>
    public void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
            _poller.Enqueue(this);
    }

    public void OnCompleted()
    {
        Volatile.Write(ref _scheduled, 0);
        // While the pause lasts, only its timer goes on.
        if (!_retry.IsArmed)
            AcceptSome();
    }

    /// <summary>Nothing is lost: what was accepted waits in the socket for the next acceptor, or for its end.</summary>
    public void OnDropped()
    {
    }

    public void OnTimer(TimerNode timer) => AcceptSome();

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _poller.Worker.Disarm(_retry);
        _socket.Detach(this);
    }

    private void AcceptSome()
    {
        for (var i = 0; i < AcceptsPerTurn; i++)
        {
            if (_disposed || !_socket.TryAccept(this, out var accepted, out var error))
                return;
            switch (error)
            {
                case SocketError.Success:
                    _handler.OnAccepted(new PortableAcceptedSocket(accepted!));
                    break;
                // The peer was gone before we came.
                case SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.Interrupted:
                    break;
                default:
                    _handler.OnAcceptFailed(error);
                    if (!_disposed)
                        _poller.Worker.Arm(_retry, RetryMilliseconds);
                    return;
            }
        }

        Schedule();
    }
}
