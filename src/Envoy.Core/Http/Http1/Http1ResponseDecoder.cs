using System.Runtime.InteropServices;
using Envoy.Http.Headers;

namespace Envoy.Http.Http1;

/// <summary>
/// Reads responses: the client's side, told with <see cref="Start"/> what was asked. The map gets <c>:status</c> and the header lines in
/// order. Bytes that remain when a response is complete are the caller's to treat as a fault, for nothing was asked. Worker-owned.
/// </summary>
internal sealed class Http1ResponseDecoder(Http1CodecOptions options) : Http1Decoder(options)
{
    private Http1ResponseContext _context;

    /// <summary>The status, 100 to 999.</summary>
    public int StatusCode { get; private set; }

    /// <summary>Begins a response that is read into these maps, which are cleared.</summary>
    public void Start(HeaderMap headers, HeaderMap trailers, Http1ResponseContext context)
    {
        _context = context;
        StatusCode = 0;
        StartMessage(headers, trailers);
    }

    protected override ProtocolError? ReadStartLine(int start, int length)
    {
        // "HTTP/1.1 200" and, unless the line ends there, a space and the reason (RFC 9112 section 4). Servers that leave out that space
        // are common enough that Envoy takes them.
        ReadOnlySpan<byte> line = Headers.Arena.AsSpan(start, length);
        if (length < 12 || line[8] != (byte)' ' || (length > 12 && line[12] != (byte)' '))
            return Http1Errors.StatusLine;
        var version = MemoryMarshal.Read<ulong>(line);
        if (version == MemoryMarshal.Read<ulong>("HTTP/1.1"u8))
            Version = Http1Version.Http11;
        else if (version == MemoryMarshal.Read<ulong>("HTTP/1.0"u8))
            Version = Http1Version.Http10;
        else
            return Http1Errors.Version;
        if (line[9..12].ContainsAnyExceptInRange((byte)'0', (byte)'9') || line[9] == (byte)'0')
            return Http1Errors.StatusLine;
        StatusCode = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + (line[11] - '0');
        Headers.AddSlice(HeaderId.Status, 0, 7, start + 9, 3);
        return null;
    }

    protected override ProtocolError? ReadHost(int nameOffset, int valueOffset, int valueLength)
    {
        Headers.AddSlice(HeaderId.Host, nameOffset, 4, valueOffset, valueLength);
        return null;
    }

    protected override ProtocolError? FinishHead(out Http1Step step)
    {
        step = Http1Step.Headers;
        var error = StatusCode is < 200 or 204 ? CheckBodiless() : CheckFraming();
        if (error is not null)
            return error;

        // RFC 9112 section 6.3, in its order.
        if (StatusCode == 101)
        {
            if (!_context.IsUpgrade || !ConnectionUpgrade || !Headers.Contains(HeaderId.Upgrade))
                return Http1Errors.UnexpectedUpgrade;
            BodyTunnel();
        }
        else if (StatusCode < 200)
        {
            step = Http1Step.Informational;
            BeginNextHead();
        }
        else if (_context.IsConnect && StatusCode < 300)
        {
            // The tunnel's bytes follow; length headers mean nothing (RFC 9110 section 9.3.6).
            Headers.Remove(HeaderId.ContentLength);
            Headers.Remove(HeaderId.TransferEncoding);
            BodyTunnel();
        }
        else if (_context.IsHead || StatusCode is 204 or 304)
        {
            BodyNone();
        }
        else if (!BodyAsDeclared())
        {
            BodyUntilClose();
        }

        return null;
    }

    // RFC 9110 sections 8.6 and RFC 9112 6.1: neither header may stand here. Envoy forgives "content-length: 0".
    private ProtocolError? CheckBodiless()
    {
        if (HasTransferEncoding)
            return Http1Errors.TransferEncodingNotAllowed;
        if (HasLength && DeclaredLength > 0)
            return Http1Errors.ContentLengthNotAllowed;
        Headers.Remove(HeaderId.ContentLength);
        return null;
    }
}
