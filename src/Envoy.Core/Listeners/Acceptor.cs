using System.Net.Sockets;
using Envoy.Runtime;

namespace Envoy.Listeners;

/// <summary>
/// Accepts on one socket. Where every worker has a socket of its own, the worker that accepts keeps the connection; else connections are
/// handed to the workers in turn. Owned by the worker that accepts.
/// </summary>
internal sealed class Acceptor : IAcceptHandler
{
    private readonly Worker[] _workers;
    private readonly WorkerListener[] _listeners;
    private readonly Worker _own;
    private int _next;

    /// <summary>Hands over to all of <paramref name="listeners"/>, which belong to <paramref name="workers"/>, in turn.</summary>
    public Acceptor(Worker own, Worker[] workers, WorkerListener[] listeners)
    {
        _own = own;
        _workers = workers;
        _listeners = listeners;
    }

    public void OnAccepted(AcceptedSocket socket)
    {
        var index = _next;
        _next = index + 1 == _workers.Length ? 0 : index + 1;
        if (ReferenceEquals(_workers[index], _own))
        {
            _listeners[index].Take(socket);
            return;
        }

        if (!_workers[index].TryPost(static state => ((HandOver)state!).Run(), new HandOver(_listeners[index], socket)))
            socket.Dispose();
    }

    public void OnAcceptFailed(SocketError error) => _listeners[0].OnAcceptFailed(error);

    private sealed class HandOver(WorkerListener listener, AcceptedSocket socket) : IDroppable
    {
        public void Run() => listener.Take(socket);

        public void OnDropped() => socket.Dispose();
    }
}
