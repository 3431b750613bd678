using Envoy.Http.Headers;

namespace Envoy.Http.Http1;

/// <summary>Chooses a message's framing as Envoy's codec does (RFC 9112 section 6). Immutable.</summary>
internal static class Http1Framing
{
    /// <summary>For a request to an upstream.</summary>
    /// <param name="headers">Its headers.</param>
    /// <param name="endStream">Whether they are all of it.</param>
    /// <param name="isUpgrade">Whether it asks for an upgrade that we pass on.</param>
    public static Http1BodyFraming ForRequest(HeaderMap headers, bool endStream, bool isUpgrade = false)
    {
        var method = headers.Get(HeaderId.Method);
        if (isUpgrade || method.SequenceEqual("CONNECT"u8))
            return Http1BodyFraming.Tunnel;
        if (headers.Contains(HeaderId.ContentLength))
            return Http1BodyFraming.Length;
        if (!endStream)
            return Http1BodyFraming.Chunked;
        return Http1Methods.IsBodiless(method) ? Http1BodyFraming.None : Http1BodyFraming.ZeroLength;
    }

    /// <summary>For a response to a client.</summary>
    /// <param name="headers">Its headers.</param>
    /// <param name="status">Its status.</param>
    /// <param name="endStream">Whether the headers are all of it.</param>
    /// <param name="context">The request it answers.</param>
    /// <param name="version">The client's version: HTTP/1.0 knows no chunks.</param>
    public static Http1BodyFraming ForResponse(
        HeaderMap headers, int status, bool endStream, Http1ResponseContext context, Http1Version version)
    {
        if (status == 101 || (context.IsConnect && status is >= 200 and < 300))
            return Http1BodyFraming.Tunnel;
        // RFC 9110 section 8.6: no length in a 1xx or 204, also when a filter has put one there.
        if (status is < 200 or 204)
            return Http1BodyFraming.None;
        if (headers.Contains(HeaderId.ContentLength))
            return Http1BodyFraming.Length;
        if (status == 304)
            return Http1BodyFraming.None;
        if (endStream && !context.IsHead)
            return Http1BodyFraming.ZeroLength;
        if (version == Http1Version.Http10)
            return Http1BodyFraming.UntilClose;
        return context.IsHead ? Http1BodyFraming.ChunkedWithoutBody : Http1BodyFraming.Chunked;
    }
}
