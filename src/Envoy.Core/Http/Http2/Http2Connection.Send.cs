using System.Buffers.Binary;
using Envoy.Buffers;

namespace Envoy.Http.Http2;

/// <summary>What goes out: frames, windows, and whose turn it is.</summary>
internal sealed partial class Http2Connection
{
    // Given to the owner at the latest when there is so much of it: only then it can say that it has enough.
    private const long OutputPart = 256 * 1024;

    // No stream has more credit; one that had may be over.
    private long _mostCredit;
    private long _sendWindow = DefaultWindow;
    private long _receiveWindow;
    private long _consumed;
    private long _handedOver;
    private Http2Stream? _firstWaiting;
    private Http2Stream? _lastWaiting;
    private int _waiting;
    private Http2Stream? _firstResumed;

    /// <summary>The socket has taken enough: streams whose bytes wait have their turns.</summary>
    public void OnOutputDrained()
    {
        if (IsDead)
            return;
        PumpWaiting();
        var streams = SnapshotOfStreams();
        foreach (var stream in streams)
        {
            // The first of them may have filled it again; those behind are still held back.
            if (!IsOutputFull)
                stream.OnConnectionWatermark(above: false);
        }

        Return(streams);
        FlushOutput();
    }

    /// <summary>More waits in front of the socket than should.</summary>
    public void OnOutputFull()
    {
        var streams = SnapshotOfStreams();
        foreach (var stream in streams)
            stream.OnConnectionWatermark(above: true);
        Return(streams);
    }

    /// <summary>Shows streams whose readers want to read again what was held for them.</summary>
    public void Resume()
    {
        for (var stream = _firstResumed; stream is not null;)
        {
            var next = stream.NextResumed;
            stream.NextResumed = null;
            stream.IsResuming = false;
            var (id, ended) = (stream.Id, stream.RemoteEnded);
            _firstResumed = next;
            if (stream.IsOpen && !IsDead)
            {
                stream.Resume();
                if (ended && !stream.HasUndelivered)
                    AfterRemoteEnd(stream, id);
            }
            else
            {
                Release(stream);
            }

            stream = _firstResumed;
        }

        FlushOutput();
    }

    /// <summary>
    /// Resets streams that nobody on this side waits for and that have sent nothing since the last call; true while there are any such streams.
    /// </summary>
    public bool ResetStalled()
    {
        var any = false;
        var streams = SnapshotOfStreams();
        foreach (var stream in streams)
        {
            if (!stream.IsOpen || !stream.IsDetached)
                continue;
            if (stream.Pending.Length == stream.FlushMark)
            {
                _owner.Count(Http2Count.TxFlushTimeout);
                ResetStream(stream, Http2ErrorCode.NoError);
                continue;
            }

            stream.FlushMark = stream.Pending.Length;
            any = true;
        }

        Return(streams);
        return any;
    }

    internal void OnFlushPending() => _owner.OnFlushPending();

    internal void QueueResume(Http2Stream stream)
    {
        if (stream.IsResuming || IsDead)
            return;
        stream.IsResuming = true;
        if (_firstResumed is null)
            _owner.ScheduleResume();
        stream.NextResumed = _firstResumed;
        _firstResumed = stream;
    }

    internal void SendHeaders(Http2Stream stream, ReadOnlySpan<byte> block, bool endStream)
    {
        WriteBlock(stream.Id, block, endStream);
        if (endStream)
            EndLocal(stream);
        FlushOutput();
    }

    /// <summary>Sends what a stream has, as far as it may.</summary>
    internal void Pump(Http2Stream stream)
    {
        if (IsDead || stream.IsWaiting)
            return;
        if (!TrySend(stream, int.MaxValue))
            Enqueue(stream);
        FlushOutput();
    }

    /// <summary>A stream's reader has taken bytes: the peer may send as many again.</summary>
    internal void Take(Http2Stream stream, long count)
    {
        if (stream.IsOpen && !stream.RemoteEnded)
        {
            stream.Consumed += count;
            if (stream.Consumed >= _options.InitialStreamWindowSize / 2)
            {
                stream.ReceiveWindow += stream.Consumed;
                WriteWindowUpdate(stream.Id, stream.Consumed);
                stream.Consumed = 0;
            }
        }

        TakeConnection(count);
    }

    private void TakeConnection(long count)
    {
        _consumed += count;
        if (_consumed < _options.InitialConnectionWindowSize / 2 || IsDead)
            return;
        _receiveWindow += _consumed;
        WriteWindowUpdate(0, _consumed);
        _consumed = 0;
    }

    /// <summary>False: there is more, for which there is no window or no room now.</summary>
    private bool TrySend(Http2Stream stream, int frames)
    {
        var pending = stream.Pending;
        while (!pending.IsEmpty)
        {
            if (IsOutputFull || frames-- == 0)
                return false;
            var count = (int)Math.Min(Math.Min(pending.Length, Http2FrameHeader.DefaultMaxLength), Math.Min(stream.SendWindow, _sendWindow));
            if (count <= 0)
                return false;
            var end = stream.EndPending && count == pending.Length && stream.PendingTrailers is not { Count: > 0 };
            if (!WriteHeader(Http2FrameType.Data, end ? Http2FrameFlags.EndStream : Http2FrameFlags.None, stream.Id, count, isControl: false))
                return true;
            _out.MoveFrom(pending, count);
            stream.SendCredit -= count;
            _sendWindow -= count;
            _guard.OnDataSent();
            if (_out.Length >= OutputPart)
                HandOver();
            stream.CheckLow();
            if (!end)
                continue;
            EndLocal(stream);
            return true;
        }

        if (!stream.IsOpen || !stream.EndPending || stream.LocalEnded)
            return true;
        if (stream.PendingTrailers is { Count: > 0 } trailers)
            WriteBlock(stream.Id, Writer.WriteTrailers(trailers), endStream: true);
        else if (!WriteHeader(Http2FrameType.Data, Http2FrameFlags.EndStream, stream.Id, 0, isControl: false))
            return true;
        EndLocal(stream);
        return true;
    }

    // One frame each, round and round: a large body does not make its neighbours wait.
    private void PumpWaiting()
    {
        for (var moved = true; moved && _waiting > 0 && !IsOutputFull && !IsDead;)
        {
            moved = false;
            for (var left = _waiting; left > 0 && _firstWaiting is { } stream; left--)
            {
                Dequeue();
                if (!stream.IsOpen)
                {
                    Release(stream);
                    continue;
                }

                var before = stream.Pending.Length;
                var done = TrySend(stream, 1);
                moved |= done || stream.Pending.Length < before;
                if (!done)
                    Enqueue(stream);
                else
                    Release(stream);
            }
        }
    }

    private void EndLocal(Http2Stream stream)
    {
        stream.LocalEnded = true;
        if (stream.RemoteEnded && !stream.HasUndelivered)
            CloseStream(stream);
        else
            stream.OnSent();
    }

    private void Enqueue(Http2Stream stream)
    {
        if (stream.IsWaiting)
            return;
        stream.IsWaiting = true;
        stream.NextWaiting = null;
        if (_lastWaiting is null)
            _firstWaiting = stream;
        else
            _lastWaiting.NextWaiting = stream;
        _lastWaiting = stream;
        _waiting++;
    }

    private void Dequeue()
    {
        var stream = _firstWaiting!;
        _firstWaiting = stream.NextWaiting;
        if (_firstWaiting is null)
            _lastWaiting = null;
        stream.NextWaiting = null;
        stream.IsWaiting = false;
        _waiting--;
    }

    private void WriteBlock(uint id, ReadOnlySpan<byte> block, bool endStream)
    {
        var flags = endStream ? Http2FrameFlags.EndStream : Http2FrameFlags.None;
        for (var type = Http2FrameType.Headers; ; type = Http2FrameType.Continuation)
        {
            var part = block[..Math.Min(block.Length, Http2FrameHeader.DefaultMaxLength)];
            block = block[part.Length..];
            if (block.IsEmpty)
                flags |= Http2FrameFlags.EndHeaders;
            WriteFrame(type, flags, id, part, isControl: false);
            flags = Http2FrameFlags.None;
            if (block.IsEmpty)
                return;
        }
    }

    private void WriteReset(uint id, Http2ErrorCode code)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)code);
        WriteFrame(Http2FrameType.RstStream, Http2FrameFlags.None, id, payload, isControl: true);
    }

    // The last one goes out whatever else waits.
    private void PutGoAway(uint last, Http2ErrorCode code)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(payload, last);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], (uint)code);
        _owner.Count(Http2Count.GoAwaySent);
        PutHeader(Http2FrameType.GoAway, Http2FrameFlags.None, 0, payload.Length);
        _out.Append(payload);
    }

    private void WriteWindowUpdate(uint id, long increment)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)increment);
        WriteFrame(Http2FrameType.WindowUpdate, Http2FrameFlags.None, id, payload, isControl: false);
    }

    private void WriteFrame(Http2FrameType type, Http2FrameFlags flags, uint id, ReadOnlySpan<byte> payload, bool isControl)
    {
        if (WriteHeader(type, flags, id, payload.Length, isControl))
            _out.Append(payload);
    }

    private bool WriteHeader(Http2FrameType type, Http2FrameFlags flags, uint id, int length, bool isControl)
    {
        if (!Admits(isControl))
            return false;
        PutHeader(type, flags, id, length);
        return true;
    }

    /// <summary>Whether another frame may wait to be sent; too many of them are the connection's end.</summary>
    private bool Admits(bool isControl)
    {
        if (IsDead)
            return false;
        if (_guard.OnOutbound(isControl, _handedOver - _owner.OutputLength, _handedOver + _out.Length) is { } flood)
        {
            _owner.Count(flood);
            Fail(Http2ErrorCode.EnhanceYourCalm, "too many frames wait to be sent");
            return false;
        }

        return true;
    }

    private void PutHeader(Http2FrameType type, Http2FrameFlags flags, uint id, int length)
    {
        new Http2FrameHeader(length, type, flags, id).Write(_out.GetSpan(Http2FrameHeader.Size));
        _out.Advance(Http2FrameHeader.Size);
    }

    private void FlushOutput()
    {
        if (!_receiving && !_out.IsEmpty)
            HandOver();
    }

    private void HandOver()
    {
        _handedOver += _out.Length;
        _owner.Write(_out);
    }
}
