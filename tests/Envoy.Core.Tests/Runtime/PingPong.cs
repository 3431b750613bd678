using System.Net;
using System.Net.Sockets;
using Envoy.Runtime;

namespace Envoy.Tests.Runtime;

/// <summary>Sends a kilobyte back and forth, and counts what its worker's thread allocates once everything is warm.</summary>
internal sealed class PingPong : ITransportHandler
{
    private const int Warm = 500;
    private const int Rounds = 2500;

    private readonly byte[] _buffer = GC.AllocateArray<byte>(4096, pinned: true);
    private readonly ArraySegment<byte>[] _segments = new ArraySegment<byte>[2];
    private Transport? _transport;
    private int _received;
    private int _round;
    private long _before;

    public TaskCompletionSource<long> Allocated { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Begin(Worker worker, EndPoint address)
    {
        _segments[0] = new ArraySegment<byte>(_buffer, 0, 100);
        _segments[1] = new ArraySegment<byte>(_buffer, 100, 924);
        _transport = worker.Poller.Connect(address, new ConnectOptions(), this);
    }

    public void Close() => _transport!.Close(reset: false);

    public void OnConnected(SocketError error) => Send();

    public void OnReadable()
    {
        do
        {
            var result = _transport!.TryReceive(_buffer);
            if (result.Status != IoStatus.Done)
                return;
            _received += result.Bytes;
            if (_received < 1024)
                continue;
            _received = 0;
            if (++_round == Warm)
                _before = GC.GetAllocatedBytesForCurrentThread();
            if (_round == Rounds)
            {
                Allocated.TrySetResult(GC.GetAllocatedBytesForCurrentThread() - _before);
                return;
            }

            Send();
        }
        while (_transport.CanReceive);
    }

    public void OnWritable()
    {
    }

    public void OnHangup()
    {
    }

    private void Send() => _transport!.TrySend(_segments);
}

/// <summary>Sends back what comes, as long as that is little.</summary>
internal sealed class PlainEcho : ITransportHandler, IAcceptHandler
{
    private readonly byte[] _buffer = GC.AllocateArray<byte>(4096, pinned: true);
    private readonly ArraySegment<byte>[] _segments = new ArraySegment<byte>[1];
    private Transport? _transport;

    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Worker? Owner { get; private set; }

    public void OnAccepted(AcceptedSocket socket)
    {
        Owner = ((WorkerSynchronizationContext)SynchronizationContext.Current!).Worker;
        _transport = socket.Adopt(Owner, this);
    }

    public void OnAcceptFailed(SocketError error)
    {
    }

    public void OnConnected(SocketError error)
    {
    }

    public void OnReadable()
    {
        do
        {
            var result = _transport!.TryReceive(_buffer);
            if (result.Status == IoStatus.EndOfStream)
                Ended.TrySetResult();
            if (result.Status != IoStatus.Done)
                return;
            _segments[0] = new ArraySegment<byte>(_buffer, 0, result.Bytes);
            _transport.TrySend(_segments);
        }
        while (_transport.CanReceive);
    }

    public void OnWritable()
    {
    }

    public void OnHangup()
    {
    }

    public void Close() => _transport!.Close(reset: false);
}
