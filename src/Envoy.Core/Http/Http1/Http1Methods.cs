namespace Envoy.Http.Http1;

/// <summary>The methods Envoy's HTTP/1 codec takes unless custom methods are allowed. Immutable.</summary>
internal static class Http1Methods
{
    /// <summary>Whether <paramref name="method"/> (case matters, RFC 9110 section 9.1) is one of them.</summary>
    public static bool IsKnown(ReadOnlySpan<byte> method) => method.Length switch
    {
        3 => method.SequenceEqual("GET"u8) || method.SequenceEqual("PUT"u8) || method.SequenceEqual("ACL"u8),
        4 => method.SequenceEqual("POST"u8) || method.SequenceEqual("HEAD"u8) || method.SequenceEqual("BIND"u8)
            || method.SequenceEqual("COPY"u8) || method.SequenceEqual("LINK"u8) || method.SequenceEqual("LOCK"u8)
            || method.SequenceEqual("MOVE"u8),
        5 => method.SequenceEqual("PATCH"u8) || method.SequenceEqual("TRACE"u8) || method.SequenceEqual("MERGE"u8)
            || method.SequenceEqual("MKCOL"u8) || method.SequenceEqual("PURGE"u8),
        6 => method.SequenceEqual("DELETE"u8) || method.SequenceEqual("REBIND"u8) || method.SequenceEqual("REPORT"u8)
            || method.SequenceEqual("SEARCH"u8) || method.SequenceEqual("SOURCE"u8) || method.SequenceEqual("UNBIND"u8)
            || method.SequenceEqual("UNLINK"u8) || method.SequenceEqual("UNLOCK"u8) || method.SequenceEqual("NOTIFY"u8),
        7 => method.SequenceEqual("OPTIONS"u8) || method.SequenceEqual("CONNECT"u8) || method.SequenceEqual("MSEARCH"u8),
        8 => method.SequenceEqual("CHECKOUT"u8) || method.SequenceEqual("PROPFIND"u8),
        9 => method.SequenceEqual("PROPPATCH"u8) || method.SequenceEqual("SUBSCRIBE"u8),
        10 => method.SequenceEqual("MKACTIVITY"u8) || method.SequenceEqual("MKCALENDAR"u8),
        11 => method.SequenceEqual("UNSUBSCRIBE"u8),
        _ => false,
    };

    /// <summary>Methods whose requests have no body unless one is there: Envoy writes no <c>content-length: 0</c> for them.</summary>
    public static bool IsBodiless(ReadOnlySpan<byte> method) =>
        method.SequenceEqual("GET"u8) || method.SequenceEqual("HEAD"u8) || method.SequenceEqual("DELETE"u8)
        || method.SequenceEqual("TRACE"u8) || method.SequenceEqual("CONNECT"u8);
}
