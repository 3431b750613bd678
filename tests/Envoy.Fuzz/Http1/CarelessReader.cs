namespace Envoy.Fuzz.Http1;

/// <summary>
/// Reads messages as the careless do, by rules that we refuse to be read by: lines that end with LF or even with CR, lengths with signs and
/// spaces, any header that looks like Transfer-Encoding, either of two framings. Whatever we take, it must see the same messages in. Written
/// apart from the codec and on purpose without any of its parts. Used by one thread.
/// </summary>
internal sealed class CarelessReader
{
    private readonly bool _prefersLength;
    private readonly bool _takesLastLength;
    private readonly bool _endsLinesWithCr;

    private CarelessReader(bool prefersLength, bool takesLastLength, bool endsLinesWithCr)
    {
        _prefersLength = prefersLength;
        _takesLastLength = takesLastLength;
        _endsLinesWithCr = endsLinesWithCr;
    }

    public static CarelessReader[] Kinds { get; } = [new(false, false, false), new(true, false, false), new(true, true, false), new(false, true, true)];

    /// <summary>Reads one message from <paramref name="at"/>; false when it sees none that is whole.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="at">Where it begins; then where it ends.</param>
    /// <param name="body">How long its body is, chunks joined.</param>
    /// <param name="isResponse">It begins with a status line.</param>
    /// <param name="answersHead">It answers HEAD.</param>
    public bool TryRead(ReadOnlySpan<byte> bytes, ref int at, out int body, bool isResponse, bool answersHead)
    {
        body = 0;
        while (at < bytes.Length && bytes[at] is (byte)'\r' or (byte)'\n')
            at++;
        if (!TryLine(bytes, ref at, out var first))
            return false;
        var status = isResponse && first.Length >= 12 ? ((first[9] - '0') * 100) + ((first[10] - '0') * 10) + (first[11] - '0') : 0;
        long? length = null;
        var isChunked = false;
        while (true)
        {
            if (!TryLine(bytes, ref at, out var line))
                return false;
            if (line.IsEmpty)
                break;
            var colon = line.IndexOf((byte)':');
            if (colon < 0)
                continue;
            var name = Clean(line[..colon]);
            var value = Clean(line[(colon + 1)..]);
            if (Same(name, "content-length"u8) && (length is null || _takesLastLength))
                length = Number(value, 10);
            isChunked |= Same(name, "transfer-encoding"u8) && Holds(value, "chunked"u8);
        }

        if (isResponse && status is >= 100 and < 200)
            return TryRead(bytes, ref at, out body, isResponse, answersHead);
        if (isResponse && (answersHead || status is 204 or 304))
            return true;
        if (isChunked && !(_prefersLength && length is not null))
            return TryChunks(bytes, ref at, out body);
        if (length is null or < 0)
            return true;
        body = (int)Math.Min(length.Value, int.MaxValue);
        at = (int)Math.Min((long)at + body, int.MaxValue);
        return at <= bytes.Length;
    }

    private bool TryChunks(ReadOnlySpan<byte> bytes, ref int at, out int body)
    {
        body = 0;
        while (true)
        {
            if (!TryLine(bytes, ref at, out var line))
                return false;
            var size = Number(Clean(line), 16);
            if (size <= 0)
                break;
            if (size > bytes.Length - at)
                return false;
            at += (int)size;
            body += (int)size;
            if (!TryLine(bytes, ref at, out _))
                return false;
        }

        while (true)
        {
            if (!TryLine(bytes, ref at, out var trailer))
                return false;
            if (trailer.IsEmpty)
                return true;
        }
    }

    private bool TryLine(ReadOnlySpan<byte> bytes, ref int at, out ReadOnlySpan<byte> line)
    {
        line = default;
        var rest = bytes[at..];
        var end = _endsLinesWithCr ? rest.IndexOfAny((byte)'\n', (byte)'\r') : rest.IndexOf((byte)'\n');
        if (end < 0)
            return false;
        line = rest[..end];
        at += end + 1;
        if (rest[end] == (byte)'\r' && at < bytes.Length && bytes[at] == (byte)'\n')
            at++;
        if (line.Length > 0 && line[^1] == (byte)'\r')
            line = line[..^1];
        return true;
    }

    // Anything up to a space counts as white space, as for many a trim().
    private static ReadOnlySpan<byte> Clean(ReadOnlySpan<byte> text)
    {
        while (text.Length > 0 && text[0] <= ' ')
            text = text[1..];
        while (text.Length > 0 && text[^1] <= ' ')
            text = text[..^1];
        return text;
    }

    private static bool Same(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => text.Length == lower.Length && Holds(text, lower);

    private static bool Holds(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower)
    {
        for (var i = 0; i + lower.Length <= text.Length; i++)
        {
            var n = 0;
            while (n < lower.Length && char.ToLowerInvariant((char)text[i + n]) == lower[n])
                n++;
            if (n == lower.Length)
                return true;
        }

        return false;
    }

    // strtol: a sign, then digits, and whatever follows is nobody's business.
    private static long Number(ReadOnlySpan<byte> text, int radix)
    {
        long value = 0;
        var i = text.Length > 0 && text[0] is (byte)'+' or (byte)'-' ? 1 : 0;
        for (; i < text.Length && value < int.MaxValue; i++)
        {
            var digit = text[i] switch
            {
                >= (byte)'0' and <= (byte)'9' => text[i] - '0',
                >= (byte)'a' and <= (byte)'f' => text[i] - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => text[i] - 'A' + 10,
                _ => radix,
            };
            if (digit >= radix)
                break;
            value = (value * radix) + digit;
        }

        return text.Length > 0 && text[0] == (byte)'-' ? -value : value;
    }
}
