using System.Buffers.Text;
using System.Text;
using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Filters.Common.Grpc;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Runtime;

namespace Envoy.Filters.Http.GrpcHttp1ReverseBridge;

/// <summary>Makes a plain request of a gRPC one, and gRPC of what is answered. Worker-owned.</summary>
internal sealed class GrpcHttp1ReverseBridgeFilter(GrpcHttp1ReverseBridgeFilter.Snapshot config, Worker worker)
    : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    private const int Unknown = 2;
    private const int Internal = 13;

    private readonly ByteSink _contentType = new();
    private readonly ByteQueue _body = new(worker);
    private HttpFilterCallbacks _callbacks = null!;
    private bool _bridges;
    private int _headerLeft;
    private int _status;
    private long _promised;
    private long _received;
    private bool _promises;

    private bool Withholds => config.Options.WithholdGrpcFrames;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        var type = headers.Get(HeaderId.ContentType);
        if (endStream || !headers.Contains(HeaderId.Path) || !GrpcContentType.Is(type) || _callbacks.RouteOptions<GrpcHttp1ReverseBridgeRouteOptions>() is { Disabled: true })
            return FilterStatus.Continue;
        _bridges = true;
        _headerLeft = Withholds ? GrpcFrameReader.HeaderLength : 0;
        _contentType.Append(type);
        headers.Set(HeaderId.ContentType, config.ContentType);
        headers.Set(HeaderId.Accept, config.ContentType);
        if (Withholds)
            AdjustLength(headers, -GrpcFrameReader.HeaderLength);
        _callbacks.ClearRouteCache();
        return FilterStatus.Continue;
    }

    public FilterStatus OnRequestData(ByteQueue data, bool endStream)
    {
        if (!_bridges || _headerLeft == 0)
            return FilterStatus.Continue;
        var cut = (int)Math.Min(_headerLeft, data.Length);
        data.Drain(cut);
        _headerLeft -= cut;
        if (_headerLeft > 0 && endStream)
            return Fail(Unknown, "invalid request body", "grpc_bridge_data_too_small");
        return data.IsEmpty && !endStream ? FilterStatus.Take : FilterStatus.Continue;
    }

    public FilterStatus OnRequestTrailers(HeaderMap trailers) =>
        _bridges && _headerLeft > 0 ? Fail(Unknown, "invalid request body", "grpc_bridge_data_too_small") : FilterStatus.Continue;

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        if (!_bridges)
            return FilterStatus.Continue;
        var type = headers.Get(HeaderId.ContentType);
        if (!type.SequenceEqual(config.ContentType))
        {
            // An answer of the proxy itself says already what a gRPC client wants to know.
            if (endStream && headers.Contains(HeaderId.GrpcStatus) && GrpcContentType.Is(type))
            {
                _bridges = false;
                return FilterStatus.Continue;
            }

            return Fail(Unknown, WrongType(type, headers.Get(HeaderId.Status)), "grpc_bridge_content_type_wrong");
        }

        if (Withholds && config.SizeHeader is { } sizeHeader)
        {
            _promises = sizeHeader.TryGet(headers, out var size) && TryReadFirst(size, out _promised);
            if (!_promises)
                return Fail(Internal, "envoy reverse bridge: upstream did not set content length", "grpc_bridge_content_length_missing");
            ContentLength.Set(headers, _promised + GrpcFrameReader.HeaderLength);
        }
        else if (Withholds)
        {
            AdjustLength(headers, GrpcFrameReader.HeaderLength);
        }

        headers.Set(HeaderId.ContentType, _contentType.Written);
        var status = StatusHeader.Read(headers);
        // Against gRPC's own mapping, in which 200 alone says nothing.
        _status = status == 200 ? 0 : GrpcStatusMapping.FromHttp(status);
        StatusHeader.Write(headers, 200);
        if (!endStream)
        {
            if (!_promises)
                return Withholds ? FilterStatus.Hold : FilterStatus.Continue;
            WriteHeader(_promised);
            return FilterStatus.Continue;
        }

        if (!Withholds)
        {
            SetStatus(headers);
            return FilterStatus.Continue;
        }

        WriteHeader(0);
        _callbacks.AddResponseData(_body);
        ContentLength.Set(headers, GrpcFrameReader.HeaderLength);
        SetStatus(_callbacks.AddResponseTrailers());
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseData(ByteQueue data, bool endStream)
    {
        if (!_bridges)
            return FilterStatus.Continue;
        _received += data.Length;
        if (_promises)
        {
            if (_received > _promised || (endStream && _received < _promised))
                return Fail(Internal, "envoy reverse bridge: upstream set incorrect content length", "grpc_bridge_content_length_wrong");
            _body.Append(data);
            data.Append(_body);
        }
        else if (Withholds)
        {
            if (!endStream)
                return FilterStatus.Hold;
            Frame();
            _body.Append(data);
            data.Append(_body);
        }

        if (endStream)
            SetStatus(_callbacks.AddResponseTrailers());
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseTrailers(HeaderMap trailers)
    {
        if (!_bridges)
            return FilterStatus.Continue;
        if (_promises && _received < _promised)
            return Fail(Internal, "envoy reverse bridge: upstream set incorrect content length", "grpc_bridge_content_length_wrong");
        SetStatus(trailers);
        if (Withholds && !_promises)
            Frame();
        if (!_body.IsEmpty)
            _callbacks.AddResponseData(_body);
        return FilterStatus.Continue;
    }

    public void Clear()
    {
        _bridges = _promises = false;
        _headerLeft = _status = 0;
        _promised = _received = 0;
        _contentType.Clear();
        _body.Clear();
    }

    private static string WrongType(ReadOnlySpan<byte> type, ReadOnlySpan<byte> status) => type.IsEmpty
        ? $"envoy reverse bridge: upstream responded with no content-type header, status code {Encoding.Latin1.GetString(status)}"
        : $"envoy reverse bridge: upstream responded with unsupported content-type {Encoding.Latin1.GetString(type)}, status code {Encoding.Latin1.GetString(status)}";

    // Of a repeated header the first value counts.
    private static bool TryReadFirst(ReadOnlySpan<byte> value, out long number)
    {
        var comma = value.IndexOf((byte)',');
        return AsciiBytes.TryParseLength(comma < 0 ? value : value[..comma].TrimEnd((byte)' '), out number) && number <= uint.MaxValue;
    }

    private static void AdjustLength(HeaderMap headers, int by)
    {
        if (!headers.TryGet(HeaderId.ContentLength, out var text) || !AsciiBytes.TryParseLength(text, out var length))
            return;
        if (length > long.MaxValue - GrpcFrameReader.HeaderLength)
            headers.Remove(HeaderId.ContentLength);
        else
            ContentLength.Set(headers, Math.Max(0, length + by));
    }

    // All that is held becomes one frame.
    private void Frame()
    {
        WriteHeader(_received);
        _body.Append(_callbacks.HeldResponseBody);
    }

    private void WriteHeader(long length)
    {
        Span<byte> header = stackalloc byte[GrpcFrameReader.HeaderLength];
        GrpcFrameReader.WriteHeader(header, flags: 0, (uint)length);
        _body.Append(header);
    }

    private void SetStatus(HeaderMap headers)
    {
        Span<byte> digits = stackalloc byte[2];
        _ = Utf8Formatter.TryFormat(_status, digits, out var written);
        headers.SetUnchecked(HeaderId.GrpcStatus, digits[..written]);
    }

    private FilterStatus Fail(int status, string message, string details)
    {
        // The answer is gRPC already.
        _bridges = false;
        _body.Clear();
        _callbacks.SendLocalReply(new LocalReply(200, details) { Body = message, GrpcStatus = status });
        return FilterStatus.Hold;
    }

    /// <summary>The compiled options. Immutable.</summary>
    internal sealed class Snapshot(GrpcHttp1ReverseBridgeOptions options) : IHttpFilterSnapshot
    {
        private readonly byte[] _contentType = Encoding.ASCII.GetBytes(options.ContentType);

        public GrpcHttp1ReverseBridgeOptions Options => options;

        public ReadOnlySpan<byte> ContentType => _contentType;

        public HeaderName? SizeHeader { get; } = options.ResponseSizeHeader.Length == 0 ? null : new HeaderName(options.ResponseSizeHeader);

        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(this, context.Worker);
    }

    private sealed class Factory(Snapshot config, Worker worker) : IHttpFilterFactory
    {
        public IHttpFilter Create() => new GrpcHttp1ReverseBridgeFilter(config, worker);
    }
}
