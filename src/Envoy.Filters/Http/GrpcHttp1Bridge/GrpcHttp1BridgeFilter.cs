using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Filters.Common.Grpc;
using Envoy.Http.Headers;
using Envoy.Runtime;

namespace Envoy.Filters.Http.GrpcHttp1Bridge;

/// <summary>Brings a gRPC response's status from its trailers into its headers, for a client of HTTP/1.1. Worker-owned.</summary>
internal sealed class GrpcHttp1BridgeFilter(GrpcHttp1BridgeOptions options, Worker worker) : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    private readonly ByteQueue _body = new(worker);
    private HttpFilterCallbacks _callbacks = null!;
    private bool _bridges;
    private bool _frames;
    private int _headerLeft;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        if (!headers.Contains(HeaderId.Path))
            return FilterStatus.Continue;
        // Only where a frame is put around it (Envoy calls it gRPC over HTTP/2, too, and sends it without one).
        var isHttp1 = _callbacks.StreamInfo.Protocol is "HTTP/1.0" or "HTTP/1.1";
        var upgrades = isHttp1 && options.UpgradeProtobufToGrpc && headers.Get(HeaderId.ContentType).SequenceEqual("application/x-protobuf"u8);
        if (upgrades)
        {
            headers.Set(HeaderId.ContentType, "application/grpc"u8);
            headers.Remove(HeaderId.ContentLength);
            _callbacks.ClearRouteCache();
        }

        _bridges = isHttp1 && GrpcContentType.Is(headers.Get(HeaderId.ContentType));
        if (!_bridges)
            return FilterStatus.Continue;
        if (options.IgnoreQueryParameters && headers.Get(HeaderId.Path).IndexOf((byte)'?') is >= 0 and var query)
            headers.Set(HeaderId.Path, headers.Get(HeaderId.Path)[..query]);
        _frames = upgrades;
        _headerLeft = upgrades ? GrpcFrameReader.HeaderLength : 0;
        if (!_frames)
            return FilterStatus.Continue;
        if (!endStream)
            return FilterStatus.Hold;
        // A message without fields has no bytes, but a frame.
        Frame(null);
        _callbacks.AddRequestData(_body);
        return FilterStatus.Continue;
    }

    public FilterStatus OnRequestData(ByteQueue data, bool endStream)
    {
        if (!_frames)
            return FilterStatus.Continue;
        if (!endStream)
            return FilterStatus.Hold;
        Frame(data);
        data.Append(_body);
        return FilterStatus.Continue;
    }

    public FilterStatus OnRequestTrailers(HeaderMap trailers)
    {
        if (!_frames)
            return FilterStatus.Continue;
        Frame(null);
        _callbacks.AddRequestData(_body);
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        if (!_bridges || endStream)
            return FilterStatus.Continue;
        // What is not gRPC has no frame to be cut off; what is gets shorter than it says (Envoy cuts either, and leaves the length).
        if (StatusHeader.Read(headers) != 200 || !GrpcContentType.Is(headers.Get(HeaderId.ContentType)))
            _headerLeft = 0;
        if (_headerLeft > 0)
            headers.Remove(HeaderId.ContentLength);
        return FilterStatus.Hold;
    }

    public FilterStatus OnResponseData(ByteQueue data, bool endStream)
    {
        if (!_bridges || endStream)
            return FilterStatus.Continue;
        // The bare message is what a client of protobuf without gRPC wants.
        var cut = (int)Math.Min(_headerLeft, data.Length);
        data.Drain(cut);
        _headerLeft -= cut;
        return FilterStatus.Hold;
    }

    public FilterStatus OnResponseTrailers(HeaderMap trailers)
    {
        if (!_bridges)
            return FilterStatus.Continue;
        var headers = _callbacks.ResponseHeaders;
        if (trailers.TryGet(HeaderId.GrpcStatus, out var status))
        {
            if (!status.SequenceEqual("0"u8))
                StatusHeader.Write(headers, 503);
            headers.Set(HeaderId.GrpcStatus, status);
        }

        if (trailers.TryGet(HeaderId.GrpcMessage, out var message))
            headers.Set(HeaderId.GrpcMessage, message);
        // Now that all of it is here the client can be told how much it is.
        ContentLength.Set(headers, _callbacks.HeldResponseBody.Length);
        return FilterStatus.Continue;
    }

    public void Clear()
    {
        _bridges = _frames = false;
        _headerLeft = 0;
        _body.Clear();
    }

    // What is held and what has come last becomes one frame.
    private void Frame(ByteQueue? last)
    {
        _frames = false;
        var held = _callbacks.HeldRequestBody;
        Span<byte> header = stackalloc byte[GrpcFrameReader.HeaderLength];
        GrpcFrameReader.WriteHeader(header, flags: 0, (uint)(held.Length + (last?.Length ?? 0)));
        _body.Append(header);
        _body.Append(held);
        if (last is not null)
            _body.Append(last);
    }

    /// <summary>The options, as they are. Immutable.</summary>
    internal sealed class Snapshot(GrpcHttp1BridgeOptions options) : IHttpFilterSnapshot
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(options, context.Worker);
    }

    private sealed class Factory(GrpcHttp1BridgeOptions options, Worker worker) : IHttpFilterFactory
    {
        public IHttpFilter Create() => new GrpcHttp1BridgeFilter(options, worker);
    }
}
