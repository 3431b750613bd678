using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Envoy.Http;

/// <summary>The byte classes of RFC 9110 and searches over them, without a string and without allocation. Immutable.</summary>
internal static class AsciiBytes
{
    // tchar (RFC 9110 section 5.6.2) in lower case, 0 for what no token may hold.
    private static ReadOnlySpan<byte> TokenLowerTable =>
    [
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x21, 0x00, 0x23, 0x24, 0x25, 0x26, 0x27, 0x00, 0x00, 0x2a, 0x2b, 0x00, 0x2d, 0x2e, 0x00,
        0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
        0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x00, 0x00, 0x00, 0x5e, 0x5f,
        0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
        0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x00, 0x7c, 0x00, 0x7e, 0x00,
        // No token has a byte above 127.
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ];

    // VCHAR and obs-text are any byte but these; NUL, CR and LF are what a header value must never carry (RFC 9110 section 5.5).
    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create(
        "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"u8);

    /// <summary>The lower-case form of every token byte, 0 for every other byte.</summary>
    public static ReadOnlySpan<byte> TokenLower => TokenLowerTable;

    /// <summary>
    /// Writes the token that begins at <paramref name="start"/> of <paramref name="source"/> in lower case to the same place of
    /// <paramref name="target"/>, which holds the same bytes; returns where the first byte stands that no token may hold, or
    /// <paramref name="end"/>. Bytes of the target behind <paramref name="end"/> may change.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LowerToken(ReadOnlySpan<byte> source, byte[] target, int start, int end)
    {
        var i = start;
        while (Vector128.IsHardwareAccelerated && source.Length - i >= Vector128<byte>.Count
            && target.Length - i >= Vector128<byte>.Count)
        {
            // A byte is in a token when the row of its low nibble has the bit of its high nibble (0 for those above 127).
            var v = Vector128.Create(source[i..]);
            var rows = Vector128.ShuffleNative(
                Vector128.Create((byte)0xe8, 0xfc, 0xf8, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xf8, 0xf8, 0xf4, 0x54, 0xd0, 0x54, 0xf4, 0x70),
                v & Vector128.Create((byte)0x0f));
            var bits = Vector128.ShuffleNative(
                Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0), v >>> 4);
            var stops = Vector128.Equals(rows & bits, Vector128<byte>.Zero).ExtractMostSignificantBits() | 0x10000;
            var length = BitOperations.TrailingZeroCount(stops);
            var isUpper = Vector128.LessThanOrEqual(v - Vector128.Create((byte)'A'), Vector128.Create((byte)25))
                & Vector128.LessThan(Vector128<byte>.Indices, Vector128.Create((byte)length));
            (v | (isUpper & Vector128.Create((byte)0x20))).CopyTo(target, i);
            i += length;
            if (length < Vector128<byte>.Count || i >= end)
                return Math.Min(i, end);
        }

        while (i < end)
        {
            var lower = TokenLowerTable[source[i]];
            if (lower == 0)
                break;
            target[i++] = lower;
        }

        return i;
    }

    /// <summary>Whether all bytes are token bytes and there is at least one.</summary>
    public static bool IsToken(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return false;
        foreach (var b in bytes)
        {
            if (TokenLowerTable[b] == 0)
                return false;
        }

        return true;
    }

    /// <summary>
    /// The first byte that a field value may not hold (a control byte other than HTAB, or DEL) or -1. CR is such a byte, so in a raw head
    /// this finds the line's end and its faults in one pass.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int IndexOfControl(ReadOnlySpan<byte> bytes)
    {
        // Most values end within 32 bytes: one load, without the call into the general search.
        if (Vector256.IsHardwareAccelerated && bytes.Length >= Vector256<byte>.Count)
        {
            var v = Vector256.Create(bytes);
            var below = Vector256.Equals(Vector256.Min(v, Vector256.Create((byte)0x1f)), v);
            var hit = Vector256.AndNot(below, Vector256.Equals(v, Vector256.Create((byte)0x09)))
                | Vector256.Equals(v, Vector256.Create((byte)0x7f));
            var bits = hit.ExtractMostSignificantBits();
            if (bits != 0)
                return BitOperations.TrailingZeroCount(bits);
            var rest = bytes[Vector256<byte>.Count..].IndexOfAny(ControlBytes);
            return rest < 0 ? -1 : rest + Vector256<byte>.Count;
        }

        return bytes.IndexOfAny(ControlBytes);
    }

    /// <summary>Compares without regard to the case of ASCII letters; <paramref name="lower"/> must be lower case.</summary>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> lower)
    {
        if (bytes.Length != lower.Length)
            return false;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (ToLower(bytes[i]) != lower[i])
                return false;
        }

        return true;
    }

    /// <summary>Lower case of an ASCII letter; every other byte as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte ToLower(byte b) => (uint)(b - 'A') <= 'Z' - 'A' ? (byte)(b | 0x20) : b;

    /// <summary>Without the spaces and tabs around it (OWS, RFC 9110 section 5.6.3).</summary>
    public static ReadOnlySpan<byte> TrimOws(ReadOnlySpan<byte> bytes)
    {
        var start = 0;
        var end = bytes.Length;
        while (start < end && bytes[start] is (byte)' ' or (byte)'\t')
            start++;
        while (end > start && bytes[end - 1] is (byte)' ' or (byte)'\t')
            end--;
        return bytes[start..end];
    }

    /// <summary>Takes the next element off a comma-separated list (RFC 9110 section 5.6.1), trimmed; empty elements are skipped.</summary>
    public static bool TryTakeListElement(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> element)
    {
        while (!list.IsEmpty)
        {
            var comma = list.IndexOf((byte)',');
            element = TrimOws(comma < 0 ? list : list[..comma]);
            list = comma < 0 ? default : list[(comma + 1)..];
            if (!element.IsEmpty)
                return true;
        }

        element = default;
        return false;
    }

    /// <summary>Whether the comma-separated <paramref name="list"/> holds <paramref name="lowerToken"/>, in any case.</summary>
    public static bool ListContains(ReadOnlySpan<byte> list, ReadOnlySpan<byte> lowerToken)
    {
        while (TryTakeListElement(ref list, out var element))
        {
            if (EqualsIgnoreCase(element, lowerToken))
                return true;
        }

        return false;
    }

    /// <summary>Reads 1*DIGIT that fits a positive <see cref="long"/>; no sign, no space, no other base.</summary>
    public static bool TryParseLength(ReadOnlySpan<byte> bytes, out long value)
    {
        value = 0;
        // 19 digits hold every positive long; more could only be leading zeros or an overflow.
        if (bytes.IsEmpty || bytes.Length > 19)
            return false;
        ulong sum = 0;
        foreach (var b in bytes)
        {
            var digit = (uint)(b - '0');
            if (digit > 9)
                return false;
            sum = (sum * 10) + digit;
        }

        value = (long)sum;
        return sum <= long.MaxValue;
    }
}
