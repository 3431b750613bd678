using System.Buffers.Binary;
using Envoy.Http.Streams;

namespace Envoy.Http.Http2;

/// <summary>Frames that steer: settings, windows, resets, signs of life and the connection's end.</summary>
internal sealed partial class Http2Connection
{
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
        if (!stream.RemoteEnded)
            _closed.Add(stream.Id, byUs: false);
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
                PeerInitialWindow = value;
                return FitsEveryStream(value) || Broken(Http2ErrorCode.FlowControlError, "a window above 2^31-1");
            case Http2Setting.MaxFrameSize:
                if (value is < Http2FrameHeader.DefaultMaxLength or > 0xffffff)
                    return Broken(Http2ErrorCode.ProtocolError, "SETTINGS_MAX_FRAME_SIZE out of its bounds");
                // More than the least gains nothing, and lets one stream hold up the others for longer.
                return true;
            case Http2Setting.EnableConnectProtocol when value > 1:
                return Broken(Http2ErrorCode.ProtocolError, "SETTINGS_ENABLE_CONNECT_PROTOCOL is 0 or 1");
            default:
                return true;
        }
    }

    private bool FitsEveryStream(long initialWindow)
    {
        if (_mostCredit + initialWindow <= MaxWindow)
            return true;
        _mostCredit = 0;
        foreach (var stream in _streams.Values)
            _mostCredit = Math.Max(_mostCredit, stream.SendCredit);
        return _mostCredit + initialWindow <= MaxWindow;
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
                if (!stream.IsOpen || stream.Id <= last)
                    continue;
                RememberReset(stream);
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

        stream.SendCredit += increment;
        _mostCredit = Math.Max(_mostCredit, stream.SendCredit);
        if (increment == 0)
            StreamError(stream, Http2ErrorCode.ProtocolError, "http2.flow_control");
        else if (stream.SendWindow > MaxWindow)
            StreamError(stream, Http2ErrorCode.FlowControlError, "http2.flow_control");
    }

    private void ResetById(Http2ErrorCode code)
    {
        if (_streams.TryGetValue(_frame.StreamId, out var stream))
            StreamError(stream, code, "http2.violation.of.messaging.rule");
        else if (IsIdle(_frame.StreamId))
            Broken(code, "a wrong PRIORITY for a stream that was never begun");
        else
            WriteReset(_frame.StreamId, code);
    }
}
