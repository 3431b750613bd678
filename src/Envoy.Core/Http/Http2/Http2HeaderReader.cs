using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Hpack;
using Envoy.Http.Http1;

namespace Envoy.Http.Http2;

/// <summary>What a header block was.</summary>
internal enum Http2BlockResult
{
    Message,

    /// <summary>Too long, or too many fields.</summary>
    TooLarge,

    /// <summary>Against RFC 9113 section 8.</summary>
    Malformed,

    /// <summary>No header block; the connection is lost.</summary>
    Broken,
}

/// <summary>What kind of message a block is to be.</summary>
internal enum Http2BlockKind
{
    Request,
    Response,
    Trailers,

    /// <summary>Nobody wants it; it is read so that the tables stay in step.</summary>
    Ignored,
}

/// <summary>
/// Reads header blocks into messages, strictly: what a HTTP/1 message behind us could not hold, or hold in two ways, is malformed. A block that is
/// refused is read to its end. Worker-owned.
/// </summary>
internal sealed class Http2HeaderReader(HpackDecoder decoder, int maxBytes, int maxCount)
{
    private readonly ByteSink _cookies = new();
    private bool _regular;
    private bool _hasHost;

    /// <summary>The rule that was broken, for logs.</summary>
    public string Fault { get; private set; } = "";

    public Http2BlockResult Read(ReadOnlySpan<byte> block, HeaderMap? headers, Http2BlockKind kind)
    {
        headers?.Clear();
        _regular = _hasHost = false;
        Fault = "";
        var result = headers is null ? Http2BlockResult.Malformed : Http2BlockResult.Message;
        var (bytes, count) = (0L, 0);
        decoder.BeginBlock();
        while (true)
        {
            var step = decoder.Next(ref block, out var field);
            if (step == HpackStep.Error)
            {
                Fault = decoder.Error;
                return Http2BlockResult.Broken;
            }

            if (step == HpackStep.End)
                break;
            if (result != Http2BlockResult.Message)
                continue;
            // SETTINGS_MAX_HEADER_LIST_SIZE counts 32 a field; Envoy's limit counts the bytes.
            bytes += field.Name.Length + field.Value.Length;
            if (bytes > maxBytes || ++count > maxCount)
                result = Http2BlockResult.TooLarge;
            else if (!Add(headers!, field, kind))
                result = Http2BlockResult.Malformed;
        }

        if (result == Http2BlockResult.Message && !Finish(headers!, kind))
            result = Http2BlockResult.Malformed;
        return result;
    }

    private bool Add(HeaderMap headers, HpackField field, Http2BlockKind kind)
    {
        if (field.Name.Length > 0 && field.Name[0] == (byte)':')
            return AddPseudo(headers, field, kind);
        _regular = true;
        if (!IsName(field.Name) || !IsValue(field.Value))
            return Wrong("a name that is no lower-case token, or a value with bytes or spaces that it may not have");
        switch (field.Id)
        {
            case HeaderId.Connection or HeaderId.KeepAlive or HeaderId.ProxyConnection or HeaderId.TransferEncoding or HeaderId.Upgrade:
                return Wrong("a field of an HTTP/1 connection");
            case HeaderId.TE when !field.Value.SequenceEqual("trailers"u8):
                return Wrong("te that is not trailers");
            case HeaderId.ContentLength or HeaderId.Host or HeaderId.TE when kind == Http2BlockKind.Trailers:
                return Wrong("a trailer that frames or routes");
            case HeaderId.ContentLength when headers.Contains(HeaderId.ContentLength) || !AsciiBytes.TryParseLength(field.Value, out _):
                return Wrong("a content-length that is none, or a second one");
            case HeaderId.Host when kind == Http2BlockKind.Request:
                if (_hasHost || !Http1Authority.IsValid(field.Value))
                    return Wrong("a second host, or one that is none");
                _hasHost = true;
                // :authority is the one that counts (section 8.3.1); two names for one thing are not passed on.
                if (!headers.Contains(HeaderId.Authority))
                    AddMarked(headers, HeaderId.Authority, field);
                return true;
        }

        headers.AddUnchecked(field.Id, field.Name, field.Value);
        if (field.NeverIndexed)
            headers.MarkNeverIndexed();
        return true;
    }

    private bool AddPseudo(HeaderMap headers, HpackField field, Http2BlockKind kind)
    {
        if (_regular || headers.Contains(field.Id))
            return Wrong("a pseudo header behind others, or a second one");
        var fits = field.Id switch
        {
            HeaderId.Method => kind == Http2BlockKind.Request && AsciiBytes.IsToken(field.Value),
            HeaderId.Scheme => kind == Http2BlockKind.Request && AsciiBytes.IsToken(field.Value),
            HeaderId.Path => kind == Http2BlockKind.Request && field.Value.Length > 0 && !field.Value.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e) && !field.Value.Contains((byte)'#'),
            HeaderId.Authority => kind == Http2BlockKind.Request && (field.Value.IsEmpty || Http1Authority.IsValid(field.Value)),
            HeaderId.Protocol => kind == Http2BlockKind.Request && AsciiBytes.IsToken(field.Value),
            HeaderId.Status => kind == Http2BlockKind.Response && field.Value.Length == 3 && field.Value[0] is >= (byte)'1' and <= (byte)'9'
                && !field.Value.ContainsAnyExceptInRange((byte)'0', (byte)'9'),
            _ => false,
        };
        if (!fits)
            return Wrong("a pseudo header that does not belong here, or whose value is none");
        // An empty authority is as good as none, for which there may be a host.
        if (field.Id != HeaderId.Authority || !field.Value.IsEmpty)
            AddMarked(headers, field.Id, field);
        return true;
    }

    private bool Finish(HeaderMap headers, Http2BlockKind kind)
    {
        if (headers.CountOf(HeaderId.Cookie) > 1)
            JoinCookies(headers);
        switch (kind)
        {
            case Http2BlockKind.Response:
                return headers.Contains(HeaderId.Status) || Wrong("no :status");
            case Http2BlockKind.Request:
                if (!headers.TryGet(HeaderId.Method, out var method))
                    return Wrong("no :method");
                if (method.SequenceEqual("CONNECT"u8) && !headers.Contains(HeaderId.Protocol))
                    return (!headers.Contains(HeaderId.Path) && !headers.Contains(HeaderId.Scheme) && headers.Contains(HeaderId.Authority)) || Wrong("CONNECT with :path or :scheme, or without :authority");
                if (headers.Contains(HeaderId.Protocol) && !method.SequenceEqual("CONNECT"u8))
                    return Wrong(":protocol without CONNECT");
                if (!headers.TryGet(HeaderId.Path, out var path) || !headers.Contains(HeaderId.Scheme))
                    return Wrong("no :path, or no :scheme");
                return path[0] == (byte)'/' || (path.SequenceEqual("*"u8) && method.SequenceEqual("OPTIONS"u8)) || Wrong("a :path that is none");
            default:
                return true;
        }
    }

    // Section 8.2.3: they were taken apart so that each could be indexed, and are one again outside HTTP/2.
    private void JoinCookies(HeaderMap headers)
    {
        _cookies.Clear();
        var secret = false;
        foreach (var field in headers)
        {
            if (field.Id != HeaderId.Cookie)
                continue;
            if (_cookies.Length > 0)
                _cookies.Append("; "u8);
            _cookies.Append(field.Value);
            secret |= field.NeverIndexed;
        }

        headers.SetUnchecked(HeaderId.Cookie, _cookies.Written);
        if (secret)
            headers.MarkNeverIndexed(HeaderId.Cookie);
    }

    private static void AddMarked(HeaderMap headers, HeaderId id, HpackField field)
    {
        headers.AddUnchecked(id, field.Value);
        if (field.NeverIndexed)
            headers.MarkNeverIndexed();
    }

    private static bool IsName(ReadOnlySpan<byte> name)
    {
        var lower = AsciiBytes.TokenLower;
        foreach (var b in name)
        {
            if (lower[b] != b || b == 0)
                return false;
        }

        return name.Length > 0;
    }

    // Section 8.2.1.
    private static bool IsValue(ReadOnlySpan<byte> value) =>
        value.IsEmpty || (value[0] is not ((byte)' ' or (byte)'\t') && value[^1] is not ((byte)' ' or (byte)'\t') && AsciiBytes.IndexOfControl(value) < 0);

    private bool Wrong(string fault)
    {
        Fault = fault;
        return false;
    }
}
