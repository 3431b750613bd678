using System.Net.Sockets;

namespace Envoy.Runtime.Portable;

/// <summary>One kind of operation of one transport, used again and again. The socket layer owns it while it is pending, the worker otherwise.</summary>
internal sealed class PortableOperation : SocketAsyncEventArgs, ICompletion
{
    private readonly PortablePoller _poller;
    private readonly IPortableOperationOwner _owner;

    public PortableOperation(PortablePoller poller, IPortableOperationOwner owner)
        : base(true) // No execution context flows: what completes runs in the worker's name, not the starter's.
    {
        _poller = poller;
        _owner = owner;
    }

    ICompletion? ICompletion.NextCompleted { get; set; }

    void ICompletion.OnCompleted() => _owner.OnOperationDone(this);

    void ICompletion.OnDropped() => _owner.OnOperationDropped(this);

    protected override void OnCompleted(SocketAsyncEventArgs e) => _poller.Enqueue(this);
}
