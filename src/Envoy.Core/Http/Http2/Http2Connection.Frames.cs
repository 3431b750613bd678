using Envoy.Buffers;
using Envoy.Http.Streams;

namespace Envoy.Http.Http2;

/// <summary>What comes in: bytes become frames, and those of DATA go on at once.</summary>
internal sealed partial class Http2Connection
{
    private readonly ByteSink _payload = new();
    private int _prefaceLeft;
    private Http2FrameHeader _frame;
    private bool _inFrame;

    // Of a DATA frame under way.
    private Http2Stream? _dataStream;
    private int _dataLeft;
    private int _padLeft;
    private bool _padUnknown;

    /// <summary>Takes all that can be taken; the beginning of a frame may stay.</summary>
    public void Receive(ByteQueue input)
    {
        if (_receiving)
            return;
        _receiving = true;
        while (!IsDead && Step(input))
        {
        }

        _receiving = false;
        if (IsDead)
            input.Clear();
        PumpWaiting();
        FlushOutput();
    }

    private bool Step(ByteQueue input)
    {
        if (_prefaceLeft > 0)
            return ReadPreface(input);
        if (!_inFrame && !BeginFrame(input))
            return false;
        if (_frame.Type == Http2FrameType.Data)
            return ReadData(input);
        if (input.Length < _frame.Length)
            return false;
        _inFrame = false;
        var length = _frame.Length;
        var payload = input.FirstSpan;
        if (payload.Length >= length)
        {
            Handle(payload[..length]);
        }
        else
        {
            _payload.Clear();
            var room = _payload.GetSpan(length)[..length];
            input.CopyTo(room);
            Handle(room);
        }

        if (!IsDead)
            input.Drain(length);
        return true;
    }

    private bool ReadPreface(ByteQueue input)
    {
        while (_prefaceLeft > 0 && !input.IsEmpty)
        {
            var span = input.FirstSpan;
            var expected = Preface[^_prefaceLeft..];
            var count = Math.Min(span.Length, expected.Length);
            if (!span[..count].SequenceEqual(expected[..count]))
            {
                Fail(Http2ErrorCode.ProtocolError, "no preface");
                return false;
            }

            input.Drain(count);
            _prefaceLeft -= count;
        }

        return _prefaceLeft == 0;
    }

    private bool BeginFrame(ByteQueue input)
    {
        if (input.Length < Http2FrameHeader.Size)
            return false;
        Span<byte> bytes = stackalloc byte[Http2FrameHeader.Size];
        input.CopyTo(bytes);
        input.Drain(Http2FrameHeader.Size);
        _frame = Http2FrameHeader.Read(bytes);
        if (_frame.Length > Http2FrameHeader.DefaultMaxLength)
            return Broken(Http2ErrorCode.FrameSizeError, "a frame is longer than SETTINGS_MAX_FRAME_SIZE");
        if (!HasPeerSettings && (_frame.Type != Http2FrameType.Settings || _frame.Has(Http2FrameFlags.Ack)))
            return Broken(Http2ErrorCode.ProtocolError, "the first frame is no SETTINGS");
        if (_blockStream != 0 && (_frame.Type != Http2FrameType.Continuation || _frame.StreamId != _blockStream))
            return Broken(Http2ErrorCode.ProtocolError, "a header block is not continued");
        _inFrame = true;
        return _frame.Type != Http2FrameType.Data || BeginData();
    }

    private bool BeginData()
    {
        var length = _frame.Length;
        var end = _frame.Has(Http2FrameFlags.EndStream);
        if (_frame.StreamId == 0)
            return Broken(Http2ErrorCode.ProtocolError, "DATA without a stream");
        if (!_guard.OnPayload(length, end))
            return Flood(Http2Count.InboundEmptyFramesFlood);
        if (length > _receiveWindow)
            return Broken(Http2ErrorCode.FlowControlError, "more DATA than the connection's window");
        _receiveWindow -= length;
        _padUnknown = _frame.Has(Http2FrameFlags.Padded);
        if (_padUnknown && length == 0)
            return Broken(Http2ErrorCode.FrameSizeError, "no room for the padding's length");
        _dataLeft = length;
        _padLeft = 0;
        _dataStream = null;
        if (!_streams.TryGetValue(_frame.StreamId, out var stream))
            return OnDataOfNoStream();
        if (stream.RemoteEnded)
            return Broken(Http2ErrorCode.StreamClosed, "DATA after its stream's end");
        if (!stream.HasHeaders)
            return Broken(Http2ErrorCode.ProtocolError, "DATA before HEADERS");
        if (length > stream.ReceiveWindow)
        {
            StreamError(stream, Http2ErrorCode.FlowControlError, "http2.flow_control");
            return true;
        }

        stream.ReceiveWindow -= length;
        _dataStream = stream;
        return true;
    }

    private bool OnDataOfNoStream() => IsIdle(_frame.StreamId)
        ? Broken(Http2ErrorCode.ProtocolError, "DATA for a stream that was never begun")
        : OnFrameOfClosedStream(_frame.StreamId, "DATA after its stream's end");

    /// <summary>
    /// What had been under way when we reset the stream is let pass; after the peer's own reset it is a fault of the stream, and after its orderly end one
    /// of the connection (RFC 9113 section 5.1). DATA has taken from the connection's window all the same.
    /// </summary>
    private bool OnFrameOfClosedStream(uint id, string fault)
    {
        if (id > _goAwayLimit)
            return true;
        if (!_closed.TryGet(id, out var byUs))
        {
            if (!_closed.HasForgotten)
                return Broken(Http2ErrorCode.StreamClosed, fault);
            WriteReset(id, Http2ErrorCode.StreamClosed);
        }
        else if (!byUs)
        {
            _closed.LetPass(id);
            WriteReset(id, Http2ErrorCode.StreamClosed);
        }

        return !IsDead;
    }

    private bool ReadData(ByteQueue input)
    {
        if (_padUnknown)
        {
            if (input.IsEmpty)
                return false;
            _padLeft = input.FirstSpan[0];
            input.Drain(1);
            _padUnknown = false;
            if (_padLeft >= _dataLeft)
                return Broken(Http2ErrorCode.ProtocolError, "more padding than payload");
            _dataLeft -= _padLeft + 1;
            TakePadding(_padLeft + 1);
        }

        var id = _frame.StreamId;
        if (_dataLeft > 0)
        {
            var count = (int)Math.Min(_dataLeft, input.Length);
            if (count == 0)
                return false;
            _dataLeft -= count;
            if (CurrentDataStream(id) is { } stream)
            {
                Chunk.MoveFrom(input, count);
                DeliverData(stream, count, _dataLeft == 0 && _padLeft == 0 && _frame.Has(Http2FrameFlags.EndStream));
            }
            else
            {
                input.Drain(count);
                TakeConnection(count);
            }

            if (_dataLeft > 0 || IsDead)
                return !IsDead;
        }

        var padding = (int)Math.Min(_padLeft, input.Length);
        input.Drain(padding);
        _padLeft -= padding;
        if (_padLeft > 0)
            return false;
        _inFrame = false;
        if (!_frame.Has(Http2FrameFlags.EndStream))
            return true;
        // An end that comes with padding, or with nothing at all.
        if (CurrentDataStream(id) is not { } ended)
            _closed.OnPeerEnded(id);
        else if (!ended.RemoteEnded)
            DeliverData(ended, 0, endStream: true);
        return true;
    }

    // A handler may have ended it between two pieces, and another one may have its object.
    private Http2Stream? CurrentDataStream(uint id) => _dataStream is { IsOpen: true } stream && stream.Id == id ? stream : null;

    private void TakePadding(int count)
    {
        if (_dataStream is { IsOpen: true } stream)
            Take(stream, count);
        else
            TakeConnection(count);
    }

    private void DeliverData(Http2Stream stream, int count, bool endStream)
    {
        var id = stream.Id;
        if (stream.Promised >= 0)
        {
            stream.Promised -= count;
            if (stream.Promised < 0 || (endStream && stream.Promised > 0))
            {
                TakeConnection(count);
                Chunk.Clear();
                MessagingError(stream, "a body that is not as long as content-length says");
                return;
            }
        }

        stream.RemoteEnded |= endStream;
        stream.Receive(Chunk, endStream);
        Chunk.Clear();
        if (endStream && stream.IsOpen && stream.Id == id && !stream.HasUndelivered)
            AfterRemoteEnd(stream, id);
    }

    /// <summary>The peer's message has been delivered to its end.</summary>
    private void AfterRemoteEnd(Http2Stream stream, uint id)
    {
        if (!stream.IsOpen || stream.Id != id || !stream.RemoteEnded)
            return;
        if (stream.LocalEnded)
            CloseStream(stream);
        else if (!_isServer && stream.IsDetached)
            ResetStream(stream, Http2ErrorCode.NoError);
    }

    private void Handle(ReadOnlySpan<byte> payload)
    {
        switch (_frame.Type)
        {
            case Http2FrameType.Headers:
                OnHeaders(payload);
                break;
            case Http2FrameType.Continuation:
                OnContinuation(payload);
                break;
            case Http2FrameType.Priority:
                OnPriority(payload);
                break;
            case Http2FrameType.RstStream:
                OnRstStream(payload);
                break;
            case Http2FrameType.Settings:
                OnSettings(payload);
                break;
            case Http2FrameType.PushPromise:
                Broken(Http2ErrorCode.ProtocolError, "PUSH_PROMISE, which we do not want");
                break;
            case Http2FrameType.Ping:
                OnPing(payload);
                break;
            case Http2FrameType.GoAway:
                OnGoAway(payload);
                break;
            case Http2FrameType.WindowUpdate:
                OnWindowUpdate(payload);
                break;
            default:
                // Section 4.1: frames of unknown types are ignored.
                break;
        }
    }

    private bool IsIdle(uint id) => (id & 1) == 1 == _isServer ? id > _lastPeerStream : id > _lastOwnStream;

    private bool Broken(Http2ErrorCode code, string message)
    {
        Fail(code, message);
        return false;
    }

    private bool Flood(Http2Count kind)
    {
        _owner.Count(kind);
        return Broken(Http2ErrorCode.EnhanceYourCalm, "a flood");
    }

    private void StreamError(Http2Stream stream, Http2ErrorCode code, string details)
    {
        _owner.Count(Http2Count.TxReset);
        RememberReset(stream);
        WriteReset(stream.Id, code);
        End(stream, StreamResetReason.ProtocolError, details);
        _owner.OnPeerFault();
    }
}
