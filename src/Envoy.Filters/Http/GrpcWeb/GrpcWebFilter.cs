using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Filters.Common.Grpc;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Runtime;

namespace Envoy.Filters.Http.GrpcWeb;

/// <summary>
/// Makes a gRPC request of one of grpc-web, and grpc-web of what is answered: trailers become the body's last frame, and with grpc-web-text everything is
/// base64 (grpc's doc/PROTOCOL-WEB.md). Worker-owned.
/// </summary>
internal sealed class GrpcWebFilter(GrpcWebFilter.Factory shared) : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    // Envoy's: so much of an answer that is not gRPC becomes the call's message.
    private const int MaxMessageBytes = 16384;

    private readonly GrpcWebTextDecoder _decoder = new();
    private readonly GrpcWebTextEncoder _encoder = new();
    private readonly ByteQueue _out = new(shared.Worker);
    private HttpFilterCallbacks _callbacks = null!;
    private GrpcMethodStats? _stats;
    private bool _isGrpcWeb;
    private bool _isTextRequest;
    private bool _isTextResponse;
    private bool _wraps;

    private static ReadOnlySpan<byte> Binary => "application/grpc-web"u8;

    private static ReadOnlySpan<byte> BinaryProto => "application/grpc-web+proto"u8;

    private static ReadOnlySpan<byte> Text => "application/grpc-web-text"u8;

    private static ReadOnlySpan<byte> TextProto => "application/grpc-web-text+proto"u8;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        var type = headers.Get(HeaderId.ContentType);
        _isTextRequest = IsText(type);
        if ((!_isTextRequest && !IsBinary(type)) || !headers.Contains(HeaderId.Path))
        {
            _isTextRequest = false;
            return FilterStatus.Continue;
        }

        _isGrpcWeb = true;
        _isTextResponse = IsText(headers.Get(HeaderId.Accept));
        if (GrpcMethodName.TryRead(headers.Get(HeaderId.Path), out var service, out var method))
            _stats = shared.Stats.Of(_callbacks)?.Of(service, method, replaceDots: false);
        // The length of the base64, or of a message whose end is told otherwise over HTTP/2.
        headers.Remove(HeaderId.ContentLength);
        headers.Set(HeaderId.ContentType, "application/grpc"u8);
        headers.Set(HeaderId.TE, "trailers"u8);
        if (!headers.Contains(HeaderId.GrpcAcceptEncoding))
            headers.Set(HeaderId.GrpcAcceptEncoding, "identity"u8);
        return FilterStatus.Continue;
    }

    public FilterStatus OnRequestData(ByteQueue data, bool endStream)
    {
        if (!_isTextRequest)
            return FilterStatus.Continue;
        foreach (var slice in data)
        {
            if (!_decoder.TryDecode(slice, _out))
                return Refuse("grpc_base_64_decode_failed");
        }

        if (endStream && _decoder.IsIncomplete)
            return Refuse("grpc_base_64_decode_failed_bad_size");
        data.Clear();
        data.Append(_out);
        return data.IsEmpty && !endStream ? FilterStatus.Take : FilterStatus.Continue;
    }

    public FilterStatus OnRequestTrailers(HeaderMap trailers) =>
        _isTextRequest && _decoder.IsIncomplete ? Refuse("grpc_base_64_decode_failed_bad_size") : FilterStatus.Continue;

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        if (!_isGrpcWeb)
            return FilterStatus.Continue;
        if (headers.TryGet(HeaderId.GrpcStatus, out var status))
            _stats?.CountStatus(status);
        _wraps = !endStream && !(StatusHeader.Read(headers) == 200 && IsGrpcOrBinary(headers.Get(HeaderId.ContentType)));
        headers.Remove(HeaderId.ContentLength);
        headers.Set(HeaderId.ContentType, _isTextResponse ? TextProto : BinaryProto);
        return _wraps ? FilterStatus.Hold : FilterStatus.Continue;
    }

    public FilterStatus OnResponseData(ByteQueue data, bool endStream)
    {
        if (_wraps)
        {
            Keep(data);
            if (!endStream)
                return FilterStatus.Take;
            Wrap();
            return FilterStatus.Continue;
        }

        if (!_isTextResponse)
            return FilterStatus.Continue;
        _encoder.Encode(data, _out);
        if (endStream)
            _encoder.Finish(_out);
        data.Append(_out);
        return data.IsEmpty && !endStream ? FilterStatus.Take : FilterStatus.Continue;
    }

    public FilterStatus OnResponseTrailers(HeaderMap trailers)
    {
        if (!_isGrpcWeb)
            return FilterStatus.Continue;
        if (trailers.TryGet(HeaderId.GrpcStatus, out var status))
            _stats?.CountStatus(status);
        if (_wraps)
        {
            Wrap();
            return FilterStatus.Continue;
        }

        WriteTrailers(trailers);
        _callbacks.AddResponseData(_out);
        return FilterStatus.Continue;
    }

    public void Clear()
    {
        _stats = null;
        _isGrpcWeb = _isTextRequest = _isTextResponse = _wraps = false;
        _decoder.Clear();
        _encoder.Clear();
        _out.Clear();
    }

    private static bool IsText(ReadOnlySpan<byte> type) => type.SequenceEqual(Text) || type.SequenceEqual(TextProto);

    private static bool IsBinary(ReadOnlySpan<byte> type) => type.SequenceEqual(Binary) || type.SequenceEqual(BinaryProto);

    // An upstream may speak grpc-web itself; parameters do not count then.
    private static bool IsGrpcOrBinary(ReadOnlySpan<byte> type)
    {
        if (GrpcContentType.Is(type))
            return true;
        var end = type.IndexOf((byte)';');
        var bare = (end < 0 ? type : type[..end]).TrimEnd(" \t"u8);
        return AsciiBytes.EqualsIgnoreCase(bare, Binary) || AsciiBytes.EqualsIgnoreCase(bare, BinaryProto);
    }

    private FilterStatus Refuse(string details)
    {
        _isTextRequest = false;
        _out.Clear();
        _callbacks.SendLocalReply(new LocalReply(400, details) { Body = "Bad gRPC-web request, invalid base64 data." });
        return FilterStatus.Hold;
    }

    private void Keep(ByteQueue data)
    {
        _out.MoveFrom(data, Math.Min(data.Length, MaxMessageBytes - _out.Length));
        data.Clear();
    }

    /// <summary>The answer is not gRPC: its body, the client's only clue, becomes the message of the call's status.</summary>
    private void Wrap()
    {
        _wraps = false;
        var headers = _callbacks.ResponseHeaders;
        var message = shared.Message;
        message.Clear();
        foreach (var slice in _out)
            GrpcMessage.Encode(slice, message);
        _out.Clear();
        headers.SetUnchecked(HeaderId.GrpcMessage, message.Written);
        message.Clear();
        message.Append((long)GrpcStatusMapping.FromHttp(StatusHeader.Read(headers)));
        headers.SetUnchecked(HeaderId.GrpcStatus, message.Written);
        headers.SetUnchecked(HeaderId.ContentLength, "0"u8);
    }

    // All trailers in one frame, as lines of HTTP/1; then there are none any more.
    private void WriteTrailers(HeaderMap trailers)
    {
        var lines = shared.Message;
        lines.Clear();
        GrpcFrameReader.WriteHeader(lines.GetSpan(GrpcFrameReader.HeaderLength), GrpcFrameReader.Trailers, 0);
        lines.Advance(GrpcFrameReader.HeaderLength);
        foreach (var field in trailers)
        {
            lines.Append(field.Name);
            lines.Append((byte)':');
            lines.Append(field.Value);
            lines.Append("\r\n"u8);
        }

        GrpcFrameReader.WriteHeader(lines.Written, GrpcFrameReader.Trailers, (uint)(lines.Length - GrpcFrameReader.HeaderLength));
        trailers.Clear();
        if (!_isTextResponse)
        {
            _out.Append(lines.Written);
            return;
        }

        // A message that was cut off ends with padding of its own.
        _encoder.Finish(_out);
        var length = System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(lines.Length);
        var text = lines.GetSpan(length);
        _ = System.Buffers.Text.Base64.EncodeToUtf8(lines.Written, text, out _, out var written);
        _out.Append(text[..written]);
    }

    /// <summary>There is nothing to compile. Immutable.</summary>
    internal sealed class Snapshot : IHttpFilterSnapshot
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory(FilterWorkerContext context) : IHttpFilterFactory
    {
        public Worker Worker { get; } = context.Worker;

        public GrpcStatsRoom Stats { get; } = new(context, "grpc-web");

        /// <summary>Room for a header's value, or for trailers; nothing in it outlives the call that filled it.</summary>
        public ByteSink Message { get; } = new();

        public IHttpFilter Create() => new GrpcWebFilter(this);
    }
}
