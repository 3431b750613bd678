namespace Envoy.Http.Http1;

/// <summary>
/// The faults an HTTP/1 decoder reports. Details and statuses are Envoy's (<c>source/common/http/http1/codec_impl.cc</c>); all of them end the
/// connection, since where the next message would begin is unknown. Immutable.
/// </summary>
internal static class Http1Errors
{
    private const string CodecError = "http1.codec_error";

    public static readonly ProtocolError BareLineFeed = Malformed("a line ends with LF alone");
    public static readonly ProtocolError BareCarriageReturn = Malformed("a CR is not followed by LF");
    public static readonly ProtocolError FirstLine = Malformed("the first line holds a control byte");
    public static readonly ProtocolError RequestLine = Malformed("the request line is not method SP target SP version");
    public static readonly ProtocolError Method = Malformed("the method is unknown or no token");
    public static readonly ProtocolError Target = Malformed("the target is neither a path nor a URI");
    public static readonly ProtocolError StatusLine = Malformed("the status line is not version SP status SP reason");
    public static readonly ProtocolError Version = Malformed("the version is malformed");
    public static readonly ProtocolError EmptyLines = Malformed("empty lines before the message");
    public static readonly ProtocolError LeadingWhitespace = Malformed("a header line begins with white space (obs-fold is refused)");
    public static readonly ProtocolError HeaderName = Malformed("a header name is no token followed by a colon");
    public static readonly ProtocolError ContentLength = Malformed("Content-Length is not a decimal number below 2^63");
    public static readonly ProtocolError RepeatedHost = Malformed("there is more than one Host header");
    public static readonly ProtocolError ChunkSize = Malformed("a chunk size is not hexadecimal, or too large");
    public static readonly ProtocolError ChunkExtension = Malformed("a chunk extension is malformed");
    public static readonly ProtocolError ChunkEnd = Malformed("a chunk's data is not followed by CRLF");
    public static readonly ProtocolError FramingTrailer = Malformed("a trailer names a framing or routing field (RFC 9110 section 6.5.1)");
    public static readonly ProtocolError UnexpectedUpgrade = Malformed("101 was not asked for");

    public static readonly ProtocolError Underscore =
        Make(ProtocolErrorCode.Malformed, "http1.unexpected_underscore", 400, "a header name holds an underscore");

    public static readonly ProtocolError RepeatedContentLength =
        Make(ProtocolErrorCode.AmbiguousFraming, CodecError, 400, "Content-Length is given more than once");

    public static readonly ProtocolError BothLengths = Make(
        ProtocolErrorCode.AmbiguousFraming, "http1.content_length_and_chunked_not_allowed", 400,
        "both Content-Length and Transfer-Encoding are given");

    public static readonly ProtocolError TransferEncoding = Make(
        ProtocolErrorCode.NotSupported, "http1.invalid_transfer_encoding", 501, "Transfer-Encoding is not exactly one chunked");

    public static readonly ProtocolError TransferEncodingInHttp10 = Make(
        ProtocolErrorCode.AmbiguousFraming, "http1.invalid_transfer_encoding", 400, "HTTP/1.0 has no Transfer-Encoding");

    public static readonly ProtocolError InvalidCharacters =
        Make(ProtocolErrorCode.Malformed, "http1.invalid_characters", 400, "a header value holds a control byte");

    public static readonly ProtocolError InvalidUrl =
        Make(ProtocolErrorCode.Malformed, "http1.invalid_url", 400, "the request target is invalid");

    public static readonly ProtocolError InvalidScheme =
        Make(ProtocolErrorCode.Malformed, "http1.invalid_scheme", 400, "the scheme is neither http nor https");

    public static readonly ProtocolError InvalidAuthority =
        Make(ProtocolErrorCode.Malformed, "http.invalid_authority", 400, "the host is invalid");

    public static readonly ProtocolError MissingHost =
        Make(ProtocolErrorCode.Malformed, "missing_host_header", 400, "an HTTP/1.1 request has no Host header");

    public static readonly ProtocolError BodyDisallowed =
        Make(ProtocolErrorCode.Malformed, "http1.body_disallowed", 400, "CONNECT has a body");

    public static readonly ProtocolError TransferEncodingNotAllowed = Make(
        ProtocolErrorCode.Malformed, "http1.transfer_encoding_not_allowed", 400, "a 1xx or 204 response has a Transfer-Encoding");

    public static readonly ProtocolError ContentLengthNotAllowed = Make(
        ProtocolErrorCode.Malformed, "http1.content_length_not_allowed", 400, "a 1xx or 204 response has a Content-Length");

    public static readonly ProtocolError HeadersTooLarge =
        Make(ProtocolErrorCode.LimitExceeded, "http1.headers_too_large", 431, "the headers or trailers pass the size limit");

    public static readonly ProtocolError TooManyHeaders =
        Make(ProtocolErrorCode.LimitExceeded, "http1.too_many_headers", 431, "the headers or trailers pass the count limit");

    /// <summary>As Envoy answers any version that is not 1.1 when 1.0 is off; 1.0 itself is the connection manager's to judge.</summary>
    public static readonly ProtocolError LowVersion =
        Make(ProtocolErrorCode.NotSupported, "low_version", 426, "the version is neither HTTP/1.0 nor HTTP/1.1");

    public static readonly ProtocolError ConnectionHeader = Make(
        ProtocolErrorCode.Malformed, "http1.connection_header_rejected", 400, "Connection names what must not be removed, or too much");

    private static ProtocolError Malformed(string message) => Make(ProtocolErrorCode.Malformed, CodecError, 400, message);

    private static ProtocolError Make(ProtocolErrorCode code, string details, int status, string message) =>
        new(ProtocolErrorScope.Connection, code, details, status, message);
}
