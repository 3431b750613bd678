using System.Net;
using System.Net.Sockets;

namespace Envoy.Runtime.Portable;

/// <summary>
/// A listening socket of the portable engine, with its one accept operation. An accept cannot be taken back without closing the socket, so
/// the operation belongs to the socket and outlives the acceptors: what it yields while there is none waits for the next. Thread-safe.
/// </summary>
internal sealed class PortableListenSocket : ListenSocket
{
    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly AcceptOperation _operation;
    private PortableAcceptor? _acceptor;
    private State _state;
    private bool _disposed;

    public PortableListenSocket(Socket socket)
    {
        _socket = socket;
        LocalEndPoint = socket.LocalEndPoint!;
        _operation = new AcceptOperation(this);
    }

    private enum State : byte
    {
        Idle,
        Pending,
        Done,
    }

    public override EndPoint LocalEndPoint { get; }

    /// <summary>Makes <paramref name="acceptor"/> the one that is told.</summary>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    public void Attach(PortableAcceptor acceptor)
    {
        lock (_gate)
        {
            if (_acceptor is not null)
                throw new InvalidOperationException("The portable engine accepts on one worker at a time.");
            _acceptor = acceptor;
        }
    }

    public void Detach(PortableAcceptor acceptor)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_acceptor, acceptor))
                _acceptor = null;
        }
    }

    /// <summary>
    /// Takes the next connection or error; false if there is none yet: the acceptor will be scheduled when there is.
    /// </summary>
    public bool TryAccept(PortableAcceptor acceptor, out Socket? accepted, out SocketError error)
    {
        accepted = null;
        error = SocketError.Success;
        lock (_gate)
        {
            if (_disposed || !ReferenceEquals(_acceptor, acceptor) || _state == State.Pending)
                return false;
            if (_state == State.Idle)
            {
                _state = State.Pending;
                if (_socket.AcceptAsync(_operation))
                    return false;
            }

            _state = State.Idle;
            accepted = _operation.AcceptSocket;
            error = _operation.SocketError;
            _operation.AcceptSocket = null;
            return true;
        }
    }

    public override void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            // The framework also removes the file of a Unix socket that it bound.
            _socket.Dispose();
            if (_state == State.Done)
                _operation.AcceptSocket?.Dispose();
            _operation.Dispose();
        }
    }

    private void OnAccepted()
    {
        PortableAcceptor? acceptor;
        lock (_gate)
        {
            _state = State.Done;
            acceptor = _acceptor;
            if (_disposed)
            {
                _operation.AcceptSocket?.Dispose();
                return;
            }
        }

        acceptor?.Schedule();
    }

    /// <summary>No execution context flows: what completes runs in nobody's name.</summary>
    private sealed class AcceptOperation(PortableListenSocket owner) : SocketAsyncEventArgs(true)
    {
        protected override void OnCompleted(SocketAsyncEventArgs e) => owner.OnAccepted();
    }
}
