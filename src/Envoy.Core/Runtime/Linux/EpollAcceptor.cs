using System.Runtime.InteropServices;
using Envoy.Runtime.Timers;

namespace Envoy.Runtime.Linux;

/// <summary>Accepts on one listening socket until the kernel has no more; after EMFILE and the like it pauses. Worker-owned.</summary>
internal sealed unsafe class EpollAcceptor : IEpollTarget, ITimerHandler, IDisposable
{
    // With no descriptor or memory left, trying at once again would spin; other connections' ends free some.
    private const int RetryMilliseconds = 100;

    // One turn takes at most this many, so that a storm of connections does not starve those that are open.
    private const int AcceptsPerTurn = 64;

    private readonly EpollPoller _poller;
    private readonly int _descriptor;
    private readonly IAcceptHandler _handler;
    private readonly TimerNode _retry;
    private int _slot;
    private bool _disposed;

    public EpollAcceptor(EpollPoller poller, int descriptor, IAcceptHandler handler)
    {
        _poller = poller;
        _descriptor = descriptor;
        _handler = handler;
        _retry = new TimerNode(this);
        // Level-triggered: what one turn leaves in the queue is reported again in the next.
        _slot = poller.TryRegister(descriptor, this, Interop.EpollIn);
        if (_slot < 0)
            throw new System.Net.Sockets.SocketException((int)SocketErrors.FromErrno(Marshal.GetLastPInvokeError()));
    }

    public void OnEvents(int events)
    {
        var address = stackalloc byte[SocketAddresses.MaxLength];
        for (var i = 0; i < AcceptsPerTurn && !_disposed; i++)
        {
            var length = SocketAddresses.MaxLength;
            var accepted = Interop.Accept(_descriptor, address, &length, Interop.SockNonBlock | Interop.SockCloseOnExec);
            if (accepted >= 0)
            {
                _handler.OnAccepted(new EpollAcceptedSocket(accepted, SocketAddresses.Read(new ReadOnlySpan<byte>(address, Math.Min(length, SocketAddresses.MaxLength)))));
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Interop.Eagain:
                    return;
                case Interop.Eintr:
                case Interop.Econnaborted:
                    continue;
                case var errno:
                    _handler.OnAcceptFailed(SocketErrors.FromErrno(errno));
                    Pause();
                    return;
            }
        }
    }

    public void OnPollerClosed()
    {
        // The listening socket is its owner's, and another worker's perhaps.
    }

    public void OnTimer(TimerNode timer)
    {
        _slot = _poller.TryRegister(_descriptor, this, Interop.EpollIn);
        if (_slot < 0)
            _poller.Worker.Arm(_retry, RetryMilliseconds);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _poller.Worker.Disarm(_retry);
        if (_slot >= 0)
            _poller.Unregister(_slot, _descriptor);
    }

    private void Pause()
    {
        _poller.Unregister(_slot, _descriptor);
        _slot = -1;
        _poller.Worker.Arm(_retry, RetryMilliseconds);
    }
}
