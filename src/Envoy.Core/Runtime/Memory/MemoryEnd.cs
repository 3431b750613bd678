using System.Net.Sockets;

namespace Envoy.Runtime.Memory;

/// <summary>
/// One end of an in-memory connection: the bytes that have arrived at it, and the way to the other end. Both ends share one lock, held for
/// the length of a copy at most. Thread-safe; an end's own calls are made by one owner at a time.
/// </summary>
internal sealed class MemoryEnd
{
    private readonly Lock _gate;
    private MemoryEnd _peer = null!;
    private IMemoryOwner? _owner;
    private MemoryRing _arrived;
    private bool _waitsForBytes = true;
    private bool _waitsForRoom;
    private bool _ended;
    private bool _closed;
    private bool _reset;
    private bool _left;

    private MemoryEnd(Lock gate, MemoryEndPoint? local, MemoryEndPoint? remote)
    {
        _gate = gate;
        LocalEndPoint = local;
        RemoteEndPoint = remote;
    }

    public MemoryEndPoint? LocalEndPoint { get; }

    public MemoryEndPoint? RemoteEndPoint { get; }

    /// <summary>A connection to <paramref name="endPoint"/>.</summary>
    public static (MemoryEnd Client, MemoryEnd Server) CreatePair(MemoryEndPoint endPoint)
    {
        var gate = new Lock();
        var client = new MemoryEnd(gate, null, endPoint);
        var server = new MemoryEnd(gate, endPoint, null);
        client._peer = server;
        server._peer = client;
        return (client, server);
    }

    /// <summary>Sets who is told from now on; what has happened before is told at once.</summary>
    public void SetOwner(IMemoryOwner owner)
    {
        var missed = MemorySignals.None;
        lock (_gate)
        {
            _owner = owner;
            if (!_waitsForBytes || _reset)
                missed |= MemorySignals.Readable;
            if (_reset)
                missed |= MemorySignals.Hangup;
        }

        if (missed != MemorySignals.None)
            owner.OnSignals(missed);
    }

    /// <summary>Takes bytes; <paramref name="more"/> says that the next call yields something (bytes, the end, an error) too.</summary>
    public IoResult Receive(Span<byte> buffer, out bool more)
    {
        IoResult result;
        IMemoryOwner? tell = null;
        lock (_gate)
        {
            more = false;
            if (_reset)
                return IoResult.Failed(SocketError.ConnectionReset);
            if (_closed)
                return IoResult.Failed(SocketError.OperationAborted);
            if (buffer.IsEmpty && _arrived.Count > 0)
            {
                // A stream's read of no bytes asks whether there are any.
                more = true;
                return IoResult.Done(0);
            }

            var length = _arrived.Read(buffer);
            if (length > 0)
            {
                result = IoResult.Done(length);
                more = _arrived.Count > 0 || _peer._ended;
                // Half the room at once rather than a word for every byte.
                if (_peer._waitsForRoom && _arrived.Free >= MemoryRing.Capacity / 2)
                {
                    _peer._waitsForRoom = false;
                    tell = _peer._owner;
                }
            }
            else
            {
                result = _peer._ended ? IoResult.EndOfStream : IoResult.WouldBlock;
            }

            if (!more)
                _waitsForBytes = true;
        }

        tell?.OnSignals(MemorySignals.Writable);
        return result;
    }

    /// <summary>Copies as much as the other end has room for. After less than all, <see cref="MemorySignals.Writable"/> follows.</summary>
    public IoResult Send(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        var sent = 0;
        IMemoryOwner? tell;
        lock (_gate)
        {
            if (CannotSend() is { } error)
                return IoResult.Failed(error);
            // Room is told of, so that two sides do not send each other a byte at a time.
            if (_waitsForRoom)
                return IoResult.WouldBlock;
            foreach (var segment in segments)
            {
                var taken = _peer._arrived.Write(segment);
                sent += taken;
                if (taken == segment.Count)
                    continue;
                _waitsForRoom = true;
                break;
            }

            tell = sent > 0 ? WakeReceiver() : null;
        }

        tell?.OnSignals(MemorySignals.Readable);
        return sent > 0 || !_waitsForRoom ? IoResult.Done(sent) : IoResult.WouldBlock;
    }

    /// <summary>Ends this end's direction.</summary>
    public void ShutdownSend()
    {
        IMemoryOwner? tell;
        lock (_gate)
        {
            if (_ended || _reset)
                return;
            _ended = true;
            tell = WakeReceiver();
        }

        tell?.OnSignals(MemorySignals.Readable);
    }

    /// <summary>The owner wants no more bytes: the peer's sends fail from now on. Idempotent.</summary>
    public void ShutdownReceive()
    {
        IMemoryOwner? tell;
        lock (_gate)
        {
            if (_closed)
                return;
            tell = CloseReceiving();
        }

        tell?.OnSignals(MemorySignals.Writable);
    }

    /// <summary>Leaves the connection; the owner is told nothing afterwards. Idempotent.</summary>
    public void Close(bool reset)
    {
        IMemoryOwner? tell;
        var signals = MemorySignals.None;
        lock (_gate)
        {
            if (_left)
                return;
            _left = true;
            _owner = null;
            tell = _peer._owner;
            if (CloseReceiving() is not null)
                signals |= MemorySignals.Writable;
            if (reset && !_reset && !(_ended && _peer._ended && _peer._arrived.Count == 0))
            {
                // As after a RST: what was under way is lost.
                _peer._reset = true;
                _peer._arrived.Clear();
                _peer._waitsForBytes = false;
                _ended = true;
                signals |= MemorySignals.Readable | MemorySignals.Hangup;
            }
            else if (!_ended)
            {
                _ended = true;
                if (WakeReceiver() is not null)
                    signals |= MemorySignals.Readable;
            }
        }

        if (signals != MemorySignals.None)
            tell?.OnSignals(signals);
    }

    private SocketError? CannotSend()
    {
        if (_reset || _peer._closed)
            return SocketError.ConnectionReset;
        return _ended ? SocketError.Shutdown : null;
    }

    /// <summary>The peer's owner if it waits for bytes and is now to be told; nobody otherwise: it knows already.</summary>
    private IMemoryOwner? WakeReceiver()
    {
        if (!_peer._waitsForBytes)
            return null;
        _peer._waitsForBytes = false;
        return _peer._owner;
    }

    /// <summary>Returns who waits for room that will never be.</summary>
    private IMemoryOwner? CloseReceiving()
    {
        _closed = true;
        _arrived.Clear();
        if (!_peer._waitsForRoom)
            return null;
        _peer._waitsForRoom = false;
        return _peer._owner;
    }
}
