using System.Runtime.InteropServices;
using Envoy.Http.Headers;

namespace Envoy.Http.Http1;

/// <summary>
/// Reads requests: the server's side. The map gets <c>:method</c>, <c>:path</c> (none for CONNECT), <c>:authority</c> (the Host header, or
/// the host of an absolute target, which then wins: RFC 9112 section 3.2.2) and, for an absolute target only, <c>:scheme</c>; then the header
/// lines in order. An HTTP/1.1 request with neither has no <c>:authority</c>: the connection manager answers that one. Worker-owned.
/// </summary>
internal sealed class Http1RequestDecoder(Http1CodecOptions options) : Http1Decoder(options)
{
    private bool _hasHost;
    private TargetForm _form;

    private enum TargetForm : byte
    {
        Origin,
        Asterisk,
        Absolute,
        Authority,
    }

    /// <summary>Whether the client waits for a 100 before it sends the body (RFC 9110 section 10.1.1).</summary>
    public bool ExpectsContinue { get; private set; }

    /// <summary>Whether the client asks for another protocol than <c>h2c</c>, which Envoy's codec ignores.</summary>
    public bool RequestsUpgrade { get; private set; }

    /// <summary>Whether the method is CONNECT; the bytes after its headers are a tunnel's.</summary>
    public bool IsConnect => _form == TargetForm.Authority;

    /// <summary>Whether the method is HEAD, which the response's framing depends on.</summary>
    public bool IsHead { get; private set; }

    /// <summary>Begins a request that is read into these maps, which are cleared.</summary>
    public void Start(HeaderMap headers, HeaderMap trailers)
    {
        _hasHost = false;
        ExpectsContinue = RequestsUpgrade = IsHead = false;
        StartMessage(headers, trailers);
    }

    protected override ProtocolError? ReadStartLine(int start, int length)
    {
        var arena = Headers.Arena;
        ReadOnlySpan<byte> line = arena.AsSpan(start, length);

        // " HTTP/1.1" is the line's end; what is left is method SP target, with one space (RFC 9112 section 3: no lenient splitting).
        const int SuffixLength = 9;
        if (length < SuffixLength || line[^SuffixLength] != (byte)' ')
            return Http1Errors.RequestLine;
        var version = MemoryMarshal.Read<ulong>(line[^8..]);
        if (version == MemoryMarshal.Read<ulong>("HTTP/1.1"u8))
            Version = Http1Version.Http11;
        else if (version == MemoryMarshal.Read<ulong>("HTTP/1.0"u8))
            Version = Http1Version.Http10;
        else
            return IsVersion(line[^8..]) ? Http1Errors.LowVersion : Http1Errors.Version;

        line = line[..^SuffixLength];
        var space = line.IndexOf((byte)' ');
        if (space <= 0)
            return Http1Errors.RequestLine;
        var method = line[..space];
        if (!(Options.AllowCustomMethods ? AsciiBytes.IsToken(method) : Http1Methods.IsKnown(method)))
            return Http1Errors.Method;
        var target = line[(space + 1)..];
        // A second space makes three readings of the line possible.
        if (target.IsEmpty || target.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e))
            return Http1Errors.RequestLine;
        // RFC 9112 section 3.2: a target has no fragment.
        if (target.Contains((byte)'#'))
            return Http1Errors.InvalidUrl;

        Headers.AddSlice(HeaderId.Method, 0, 7, start, space);
        IsHead = method.SequenceEqual("HEAD"u8);
        var targetStart = start + space + 1;
        if (method.SequenceEqual("CONNECT"u8))
            return ReadAuthorityTarget(targetStart, target);
        if (target[0] == (byte)'/' || (target.SequenceEqual("*"u8) && method.SequenceEqual("OPTIONS"u8)))
        {
            _form = target[0] == (byte)'/' ? TargetForm.Origin : TargetForm.Asterisk;
            Headers.AddSlice(HeaderId.Path, 0, 5, targetStart, target.Length);
            return null;
        }

        return ReadAbsoluteTarget(arena, targetStart, target.Length);
    }

    protected override ProtocolError? ReadHost(int nameOffset, int valueOffset, int valueLength)
    {
        // RFC 9112 section 3.2: more than one Host is answered with 400.
        if (_hasHost)
            return Http1Errors.RepeatedHost;
        _hasHost = true;
        if (!Http1Authority.IsValid(Headers.Arena.AsSpan(valueOffset, valueLength)))
            return Http1Errors.InvalidAuthority;
        if (_form is TargetForm.Origin or TargetForm.Asterisk)
            Headers.AddSlice(HeaderId.Authority, 0, 10, valueOffset, valueLength);
        return null;
    }

    protected override ProtocolError? FinishHead(out Http1Step step)
    {
        step = Http1Step.Headers;
        var error = CheckFraming();
        if (error is not null)
            return error;

        if (Headers.TryGet(HeaderId.Expect, out var expect))
        {
            // RFC 9110 section 10.1.1: one from an HTTP/1.0 client is ignored.
            ExpectsContinue = Version == Http1Version.Http11 && AsciiBytes.EqualsIgnoreCase(expect, "100-continue"u8);
        }

        // RFC 9110 section 7.8: one from an HTTP/1.0 client is ignored.
        RequestsUpgrade = Version == Http1Version.Http11 && ConnectionUpgrade && Headers.TryGet(HeaderId.Upgrade, out var upgrade)
            && !AsciiBytes.EqualsIgnoreCase(upgrade, "h2c"u8);

        if (IsConnect)
            error = FinishConnect();
        else
            _ = BodyAsDeclared();

        // RFC 9112 section 3.2 asks for Host whatever the target's form; without one in origin form there is no :authority to see that by.
        if (!_hasHost && Version == Http1Version.Http11 && _form >= TargetForm.Absolute)
            error ??= Http1Errors.MissingHost;
        return error;
    }

    // RFC 9110 section 9.3.6: content in CONNECT has no meaning. Envoy lets "content-length: 0" pass and drops it.
    private ProtocolError? FinishConnect()
    {
        if (HasTransferEncoding)
            return Http1Errors.TransferEncoding;
        if (HasLength)
        {
            if (DeclaredLength > 0)
                return Http1Errors.BodyDisallowed;
            Headers.Remove(HeaderId.ContentLength);
        }

        BodyTunnel();
        return null;
    }

    private ProtocolError? ReadAuthorityTarget(int start, ReadOnlySpan<byte> target)
    {
        _form = TargetForm.Authority;
        // RFC 9112 section 3.2.3: host and port, both of them.
        var colon = target.LastIndexOf((byte)':');
        if (colon <= 0 || colon == target.Length - 1 || !Http1Authority.IsValid(target))
            return Http1Errors.InvalidUrl;
        Headers.AddSlice(HeaderId.Authority, 0, 10, start, target.Length);
        return null;
    }

    private ProtocolError? ReadAbsoluteTarget(byte[] arena, int start, int length)
    {
        _form = TargetForm.Absolute;
        var target = arena.AsSpan(start, length);
        var colon = target.IndexOf("://"u8);
        if (colon <= 0)
            return target[0] == (byte)'*' ? Http1Errors.InvalidUrl : Http1Errors.Target;
        var scheme = target[..colon];
        foreach (ref var b in scheme)
            b = AsciiBytes.ToLower(b);
        if (!scheme.SequenceEqual("http"u8) && !scheme.SequenceEqual("https"u8))
            return AsciiBytes.IsToken(scheme) ? Http1Errors.InvalidScheme : Http1Errors.Target;

        var hostStart = colon + 3;
        var hostLength = target[hostStart..].IndexOfAny((byte)'/', (byte)'?');
        if (hostLength < 0)
            hostLength = length - hostStart;
        var pathStart = hostStart + hostLength;
        if (hostLength == 0 || !Http1Authority.IsValid(target.Slice(hostStart, hostLength)))
            return Http1Errors.InvalidUrl;

        var pathLength = length - pathStart;
        if (pathLength == 0)
        {
            // The empty path is "/" (RFC 9112 section 3.2.1): the scheme's own slash serves.
            pathStart = colon + 2;
            pathLength = 1;
        }
        else if (target[pathStart] == (byte)'?')
        {
            // The same with a query: the host moves over the scheme's slash and makes room for the path's.
            target.Slice(hostStart, hostLength).CopyTo(target[(hostStart - 1)..]);
            hostStart--;
            pathStart--;
            pathLength++;
            target[pathStart] = (byte)'/';
        }

        Headers.AddSlice(HeaderId.Path, 0, 5, start + pathStart, pathLength);
        Headers.AddSlice(HeaderId.Authority, 0, 10, start + hostStart, hostLength);
        Headers.AddSlice(HeaderId.Scheme, 0, 7, start, colon);
        return null;
    }

    private static bool IsVersion(ReadOnlySpan<byte> text) =>
        text.StartsWith("HTTP/"u8) && char.IsAsciiDigit((char)text[5]) && text[6] == (byte)'.' && char.IsAsciiDigit((char)text[7]);
}
