using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;

namespace Envoy.Filters.Http.Buffer;

/// <summary>Holds a request until it is complete. Envoy keeps no statistics of it. Worker-owned.</summary>
internal sealed class BufferFilter(BufferOptions options) : IHttpRequestFilter, IPooledHttpFilter
{
    private HttpFilterCallbacks _callbacks = null!;
    private bool _holds;
    private long _length;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        if (endStream)
            return FilterStatus.Continue;
        var route = _callbacks.RouteOptions<BufferRouteOptions>();
        if (route is { Disabled: true })
            return FilterStatus.Continue;
        // Past this limit the chain itself answers with 413.
        _callbacks.BufferLimit = (route?.Buffer ?? options).MaxRequestBytes;
        _holds = true;
        return FilterStatus.Hold;
    }

    public FilterStatus OnRequestData(ByteQueue data, bool endStream)
    {
        if (!_holds)
            return FilterStatus.Continue;
        _length += data.Length;
        // What is held is checked only while it is held: the last bytes must not slip past the limit.
        if (!endStream || _length > _callbacks.BufferLimit)
            return FilterStatus.Hold;
        SetContentLength();
        return FilterStatus.Continue;
    }

    public FilterStatus OnRequestTrailers(HeaderMap trailers)
    {
        if (_holds)
            SetContentLength();
        return FilterStatus.Continue;
    }

    public void Clear()
    {
        _holds = false;
        _length = 0;
    }

    private void SetContentLength()
    {
        _holds = false;
        var headers = _callbacks.RequestHeaders;
        if (headers.Contains(HeaderId.ContentLength))
            return;
        ContentLength.Set(headers, _length);
        headers.Remove(HeaderId.TransferEncoding);
    }

    /// <summary>The options, as they are. Immutable.</summary>
    internal sealed class Snapshot(BufferOptions options) : IHttpFilterSnapshot, IHttpFilterFactory
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => this;

        public IHttpFilter Create() => new BufferFilter(options);
    }
}
