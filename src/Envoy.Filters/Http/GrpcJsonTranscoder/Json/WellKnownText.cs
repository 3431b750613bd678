using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;
using Envoy.Buffers;
using Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>The messages that JSON writes as a string: times, durations, field masks; both ways.</summary>
internal static class WellKnownText
{
    private const long FirstSecond = -62135596800; // 0001-01-01T00:00:00Z
    private const long LastSecond = 253402300799; // 9999-12-31T23:59:59Z
    private const long MostDurationSeconds = 315576000000; // duration.proto: about 10,000 years

    /// <summary>Writes the fields of a <c>Timestamp</c> (RFC 3339).</summary>
    public static bool TryReadTimestamp(ReadOnlySpan<byte> text, WireWriter output)
    {
        // 1972-01-01T10:00:20.021Z, or an offset instead of Z.
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':'
            || !TryDigits(text[..4], out var year) || !TryDigits(text[5..7], out var month) || !TryDigits(text[8..10], out var day)
            || !TryDigits(text[11..13], out var hour) || !TryDigits(text[14..16], out var minute) || !TryDigits(text[17..19], out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        text = text[19..];
        if (!TryFraction(ref text, out var nanos) || text.IsEmpty)
            return false;
        var seconds = (new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond;
        if (text is not [(byte)'Z'])
        {
            if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || text[3] != ':'
                || !TryDigits(text[1..3], out var hours) || !TryDigits(text[4..6], out var minutes) || hours > 23 || minutes > 59)
            {
                return false;
            }

            var offset = (hours * 3600) + (minutes * 60);
            seconds += text[0] == '+' ? -offset : offset;
        }

        if (seconds is < FirstSecond or > LastSecond)
            return false;
        WritePair(output, seconds, nanos);
        return true;
    }

    /// <summary>Writes the fields of a <c>Duration</c>: <c>1.5s</c>.</summary>
    public static bool TryReadDuration(ReadOnlySpan<byte> text, WireWriter output)
    {
        if (text is not [.., (byte)'s'])
            return false;
        text = text[..^1];
        var negative = text is [(byte)'-', ..];
        if (negative)
            text = text[1..];
        if (text.IsEmpty || text[0] is < (byte)'0' or > (byte)'9' || !Utf8Parser.TryParse(text, out long seconds, out var length))
            return false;
        text = text[length..];
        if (!TryFraction(ref text, out var nanos) || !text.IsEmpty || seconds > MostDurationSeconds)
            return false;
        WritePair(output, negative ? -seconds : seconds, negative ? -nanos : nanos);
        return true;
    }

    /// <summary>Writes the fields of a <c>FieldMask</c>: paths in lower camel case, with commas between them.</summary>
    public static bool TryReadFieldMask(ReadOnlySpan<byte> text, WireWriter output, ByteSink scratch)
    {
        if (!Utf8.IsValid(text))
            return false;
        while (!text.IsEmpty)
        {
            var comma = text.IndexOf((byte)',');
            var path = comma < 0 ? text : text[..comma];
            text = comma < 0 ? default : text[(comma + 1)..];
            scratch.Clear();
            foreach (var b in path)
            {
                if (b is >= (byte)'A' and <= (byte)'Z')
                {
                    scratch.Append((byte)'_');
                    scratch.Append((byte)(b + 32));
                }
                else
                {
                    scratch.Append(b);
                }
            }

            output.Tag(1, WireType.Bytes);
            output.Bytes(scratch.Written);
        }

        return true;
    }

    /// <summary>A <c>Timestamp</c> as text; null-safe answer false: no time that can be written.</summary>
    public static bool TryWriteTimestamp(long seconds, int nanos, JsonWriter json)
    {
        if (seconds is < FirstSecond or > LastSecond || nanos is < 0 or > 999_999_999)
            return false;
        Span<byte> text = stackalloc byte[32];
        var time = DateTime.UnixEpoch.AddTicks(seconds * TimeSpan.TicksPerSecond);
        _ = Utf8Formatter.TryFormat(time, text, out _, new StandardFormat('O'));
        // The first 19 bytes are date and time; what follows is in ticks, and nanoseconds are asked for.
        var length = 19 + WriteFraction(nanos, text[19..]);
        text[length++] = (byte)'Z';
        json.Quoted(text[..length]);
        return true;
    }

    /// <summary>A <c>Duration</c> as text; false: none that can be written.</summary>
    public static bool TryWriteDuration(long seconds, int nanos, JsonWriter json)
    {
        if (seconds is < -MostDurationSeconds or > MostDurationSeconds || nanos is < -999_999_999 or > 999_999_999
            || (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0))
        {
            return false;
        }

        Span<byte> text = stackalloc byte[32];
        var length = 0;
        if (seconds < 0 || nanos < 0)
            text[length++] = (byte)'-';
        _ = Utf8Formatter.TryFormat(Math.Abs(seconds), text[length..], out var digits);
        length += digits;
        length += WriteFraction(Math.Abs(nanos), text[length..]);
        text[length++] = (byte)'s';
        json.Quoted(text[..length]);
        return true;
    }

    /// <summary>Appends a path of a <c>FieldMask</c> in lower camel case.</summary>
    public static void AppendPath(ReadOnlySpan<byte> path, ByteSink text)
    {
        var upper = false;
        foreach (var b in path)
        {
            if (b == '_')
            {
                upper = true;
                continue;
            }

            text.Append(upper && b is >= (byte)'a' and <= (byte)'z' ? (byte)(b - 32) : b);
            upper = false;
        }
    }

    private static void WritePair(WireWriter output, long seconds, int nanos)
    {
        if (seconds != 0)
        {
            output.Tag(1, WireType.Varint);
            output.Varint((ulong)seconds);
        }

        if (nanos != 0)
        {
            output.Tag(2, WireType.Varint);
            output.Varint((ulong)(long)nanos);
        }
    }

    private static bool TryFraction(ref ReadOnlySpan<byte> text, out int nanos)
    {
        nanos = 0;
        if (text is not [(byte)'.', ..])
            return true;
        var digits = 0;
        for (; digits + 1 < text.Length && text[digits + 1] is >= (byte)'0' and <= (byte)'9'; digits++)
        {
            if (digits == 9)
                return false;
            nanos = (nanos * 10) + text[digits + 1] - '0';
        }

        for (var i = digits; i < 9; i++)
            nanos *= 10;
        text = text[(digits + 1)..];
        return digits > 0;
    }

    // None, three, six or nine digits.
    private static int WriteFraction(int nanos, Span<byte> text)
    {
        if (nanos == 0)
            return 0;
        var digits = nanos % 1_000_000 == 0 ? 3 : nanos % 1000 == 0 ? 6 : 9;
        for (var i = 9; i > digits; i--)
            nanos /= 10;
        text[0] = (byte)'.';
        for (var i = digits; i > 0; i--)
        {
            text[i] = (byte)('0' + (nanos % 10));
            nanos /= 10;
        }

        return digits + 1;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var b in text)
        {
            if (b is < (byte)'0' or > (byte)'9')
                return false;
            value = (value * 10) + b - '0';
        }

        return true;
    }
}
