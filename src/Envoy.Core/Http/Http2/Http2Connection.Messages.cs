using System.Buffers.Binary;
using System.Globalization;
using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Streams;

namespace Envoy.Http.Http2;

/// <summary>Header blocks, whole or in pieces, and the requests, responses and trailers that they are.</summary>
internal sealed partial class Http2Connection
{
    private readonly ByteSink _block = new();
    private readonly int _maxBlock;

    // Of a header block in pieces: whose it is, and whether its message ends with it. 0: none is.
    private uint _blockStream;
    private bool _blockEnds;
    private bool _blockDependsOnItself;

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
                Broken(Http2ErrorCode.StreamClosed, "HEADERS after their stream's end");
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

        if (!IsIdle(id))
        {
            if (!Ignore(block) || !OnFrameOfClosedStream(id, "HEADERS after their stream's end"))
                return;
            if (_blockEnds)
                _closed.OnPeerEnded(id);
        }
        else if (_isServer && (id & 1) == 1)
        {
            OnRequest(id, block);
        }
        else
        {
            Broken(Http2ErrorCode.ProtocolError, "HEADERS for a stream that cannot be");
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
            if (!_blockEnds)
                _closed.Add(id, byUs: true);
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

        if (status is 204 or 304 || (status >= 200 && stream.IsHead))
        {
            stream.Promised = 0;
        }
        else if (status >= 200 && !stream.IsGrant(status) && headers.TryGet(HeaderId.ContentLength, out var length) && AsciiBytes.TryParseLength(length, out var promised))
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
}
