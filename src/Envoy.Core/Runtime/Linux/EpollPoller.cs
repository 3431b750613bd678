using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Envoy.Runtime.Memory;

namespace Envoy.Runtime.Linux;

/// <summary>
/// One worker's epoll instance. Descriptors are registered once, edge-triggered; the event carries the slot of what is registered and the
/// slot's generation, so that an event of a descriptor closed earlier in the same turn finds nobody. Worker-owned but for <see cref="Wake"/>.
/// </summary>
internal sealed unsafe class EpollPoller : Poller
{
    private const int MaxEvents = 256;
    private const int InitialSlots = 64;

    // x86 packs epoll_event to 12 bytes; every other architecture aligns its 64-bit data.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 12 : 16;

    private readonly int _epoll;
    private readonly SafeDescriptor _wake;
    private readonly int _wakeDescriptor;
    private readonly byte[] _events = GC.AllocateArray<byte>(MaxEvents * 16, pinned: true);
    private Slot[] _slots = new Slot[InitialSlots];
    private int _freeSlot = -1;
    private int _usedSlots;
    private bool _disposed;

    public EpollPoller(Worker worker, MemoryNetwork memory)
        : base(worker, memory)
    {
        _epoll = Check(Interop.EpollCreate(Interop.SockCloseOnExec));
        try
        {
            _wakeDescriptor = Check(Interop.EventFd(0, Interop.SockNonBlock | Interop.SockCloseOnExec));
            _wake = new SafeDescriptor(_wakeDescriptor);
            Register(_wakeDescriptor, new WakeTarget(_wakeDescriptor), Interop.EpollIn | Interop.EpollEdge);
        }
        catch
        {
            _ = Interop.Close(_epoll);
            _wake?.Dispose();
            throw;
        }
    }

    /// <summary>What is registered at the moment, the wake-up descriptor left out.</summary>
    public int RegisteredCount { get; private set; } = -1;

    public override void Poll(int timeoutMilliseconds)
    {
        fixed (byte* events = _events)
        {
            var count = Interop.EpollWait(_epoll, events, MaxEvents, timeoutMilliseconds);
            // Before anybody's clock is asked, which may make system calls of its own.
            var errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            Worker.UpdateNow();
            if (count < 0)
            {
                if (errno == Interop.Eintr)
                    return;
                throw new SocketException((int)SocketErrors.FromErrno(errno), $"epoll_wait failed with errno {errno}.");
            }

            var dataOffset = EventSize - sizeof(ulong);
            for (var i = 0; i < count; i++)
            {
                var at = events + (i * EventSize);
                var data = *(ulong*)(at + dataOffset);
                ref var slot = ref _slots[(int)(uint)data];
                if (slot.Generation == (uint)(data >> 32) && slot.Target is { } target)
                    target.OnEvents(*(int*)at);
            }
        }
    }

    public override void Wake()
    {
        ulong one = 1;
        // A full counter (EAGAIN) means that a wake-up is pending already; a closed descriptor that nobody is left to wake.
        try
        {
            _ = Interop.Write(_wake, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
        }
    }

    public override void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        // A loop that ends in order has closed its connections before; one that failed has not.
        for (var i = 0; i < _usedSlots; i++)
            _slots[i].Target?.OnPollerClosed();
        _ = Interop.Close(_epoll);
        _wake.Dispose();
    }

    /// <summary>Registers a descriptor; returns its slot, or -1 with errno set if the kernel refuses.</summary>
    internal int TryRegister(int descriptor, IEpollTarget target, int events)
    {
        Worker.AssertOwned();
        int index;
        if (_freeSlot >= 0)
        {
            index = _freeSlot;
            _freeSlot = _slots[index].NextFree;
        }
        else
        {
            if (_usedSlots == _slots.Length)
                Array.Resize(ref _slots, _slots.Length * 2);
            index = _usedSlots++;
        }

        ref var slot = ref _slots[index];
        slot.Target = target;
        var buffer = stackalloc byte[16];
        *(int*)buffer = events;
        *(ulong*)(buffer + EventSize - sizeof(ulong)) = ((ulong)slot.Generation << 32) | (uint)index;
        if (Interop.EpollCtl(_epoll, Interop.EpollCtlAdd, descriptor, buffer) < 0)
        {
            Release(index);
            return -1;
        }

        RegisteredCount++;
        return index;
    }

    /// <summary>Forgets a slot whose descriptor is about to be closed (which unregisters it with the kernel).</summary>
    internal void Unregister(int index)
    {
        Worker.AssertOwned();
        Release(index);
        RegisteredCount--;
    }

    /// <summary>Forgets a slot whose descriptor stays open.</summary>
    internal void Unregister(int index, int descriptor)
    {
        var unused = stackalloc byte[16];
        if (!_disposed)
            _ = Interop.EpollCtl(_epoll, Interop.EpollCtlDel, descriptor, unused);
        Unregister(index);
    }

    protected override Transport ConnectSocket(EndPoint remote, ConnectOptions options, ITransportHandler handler)
    {
        var transport = new EpollTransport(this, handler);
        transport.BeginConnect(remote, options);
        return transport;
    }

    protected override IDisposable AcceptSockets(ListenSocket socket, IAcceptHandler handler) => new EpollAcceptor(this, ((EpollListenSocket)socket).Descriptor, handler);

    private static int Check(int result) => result >= 0
        ? result
        : throw new SocketException((int)SocketErrors.FromErrno(Marshal.GetLastPInvokeError()));

    private void Register(int descriptor, IEpollTarget target, int events)
    {
        if (TryRegister(descriptor, target, events) < 0)
            Check(-1);
    }

    private void Release(int index)
    {
        ref var slot = ref _slots[index];
        slot.Target = null;
        slot.Generation++;
        slot.NextFree = _freeSlot;
        _freeSlot = index;
    }

    private struct Slot
    {
        public IEpollTarget? Target;
        public uint Generation;
        public int NextFree;
    }

    /// <summary>Empties the event counter; that the poll returned is all that a wake-up is for.</summary>
    private sealed class WakeTarget(int descriptor) : IEpollTarget
    {
        public void OnPollerClosed()
        {
            // The poller's own; it is closed with it.
        }

        public void OnEvents(int events)
        {
            ulong count;
            _ = Interop.Read(descriptor, &count, sizeof(ulong));
        }
    }
}
