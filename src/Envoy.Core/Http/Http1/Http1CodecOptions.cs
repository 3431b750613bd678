namespace Envoy.Http.Http1;

/// <summary>Limits and choices of an HTTP/1 decoder. Immutable.</summary>
internal sealed record Http1CodecOptions
{
    /// <summary>For requests: Envoy's defaults.</summary>
    public static Http1CodecOptions Request { get; } = new();

    /// <summary>For responses: Envoy's defaults.</summary>
    public static Http1CodecOptions Response { get; } = new() { MaxHeadersBytes = 80 * 1024 };

    /// <summary>
    /// Limit of a message's head, and again of its trailers, in bytes with line ends. Default 60 KiB (<c>max_request_headers_kb</c>); for
    /// responses Envoy has 80 KiB.
    /// </summary>
    public int MaxHeadersBytes { get; init; } = 60 * 1024;

    /// <summary>Limit of the number of header lines, and again of trailer lines. Default 100 (<c>max_headers_count</c>).</summary>
    public int MaxHeadersCount { get; init; } = 100;

    /// <summary>Hand out trailers. Default false: they are checked and dropped, as in Envoy (<c>enable_trailers</c>).</summary>
    public bool EnableTrailers { get; init; }

    /// <summary>Take <c>Content-Length</c> beside chunks and drop it. Default false: an error (<c>allow_chunked_length</c>).</summary>
    public bool AllowChunkedLength { get; init; }

    /// <summary>Keep how names were written (<c>preserve_case</c>). Default false.</summary>
    public bool PreserveCase { get; init; }

    /// <summary>Take any token as a method. Default false: the methods Envoy knows (<c>allow_custom_methods</c>).</summary>
    public bool AllowCustomMethods { get; init; }
}
