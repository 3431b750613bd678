using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.FilterChains.Http;

/// <summary>
/// A filter of one HTTP exchange. Implement <see cref="IHttpRequestFilter"/>, <see cref="IHttpResponseFilter"/> or both: a direction that is
/// not implemented costs nothing. Requests run first to last, responses last to first. All calls are on the stream's worker; an exception
/// resets that stream only. Worker-owned.
/// </summary>
public interface IHttpFilter
{
    /// <summary>Called once, before anything else.</summary>
    void Attach(HttpFilterCallbacks callbacks);

    /// <summary>The exchange is over, whichever way; timers and upstream exchanges of the filter end here. Nothing else follows.</summary>
    void OnStreamEnd()
    {
    }
}

/// <summary>Sees the request, first to last in the chain's order.</summary>
public interface IHttpRequestFilter : IHttpFilter
{
    /// <summary>The request's headers; <paramref name="endStream"/>: they are all of it.</summary>
    FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream);

    /// <summary>Bytes of the body. They may be changed; what is left in <paramref name="data"/> is passed on or kept.</summary>
    FilterStatus OnRequestData(ByteQueue data, bool endStream) => FilterStatus.Continue;

    /// <summary>The request's trailers; they end it.</summary>
    FilterStatus OnRequestTrailers(HeaderMap trailers) => FilterStatus.Continue;
}

/// <summary>Sees the response, last to first in the chain's order.</summary>
public interface IHttpResponseFilter : IHttpFilter
{
    /// <summary>An interim (1xx) response.</summary>
    void OnInformational(HeaderMap headers)
    {
    }

    /// <summary>The response's headers; <paramref name="endStream"/>: they are all of it.</summary>
    FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream);

    /// <summary>Bytes of the body. They may be changed; what is left in <paramref name="data"/> is passed on or kept.</summary>
    FilterStatus OnResponseData(ByteQueue data, bool endStream) => FilterStatus.Continue;

    /// <summary>The response's trailers; they end it.</summary>
    FilterStatus OnResponseTrailers(HeaderMap trailers) => FilterStatus.Continue;
}

/// <summary>A filter that can serve one stream after another on its worker, instead of being made afresh for each.</summary>
public interface IPooledHttpFilter : IHttpFilter
{
    /// <summary>Forgets everything of the last stream; called after <see cref="IHttpFilter.OnStreamEnd"/>.</summary>
    void Clear();
}
