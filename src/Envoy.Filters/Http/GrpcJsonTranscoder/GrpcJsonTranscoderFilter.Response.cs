using System.Buffers;
using System.Buffers.Text;
using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Filters.Common.Grpc;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;
using Envoy.Filters.Http.GrpcJsonTranscoder.Paths;
using Envoy.Http;
using Envoy.Http.Headers;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <content>
/// The response. One message: everything waits for the trailers, which say the status. A stream goes on as it comes, but for an HttpBody's,
/// whose first message has the content type.
/// </content>
internal sealed partial class GrpcJsonTranscoderFilter
{
    private static readonly byte[] Comma = [(byte)','];

    // No flag at all: a compressed message cannot be read.
    private readonly GrpcFrameReader _frameReader = new(allowedFlags: 0);

    // What has come of the message at hand.
    private readonly ByteQueue _received;
    private readonly ByteQueue _json;
    private bool _answers;
    private bool _headersWait;
    private bool _hasBody;
    private bool _hasMessage;
    private bool _ended;
    private long _responseCounted;

    private static ReadOnlySpan<byte> DetailsHeader => "grpc-status-details-bin"u8;

    private bool IsSse => _config.Options.PrintOptions.StreamSseStyleDelimited;

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        if (Rule is not { } rule)
            return FilterStatus.Continue;
        // Trailers-only: what would have been in trailers is here. Anything else that is not gRPC passes as it is.
        var isGrpc = endStream
            ? headers.Contains(HeaderId.GrpcStatus)
            : StatusHeader.Read(headers) == 200 && GrpcContentType.Is(headers.Get(HeaderId.ContentType));
        if (!isGrpc)
        {
            _failed = true;
            return FilterStatus.Continue;
        }

        _answers = true;
        var streams = rule.Method.ServerStreaming;
        headers.Remove(HeaderId.ContentLength);
        if (!endStream || streams)
            headers.Set(HeaderId.ContentType, streams && IsSse ? "text/event-stream"u8 : "application/json"u8);
        if (endStream)
        {
            EndResponse(headers, isTrailersOnly: true);
            return FilterStatus.Continue;
        }

        _headersWait = !streams || rule.ResponseIsHttpBody;
        return _headersWait ? FilterStatus.Hold : FilterStatus.Continue;
    }

    public FilterStatus OnResponseData(ByteQueue data, bool endStream)
    {
        if (!_answers || Rule is not { } rule)
            return FilterStatus.Continue;
        _hasBody |= !data.IsEmpty;
        if (!CheckResponseLimit(data.Length) || !ConvertFrames(data, rule) || (endStream && !EndFrames(rule)))
            return FilterStatus.Hold;
        CountResponse();
        if (!endStream && (_headersWait || _json.IsEmpty))
            return FilterStatus.Take;
        data.Append(_json);
        CountResponse();
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseTrailers(HeaderMap trailers)
    {
        if (!_answers || Rule is null)
            return FilterStatus.Continue;
        EndResponse(trailers, isTrailersOnly: false);
        CountResponse();
        return FilterStatus.Continue;
    }

    private void ClearResponse()
    {
        _received.Clear();
        _frameReader.Clear();
        _json.Clear();
        _answers = _headersWait = _hasBody = _hasMessage = _ended = false;
    }

    private bool ConvertFrames(ByteQueue data, PathRule rule)
    {
        while (true)
        {
            switch (_frameReader.Take(data, _received))
            {
                case GrpcFrameEvent.NeedMore:
                    return true;
                case GrpcFrameEvent.BadFlags:
                    // Nobody has told the server that it may compress.
                    return FailResponse($"Unsupported gRPC frame flag: {data.FirstSpan[0]}", "INTERNAL");
                case GrpcFrameEvent.End:
                    var input = _shared.Writer.Input;
                    input.Clear();
                    var length = (int)_received.Length;
                    _ = _received.CopyTo(input.GetSpan(length)[..length]);
                    input.Advance(length);
                    _received.Clear();
                    if (!ConvertMessage(rule))
                        return false;
                    break;
                default:
                    break;
            }
        }
    }

    private bool ConvertMessage(PathRule rule)
    {
        if (rule.ResponseIsHttpBody)
            return ConvertHttpBody(rule);
        var streams = rule.Method.ServerStreaming;
        // A second message of a call that has one answer is nobody's.
        if (!streams && _hasMessage)
            return true;
        var writer = _shared.Writer;
        writer.Output.Clear();
        var print = _config.Options.PrintOptions;
        if (streams)
            writer.Output.Append(IsSse ? "data: "u8 : print.StreamNewlineDelimited ? default : _hasMessage ? Comma : "["u8);
        _hasMessage = true;
        if (!writer.TryConvert(_config.Types, _config.Print, rule.Method.Output, rule.ResponseBody))
            return FailResponse(writer.Error, "INVALID_ARGUMENT");
        if (streams)
            writer.Output.Append(IsSse ? "\n\n"u8 : print.StreamNewlineDelimited ? "\n"u8 : default);
        _json.Append(writer.Output.Written);
        return true;
    }

    private bool ConvertHttpBody(PathRule rule)
    {
        if (_shared.Writer.Input.Length == 0 || (_hasMessage && !rule.Method.ServerStreaming))
        {
            _headersWait &= !rule.Method.ServerStreaming;
            return true;
        }

        if (!TryFindHttpBody(_shared.Writer.Input.Written, rule.ResponseBody, out var contentType, out var data))
            return FailResponse("The response is no google.api.HttpBody.", "INVALID_ARGUMENT");
        // The content type of the first message is everybody's.
        if (!_hasMessage)
        {
            _hasMessage = true;
            if (contentType.ContainsAny("\0\r\n"u8))
                return FailResponse("The response's content type is none.", "INVALID_ARGUMENT");
            if (contentType.IsEmpty)
                _callbacks.ResponseHeaders.Remove(HeaderId.ContentType);
            else
                _callbacks.ResponseHeaders.Set(HeaderId.ContentType, contentType);
        }

        _headersWait &= !rule.Method.ServerStreaming;
        _json.Append(data);
        return true;
    }

    // The last value of each field counts.
    private static bool TryFindHttpBody(ReadOnlySpan<byte> message, ReadOnlySpan<ProtoField> path, out ReadOnlySpan<byte> contentType, out ReadOnlySpan<byte> data)
    {
        contentType = data = default;
        var reader = new WireReader(message);
        while (reader.TryReadTag(out var number, out var type))
        {
            var isWanted = type == WireType.Bytes && (path.IsEmpty ? number is 1 or 2 : number == path[0].Number);
            if (!isWanted)
            {
                if (!reader.TrySkip(number, type))
                    return false;
                continue;
            }

            if (!reader.TryReadBytes(out var value))
                return false;
            if (!path.IsEmpty)
            {
                if (!TryFindHttpBody(value, path[1..], out contentType, out data))
                    return false;
            }
            else if (number == 1)
            {
                contentType = value;
            }
            else
            {
                data = value;
            }
        }

        return !reader.IsBroken;
    }

    // No more messages: what is left of one is an error, and an array is closed.
    private bool EndFrames(PathRule rule)
    {
        if (_ended)
            return true;
        _ended = true;
        if (!_frameReader.IsBetweenFrames && !rule.ResponseIsHttpBody)
        {
            return FailResponse(
                _frameReader.Remaining == 0
                    ? "Incomplete gRPC frame header received"
                    : $"Incomplete gRPC frame expected size: {_frameReader.Length} actual size: {_frameReader.Length - _frameReader.Remaining}",
                "INTERNAL");
        }

        var print = _config.Options.PrintOptions;
        if (rule.Method.ServerStreaming && !rule.ResponseIsHttpBody && !IsSse && !print.StreamNewlineDelimited)
            _json.Append(_hasMessage ? "]"u8 : "[]"u8);
        return true;
    }

    private void EndResponse(HeaderMap trailers, bool isTrailersOnly)
    {
        var rule = _rule!;
        var headers = _callbacks.ResponseHeaders;
        var hasStatus = TryReadStatus(trailers, out var status);
        if (hasStatus && TryConvertStatus(status, trailers, isTrailersOnly))
            return;
        if (!EndFrames(rule))
            return;
        var length = _json.Length;
        if (!_json.IsEmpty)
            _callbacks.AddResponseData(_json);
        if (rule.Method.ServerStreaming && !isTrailersOnly)
            return;
        StatusHeader.Write(headers, hasStatus ? GrpcStatusMapping.ToHttp(status) : 503);
        if (!isTrailersOnly)
        {
            if (hasStatus)
                headers.Set(HeaderId.GrpcStatus, trailers.Get(HeaderId.GrpcStatus));
            if (trailers.TryGet(HeaderId.GrpcMessage, out var message))
                headers.Set(HeaderId.GrpcMessage, message);
        }

        RemoveTrailerHeader(headers);
        if (!rule.Method.ServerStreaming)
            ContentLength.Set(headers, length);
    }

    // A status that is no number counts as none that means anything.
    private static bool TryReadStatus(HeaderMap trailers, out int status)
    {
        status = 0;
        return trailers.TryGet(HeaderId.GrpcStatus, out var text) && Utf8Parser.TryParse(text, out status, out var length) && length == text.Length && status >= 0;
    }

    // convert_grpc_status: an error without a body gets google.rpc.Status as one.
    private bool TryConvertStatus(int status, HeaderMap trailers, bool isTrailersOnly)
    {
        if (!_config.Options.ConvertGrpcStatus || _hasBody || status == 0)
            return false;
        var writer = _shared.Writer;
        writer.Input.Clear();
        if (!TryReadDetails(trailers, writer.Input))
        {
            _shared.Scratch.Clear();
            PercentDecoding.Append(_shared.Scratch, trailers.Get(HeaderId.GrpcMessage), UrlUnescapeSpec.AllCharacters);
            TranscoderWorker.AppendStatus(writer.Input, _shared.Reader.Output, status, _shared.Scratch.Written);
        }

        writer.Output.Clear();
        // Details of a type that the set does not have cannot be written: the status alone then says what happened.
        if (!writer.TryConvert(_config.Types, _config.Print, _config.Status, default))
            return false;
        var headers = _callbacks.ResponseHeaders;
        StatusHeader.Write(headers, GrpcStatusMapping.ToHttp(status));
        if (isTrailersOnly)
        {
            // They are in the body now.
            headers.Remove(HeaderId.GrpcStatus);
            headers.Remove(HeaderId.GrpcMessage);
            headers.Remove(DetailsHeader);
        }

        RemoveTrailerHeader(headers);
        headers.Set(HeaderId.ContentType, "application/json"u8);
        ContentLength.Set(headers, writer.Output.Length);
        _json.Clear();
        _json.Append(writer.Output.Written);
        _callbacks.AddResponseData(_json);
        return true;
    }

    private static bool TryReadDetails(HeaderMap trailers, ByteSink message)
    {
        if (!trailers.TryGet(DetailsHeader, out var text) || text.IsEmpty)
            return false;
        // With or without padding: in metadata it may be left out.
        text = text.TrimEnd((byte)'=');
        var room = message.GetSpan(text.Length + 3);
        text.CopyTo(room);
        var padded = (text.Length + 3) & ~3;
        room[text.Length..padded].Fill((byte)'=');
        if (Base64.DecodeFromUtf8InPlace(room[..padded], out var written) != OperationStatus.Done)
            return false;
        message.Advance(written);
        var reader = new WireReader(message.Written);
        while (reader.TryReadTag(out var number, out var type) && reader.TrySkip(number, type))
        {
        }

        if (reader.IsBroken)
            message.Clear();
        return !reader.IsBroken && written > 0;
    }

    private void RemoveTrailerHeader(HeaderMap headers)
    {
        // What it announces does not reach a client of HTTP/1.
        if (_callbacks.StreamInfo.Protocol is not ("HTTP/2" or "HTTP/3"))
            headers.Remove(HeaderId.Trailer);
    }

    private bool CheckResponseLimit(long more)
    {
        var limit = _config.Options.MaxResponseBodySize ?? _callbacks.BufferLimit;
        if (limit == 0 || _received.Length + more + _json.Length <= limit)
            return true;
        _failed = true;
        // After the headers of a stream have gone this resets it.
        _callbacks.SendLocalReply(new LocalReply(500, $"{Failed}{{response_buffer_size_limit_reached}}")
        {
            Body = "Response not transcoded because the transcoder's internal buffer size exceeds the configured limit.",
        });
        return false;
    }

    private bool FailResponse(string error, string status)
    {
        _failed = true;
        _callbacks.SendLocalReply(new LocalReply(502, $"{Failed}{{{status}}}") { Body = error });
        return false;
    }

    private void CountResponse()
    {
        var now = _received.Length + _json.Length;
        if (now == _responseCounted)
            return;
        _shared.ResponseBytes.Add(now - _responseCounted);
        _responseCounted = now;
    }
}
