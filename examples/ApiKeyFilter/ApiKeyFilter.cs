using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;

namespace ApiKeyFilterSample;

#region filter
/// <summary>Lets requests with the right key pass, and counts what they send. Worker-owned.</summary>
public sealed class ApiKeyFilter(byte[] key) : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    private HttpFilterCallbacks _callbacks = null!;
    private long _received;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        if (headers.TryGet("x-api-key"u8, out var given) && given.SequenceEqual(key))
        {
            headers.Remove("x-api-key"u8);
            return FilterStatus.Continue;
        }

        _callbacks.SendLocalReply(new LocalReply(401, "api_key_missing") { Body = "Who are you?\n" });
        return FilterStatus.Hold;
    }

    public FilterStatus OnRequestData(ByteQueue data, bool endStream)
    {
        _received += data.Length;
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        headers.Set("x-received", _received.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return FilterStatus.Continue;
    }

    public void Clear() => _received = 0;
}
#endregion
