using System.Net;
using System.Net.Sockets;

namespace Envoy.Runtime.Memory;

/// <summary>
/// An in-memory connection as a worker sees it. What the other end does comes as one post to the worker, however much it does before the
/// worker has looked. Worker-owned but for <see cref="OnSignals"/>.
/// </summary>
internal sealed class MemoryTransport : Transport, IMemoryOwner, IResumable
{
    private readonly Worker _worker;
    private readonly EndPoint? _remote;
    private MemoryEnd? _end;
    private SocketError _connectError;
    private State _state;
    private int _signals;
    private bool _readable;

    private MemoryTransport(Worker worker, MemoryEnd? end, EndPoint? remote, ITransportHandler handler)
    {
        _worker = worker;
        _end = end;
        _remote = remote;
        Handler = handler;
    }

    private enum State : byte
    {
        Connecting,
        ConnectFailed,
        Open,
        Closed,
    }

    public override EndPoint? LocalEndPoint => _end?.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => _remote;

    public override bool CanReceive => _readable;

    IResumable? IResumable.NextResumed { get; set; }

    public static MemoryTransport Connect(Worker worker, MemoryNetwork network, MemoryEndPoint remote, ITransportHandler handler)
    {
        var transport = new MemoryTransport(worker, network.TryConnect(remote), remote, handler);
        if (transport._end is null)
        {
            transport._state = State.ConnectFailed;
            transport._connectError = SocketError.ConnectionRefused;
        }

        // Told from the loop: nobody's connect call is re-entered.
        worker.ResumeNextTurn(transport);
        return transport;
    }

    public static MemoryTransport Adopt(Worker worker, MemoryEnd end, ITransportHandler handler)
    {
        var transport = new MemoryTransport(worker, end, end.RemoteEndPoint, handler) { _state = State.Open };
        end.SetOwner(transport);
        return transport;
    }

    public void OnResumed()
    {
        if (_state == State.Closed)
            return;
        if (_state == State.Connecting)
            _state = State.Open;
        Handler.OnConnected(_connectError);
        // What came meanwhile is told after the connection itself.
        if (_state == State.Open)
            _end!.SetOwner(this);
    }

    public void OnSignals(MemorySignals signals)
    {
        if (Interlocked.Or(ref _signals, (int)signals) == 0)
            _worker.TryPost(static state => ((MemoryTransport)state!).TakeSignals(), this);
    }

    public override IoResult TryReceive(ArraySegment<byte> buffer) => _readable ? _end!.Receive(buffer, out _readable) : IoResult.WouldBlock;

    public override IoResult TrySend(ReadOnlySpan<ArraySegment<byte>> segments) => _state switch
    {
        State.Open => _end!.Send(segments),
        State.Connecting => IoResult.WouldBlock,
        _ => IoResult.Failed(SocketError.NotConnected),
    };

    public override void ShutdownSend()
    {
        if (_state == State.Open)
            _end!.ShutdownSend();
    }

    public override void Close(bool reset)
    {
        if (_state == State.Closed)
            return;
        _state = State.Closed;
        _readable = false;
        _end?.Close(reset);
        _end = null;
    }

    private void TakeSignals()
    {
        var signals = (MemorySignals)Interlocked.Exchange(ref _signals, 0);
        if (_state != State.Open)
            return;
        if ((signals & MemorySignals.Writable) != 0)
        {
            Handler.OnWritable();
            if (_state != State.Open)
                return;
        }

        if ((signals & MemorySignals.Readable) != 0)
        {
            _readable = true;
            Handler.OnReadable();
            if (_state != State.Open)
                return;
        }

        if ((signals & MemorySignals.Hangup) != 0)
            Handler.OnHangup();
    }
}
