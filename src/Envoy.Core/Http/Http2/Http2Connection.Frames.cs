using System.Buffers.Binary;
using System.Globalization;
using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Streams;

namespace Envoy.Http.Http2;

/// <summary>What comes in, frame by frame.</summary>
internal sealed partial class Http2Connection
{
    private readonly ByteSink _payload = new();
    private readonly ByteSink _block = new();
    private readonly int _maxBlock;
    private int _prefaceLeft;
    private Http2FrameHeader _frame;
    private bool _inFrame;

    // Of a DATA frame under way.
    private Http2Stream? _dataStream;
    private int _dataLeft;
    private int _padLeft;
    private bool _padUnknown;

    // Of a header block in pieces: whose it is, and whether its message ends with it. 0: none is.
    private uint _blockStream;
    private bool _blockEnds;
    private bool _blockDependsOnItself;

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
        {
            StreamError(stream, Http2ErrorCode.StreamClosed, "http2.stream_closed");
            return true;
        }

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

    // What had been under way when the stream was reset is let pass; it has taken from the connection's window all the same.
    private bool OnDataOfNoStream()
    {
        if (IsIdle(_frame.StreamId))
            return Broken(Http2ErrorCode.ProtocolError, "DATA for a stream that was never begun");
        if (!WasResetByUs(_frame.StreamId) && _frame.StreamId <= _goAwayLimit)
            WriteReset(_frame.StreamId, Http2ErrorCode.StreamClosed);
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
            if (_padLeft == 0)
            {
                _inFrame = false;
                return true;
            }
        }

        var padding = (int)Math.Min(_padLeft, input.Length);
        input.Drain(padding);
        _padLeft -= padding;
        if (_padLeft > 0)
            return false;
        _inFrame = false;
        // An end that comes with padding, or with nothing at all.
        if (_frame.Has(Http2FrameFlags.EndStream) && CurrentDataStream(id) is { RemoteEnded: false } ended)
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

    private void OnHeaders(ReadOnlySpan<byte> payload)
    {
        var id = _frame.StreamId;
        if (id == 0)
        {
            Broken(Http2ErrorCode.ProtocolError, "HEADERS without a stream");
            return;
        }

        var padding = 0;
        if (_frame.Has(Http2FrameFlags.Padded))
        {
            if (payload.IsEmpty)
            {
                Broken(Http2ErrorCode.FrameSizeError, "no room for the padding's length");
                return;
            }

            padding = payload[0];
            payload = payload[1..];
        }

        _blockDependsOnItself = false;
        if (_frame.Has(Http2FrameFlags.Priority))
        {
            if (payload.Length < 5)
            {
                Broken(Http2ErrorCode.FrameSizeError, "no room for the priority");
                return;
            }

            _blockDependsOnItself = (BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7fffffff) == id;
            payload = payload[5..];
        }

        if (padding > payload.Length)
        {
            Broken(Http2ErrorCode.ProtocolError, "more padding than payload");
            return;
        }

        _blockEnds = _frame.Has(Http2FrameFlags.EndStream);
        Gather(id, payload[..^padding]);
    }

    private void OnContinuation(ReadOnlySpan<byte> payload)
    {
        if (_blockStream == 0)
            Broken(Http2ErrorCode.ProtocolError, "CONTINUATION of nothing");
        else
            Gather(_blockStream, payload);
    }

    private void Gather(uint id, ReadOnlySpan<byte> part)
    {
        var ends = _frame.Has(Http2FrameFlags.EndHeaders);
        if (!_guard.OnPayload(part.Length, _blockEnds && ends))
        {
            Flood(Http2Count.InboundEmptyFramesFlood);
            return;
        }

        var isFirst = _blockStream == 0;
        if (isFirst && ends)
        {
            // The usual case: no copy.
            OnBlock(id, part);
            return;
        }

        if (isFirst)
            _block.Clear();
        if (_block.Length + part.Length > _maxBlock)
        {
            _owner.Count(Http2Count.HeaderOverflow);
            Broken(Http2ErrorCode.EnhanceYourCalm, "a header block without end");
            return;
        }

        _block.Append(part);
        _blockStream = ends ? 0 : id;
        if (ends)
            OnBlock(id, _block.Written);
    }

    private void OnBlock(uint id, ReadOnlySpan<byte> block)
    {
        if (_streams.TryGetValue(id, out var stream))
        {
            if (stream.RemoteEnded)
            {
                if (Ignore(block))
                    StreamError(stream, Http2ErrorCode.StreamClosed, "http2.stream_closed");
            }
            else if (_blockDependsOnItself)
            {
                if (Ignore(block))
                    StreamError(stream, Http2ErrorCode.ProtocolError, "http2.violation.of.messaging.rule");
            }
            else if (stream.HasHeaders)
            {
                OnTrailers(stream, block);
            }
            else if (stream is Http2ClientStream client)
            {
                OnResponse(client, block);
            }

            return;
        }

        if (!_isServer || (id & 1) == 0)
        {
            if (!IsIdle(id) && Ignore(block))
                return;
            Broken(Http2ErrorCode.ProtocolError, "HEADERS for a stream that cannot be");
        }
        else if (id <= _lastPeerStream)
        {
            if (Ignore(block) && !WasResetByUs(id))
                Broken(Http2ErrorCode.StreamClosed, "HEADERS for a stream that is over");
        }
        else
        {
            OnRequest(id, block);
        }
    }

    private void OnRequest(uint id, ReadOnlySpan<byte> block)
    {
        _lastPeerStream = id;
        if (id > _goAwayLimit)
        {
            Ignore(block);
            return;
        }

        if (_blockDependsOnItself || _streams.Count >= _options.MaxConcurrentStreams)
        {
            if (!Ignore(block))
                return;
            _owner.Count(Http2Count.TxReset);
            WriteReset(id, _blockDependsOnItself ? Http2ErrorCode.ProtocolError : Http2ErrorCode.RefusedStream);
            return;
        }

        var stream = (Http2ServerStream)(_free.TryPop(out var free) ? free : new Http2ServerStream(this));
        stream.IsFree = false;
        Begin(stream, id);
        _owner.OnStreamBegun(stream);
        var result = _reader.Read(block, stream.Handler.RequestHeaders, Http2BlockKind.Request);
        if (!Check(stream, result))
            return;
        var headers = stream.Handler.RequestHeaders;
        if (headers.TryGet(HeaderId.ContentLength, out var length) && AsciiBytes.TryParseLength(length, out var promised))
        {
            stream.Promised = promised;
            if (_blockEnds && promised > 0)
            {
                MessagingError(stream, "content-length without a body");
                return;
            }
        }

        if (headers.Get(HeaderId.Method).SequenceEqual("CONNECT"u8) && headers.Contains(HeaderId.Protocol) && !_options.AllowConnect)
        {
            MessagingError(stream, ":protocol that was not offered");
            return;
        }

        stream.RemoteEnded = _blockEnds;
        stream.OnHeaders(_blockEnds);
        if (_blockEnds)
            AfterRemoteEnd(stream, id);
    }

    private void OnResponse(Http2ClientStream stream, ReadOnlySpan<byte> block)
    {
        var id = stream.Id;
        // Detached: nobody wants it, and it is about to be reset.
        var headers = stream.IsDetached ? null : stream.Handler.ResponseHeaders;
        if (headers is null)
        {
            Ignore(block);
            return;
        }

        if (!Check(stream, _reader.Read(block, headers, Http2BlockKind.Response)))
            return;
        var status = int.Parse(headers.Get(HeaderId.Status), NumberStyles.None, CultureInfo.InvariantCulture);
        if (status == 101 || (status < 200 && _blockEnds))
        {
            MessagingError(stream, "a 101, or an interim response that is the last");
            return;
        }

        if (status >= 200 && status != 204 && status != 304 && !stream.IsHead && headers.TryGet(HeaderId.ContentLength, out var length) && AsciiBytes.TryParseLength(length, out var promised))
        {
            stream.Promised = promised;
            if (_blockEnds && promised > 0)
            {
                MessagingError(stream, "content-length without a body");
                return;
            }
        }

        stream.RemoteEnded = _blockEnds;
        stream.OnHeaders(status, _blockEnds);
        if (_blockEnds)
            AfterRemoteEnd(stream, id);
    }

    private void OnTrailers(Http2Stream stream, ReadOnlySpan<byte> block)
    {
        var id = stream.Id;
        if (!_blockEnds)
        {
            if (Ignore(block))
                MessagingError(stream, "trailers that do not end their message");
            return;
        }

        if (stream.TrailersMap is not { } trailers)
        {
            stream.RemoteEnded = Ignore(block);
            AfterRemoteEnd(stream, id);
            return;
        }

        if (!Check(stream, _reader.Read(block, trailers, Http2BlockKind.Trailers)))
            return;
        if (stream.Promised > 0)
        {
            MessagingError(stream, "a body that is not as long as content-length says");
            return;
        }

        _owner.Count(Http2Count.Trailers);
        stream.RemoteEnded = true;
        stream.ReceiveTrailers();
        if (!stream.HasUndelivered)
            AfterRemoteEnd(stream, id);
    }

    private bool Check(Http2Stream stream, Http2BlockResult result)
    {
        switch (result)
        {
            case Http2BlockResult.Message:
                return true;
            case Http2BlockResult.TooLarge:
                _owner.Count(Http2Count.HeaderOverflow);
                StreamError(stream, Http2ErrorCode.InternalError, "http2.too_many_headers");
                return false;
            case Http2BlockResult.Malformed:
                MessagingError(stream, _reader.Fault);
                return false;
            default:
                Broken(Http2ErrorCode.CompressionError, _reader.Fault);
                return false;
        }
    }

    private bool Ignore(ReadOnlySpan<byte> block)
    {
        if (_reader.Read(block, null, Http2BlockKind.Ignored) != Http2BlockResult.Broken)
            return true;
        Broken(Http2ErrorCode.CompressionError, _reader.Fault);
        return false;
    }

    private void OnPriority(ReadOnlySpan<byte> payload)
    {
        if (_frame.StreamId == 0)
            Broken(Http2ErrorCode.ProtocolError, "PRIORITY without a stream");
        else if (!_guard.OnPriority())
            Flood(Http2Count.InboundPriorityFramesFlood);
        else if (payload.Length != 5)
            ResetById(Http2ErrorCode.FrameSizeError);
        else if ((BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7fffffff) == _frame.StreamId)
            ResetById(Http2ErrorCode.ProtocolError);
    }

    private void OnRstStream(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4)
        {
            Broken(Http2ErrorCode.FrameSizeError, "RST_STREAM of another length");
            return;
        }

        if (_frame.StreamId == 0 || IsIdle(_frame.StreamId))
        {
            Broken(Http2ErrorCode.ProtocolError, "RST_STREAM for a stream that was never begun");
            return;
        }

        if (!_streams.TryGetValue(_frame.StreamId, out var stream))
            return;
        _owner.Count(Http2Count.RxReset);
        _owner.OnPeerReset(stream);
        if (IsDead)
            return;
        var refused = (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload) == Http2ErrorCode.RefusedStream;
        End(stream, refused ? StreamResetReason.RemoteRefused : StreamResetReason.RemoteReset, refused ? "http2.remote_refuse" : "http2.remote_reset");
    }

    private void OnSettings(ReadOnlySpan<byte> payload)
    {
        if (_frame.StreamId != 0)
        {
            Broken(Http2ErrorCode.ProtocolError, "SETTINGS with a stream");
            return;
        }

        if (_frame.Has(Http2FrameFlags.Ack))
        {
            if (payload.Length != 0)
                Broken(Http2ErrorCode.FrameSizeError, "an acknowledgement with a payload");
            else
                _decoder.SetSizeLimit(TableSize);
            return;
        }

        if (payload.Length % 6 != 0)
        {
            Broken(Http2ErrorCode.FrameSizeError, "SETTINGS of another length");
            return;
        }

        if (!HasPeerSettings)
            PeerMaxConcurrentStreams = uint.MaxValue;
        for (; !payload.IsEmpty; payload = payload[6..])
        {
            if (!Apply((Http2Setting)BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt32BigEndian(payload[2..])))
                return;
        }

        HasPeerSettings = true;
        WriteFrame(Http2FrameType.Settings, Http2FrameFlags.Ack, 0, default, isControl: true);
        if (!IsDead)
            _owner.OnPeerSettings();
    }

    private bool Apply(Http2Setting setting, uint value)
    {
        switch (setting)
        {
            case Http2Setting.HeaderTableSize:
                _encoder.SetSizeLimit(value);
                return true;
            case Http2Setting.EnablePush when value > 1:
                return Broken(Http2ErrorCode.ProtocolError, "SETTINGS_ENABLE_PUSH is 0 or 1");
            case Http2Setting.MaxConcurrentStreams:
                PeerMaxConcurrentStreams = value;
                return true;
            case Http2Setting.InitialWindowSize:
                if (value > MaxWindow)
                    return Broken(Http2ErrorCode.FlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1");
                var difference = value - _peerInitialWindow;
                _peerInitialWindow = value;
                foreach (var stream in _streams.Values)
                {
                    stream.SendWindow += difference;
                    if (stream.SendWindow > MaxWindow)
                        return Broken(Http2ErrorCode.FlowControlError, "a window above 2^31-1");
                }

                return true;
            case Http2Setting.MaxFrameSize:
                if (value is < Http2FrameHeader.DefaultMaxLength or > 0xffffff)
                    return Broken(Http2ErrorCode.ProtocolError, "SETTINGS_MAX_FRAME_SIZE out of its bounds");
                // More than the least gains nothing, and lets one stream hold up the others for longer.
                return true;
            case Http2Setting.EnableConnectProtocol:
                if (value > 1)
                    return Broken(Http2ErrorCode.ProtocolError, "SETTINGS_ENABLE_CONNECT_PROTOCOL is 0 or 1");
                PeerAllowsConnect = value == 1;
                return true;
            default:
                return true;
        }
    }

    private void OnPing(ReadOnlySpan<byte> payload)
    {
        if (_frame.StreamId != 0)
            Broken(Http2ErrorCode.ProtocolError, "PING with a stream");
        else if (payload.Length != 8)
            Broken(Http2ErrorCode.FrameSizeError, "PING of another length");
        else if (_frame.Has(Http2FrameFlags.Ack))
            _owner.OnPong();
        else
            WriteFrame(Http2FrameType.Ping, Http2FrameFlags.Ack, 0, payload, isControl: true);
    }

    private void OnGoAway(ReadOnlySpan<byte> payload)
    {
        if (_frame.StreamId != 0)
        {
            Broken(Http2ErrorCode.ProtocolError, "GOAWAY with a stream");
            return;
        }

        if (payload.Length < 8)
        {
            Broken(Http2ErrorCode.FrameSizeError, "GOAWAY too short");
            return;
        }

        var last = BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7fffffff;
        if (!_isServer)
        {
            IsGoingAway = true;
            var streams = SnapshotOfStreams();
            foreach (var stream in streams)
            {
                if (stream.IsOpen && stream.Id > last)
                    End(stream, StreamResetReason.RemoteRefused, "");
            }

            Return(streams);
        }

        _owner.OnGoAway(last, (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload[4..]));
    }

    private void OnWindowUpdate(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4)
        {
            Broken(Http2ErrorCode.FrameSizeError, "WINDOW_UPDATE of another length");
            return;
        }

        if (!_guard.OnWindowUpdate())
        {
            Flood(Http2Count.InboundWindowUpdateFramesFlood);
            return;
        }

        var increment = BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7fffffff;
        if (_frame.StreamId == 0)
        {
            _sendWindow += increment;
            if (increment == 0)
                Broken(Http2ErrorCode.ProtocolError, "WINDOW_UPDATE by nothing");
            else if (_sendWindow > MaxWindow)
                Broken(Http2ErrorCode.FlowControlError, "a window above 2^31-1");
            return;
        }

        if (!_streams.TryGetValue(_frame.StreamId, out var stream))
        {
            if (IsIdle(_frame.StreamId))
                Broken(Http2ErrorCode.ProtocolError, "WINDOW_UPDATE for a stream that was never begun");
            return;
        }

        stream.SendWindow += increment;
        if (increment == 0)
            StreamError(stream, Http2ErrorCode.ProtocolError, "http2.flow_control");
        else if (stream.SendWindow > MaxWindow)
            StreamError(stream, Http2ErrorCode.FlowControlError, "http2.flow_control");
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

    private void ResetById(Http2ErrorCode code)
    {
        if (_streams.TryGetValue(_frame.StreamId, out var stream))
            StreamError(stream, code, "http2.violation.of.messaging.rule");
        else
            WriteReset(_frame.StreamId, code);
    }

    // Envoy's rule: a message against the rules ends its connection, unless streams are to suffer alone.
    private void MessagingError(Http2Stream stream, string message)
    {
        _owner.Count(Http2Count.RxMessagingError);
        if (_options.StreamErrorOnInvalidHttpMessaging == true)
        {
            StreamError(stream, Http2ErrorCode.ProtocolError, "http2.violation.of.messaging.rule");
            return;
        }

        End(stream, StreamResetReason.ProtocolError, "http2.violation.of.messaging.rule");
        Broken(Http2ErrorCode.ProtocolError, message);
    }

    private void StreamError(Http2Stream stream, Http2ErrorCode code, string details)
    {
        _owner.Count(Http2Count.TxReset);
        WriteReset(stream.Id, code);
        End(stream, StreamResetReason.ProtocolError, details);
    }

    /// <summary>A stream ends by the peer's doing: its handler hears of it once it is closed.</summary>
    private void End(Http2Stream stream, StreamResetReason reason, string details)
    {
        if (!stream.IsOpen)
            return;
        _streams.Remove(stream.Id);
        TakeConnection(stream.HeldLength);
        _owner.OnStreamClosed(stream);
        stream.Close();
        stream.OnReset(reason, details);
        Release(stream);
    }
}
