using System.Net.Sockets;
using Envoy.Runtime;

namespace Envoy.Tests.Runtime;

/// <summary>One side of a connection: sends what it is given, in random pieces, and keeps (or echoes) what it gets.</summary>
internal sealed class TestPeer : ITransportHandler
{
    private readonly Random _random;
    private readonly byte[] _receiveBuffer = GC.AllocateArray<byte>(48 * 1024, pinned: true);
    private readonly Queue<ArraySegment<byte>> _output = new();
    private readonly bool _echo;
    private Transport? _transport;
    private bool _endAfterOutput;
    private bool _endedSend;
    private bool _open;

    public TestPeer(Worker worker, int seed = 1, bool echo = false, bool paused = false)
    {
        Worker = worker;
        _random = new Random(seed);
        _echo = echo;
        IsPaused = paused;
    }

    public Worker Worker { get; }

    public Transport Transport => _transport!;

    public MemoryStream Received { get; } = new();

    /// <summary>The outcome of the connect, or Success for what was accepted.</summary>
    public TaskCompletionSource<SocketError> Connected { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How receiving ended: Success for a plain end.</summary>
    public TaskCompletionSource<SocketError> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Hangup { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Blocked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource AllSent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SocketError SendError { get; private set; }

    public bool IsPaused { get; private set; }

    public bool IsClosed { get; private set; }

    public bool IsInConnect { get; set; }

    public int CallsAfterClose { get; private set; }

    public int CallsWithinCall { get; private set; }

    private bool IsInCall { get; set; }

    public static byte[] RandomBytes(int seed, int length)
    {
        var bytes = GC.AllocateArray<byte>(length, pinned: true);
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public void Attach(Transport transport)
    {
        _transport = transport;
        if (Connected.Task.IsCompleted || transport.RemoteEndPoint is null || !IsInConnect)
        {
            _open = true;
            Connected.TrySetResult(SocketError.Success);
            Pump();
        }
    }

    public void Send(byte[] pinned, bool end = false)
    {
        for (var at = 0; at < pinned.Length;)
        {
            var length = Math.Min(pinned.Length - at, _random.Next(1, 20_000));
            _output.Enqueue(new ArraySegment<byte>(pinned, at, length));
            at += length;
        }

        _endAfterOutput |= end;
        if (_open)
            Pump();
    }

    public void Resume()
    {
        IsPaused = false;
        ReceiveAll();
    }

    public void Close(bool reset)
    {
        IsClosed = true;
        IsInCall = true;
        Transport.Close(reset);
        IsInCall = false;
    }

    void ITransportHandler.OnConnected(SocketError error)
    {
        Check();
        _open = error == SocketError.Success;
        Connected.TrySetResult(error);
        if (_open)
            Pump();
    }

    void ITransportHandler.OnReadable()
    {
        Check();
        if (!IsPaused)
            ReceiveAll();
    }

    void ITransportHandler.OnWritable()
    {
        Check();
        Pump();
    }

    void ITransportHandler.OnHangup()
    {
        Check();
        Hangup.TrySetResult();
    }

    private void Check()
    {
        Worker.AssertOwned();
        if (!Worker.IsCurrent || IsInCall || IsInConnect)
            CallsWithinCall++;
        if (IsClosed)
            CallsAfterClose++;
    }

    private void ReceiveAll()
    {
        do
        {
            var size = _random.Next(1, _receiveBuffer.Length);
            IsInCall = true;
            var result = Transport.TryReceive(new ArraySegment<byte>(_receiveBuffer, 0, size));
            IsInCall = false;
            switch (result.Status)
            {
                case IoStatus.Done:
                    if (_echo)
                    {
                        var copy = GC.AllocateUninitializedArray<byte>(result.Bytes, pinned: true);
                        _receiveBuffer.AsSpan(0, result.Bytes).CopyTo(copy);
                        _output.Enqueue(copy);
                        Pump();
                    }
                    else
                    {
                        Received.Write(_receiveBuffer, 0, result.Bytes);
                    }

                    break;
                case IoStatus.WouldBlock:
                    return;
                case IoStatus.EndOfStream:
                    End.TrySetResult(SocketError.Success);
                    if (_echo)
                    {
                        _endAfterOutput = true;
                        Pump();
                    }

                    return;
                default:
                    End.TrySetResult(result.Error);
                    return;
            }
        }
        while (!IsClosed && Transport.CanReceive);
    }

    private void Pump()
    {
        var segments = new ArraySegment<byte>[12];
        while (_output.Count > 0)
        {
            var count = Math.Min(_output.Count, _random.Next(1, segments.Length + 1));
            var i = 0;
            foreach (var segment in _output)
            {
                if (i == count)
                    break;
                segments[i++] = segment;
            }

            IsInCall = true;
            var result = Transport.TrySend(segments.AsSpan(0, count));
            IsInCall = false;
            if (result.Status == IoStatus.WouldBlock)
            {
                Blocked.TrySetResult();
                return;
            }

            if (result.Status == IoStatus.Failed)
            {
                SendError = result.Error;
                _output.Clear();
                return;
            }

            Take(result.Bytes);
        }

        AllSent.TrySetResult();
        if (!_endAfterOutput || _endedSend)
            return;
        _endedSend = true;
        Transport.ShutdownSend();
        if (_echo && End.Task.IsCompleted)
            Close(reset: false);
    }

    private void Take(int bytes)
    {
        while (bytes > 0)
        {
            var first = _output.Dequeue();
            if (first.Count <= bytes)
            {
                bytes -= first.Count;
                continue;
            }

            // Put the rest back at the front: the queue is turned once around.
            var rest = _output.ToArray();
            _output.Clear();
            _output.Enqueue(first[bytes..]);
            foreach (var segment in rest)
                _output.Enqueue(segment);
            return;
        }
    }
}
