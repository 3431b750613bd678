using Envoy.Buffers;

namespace Envoy.Filters.Http.GrpcWeb;

/// <summary>
/// Decodes the base64 of grpc-web-text, which comes in pieces, cut anyhow: every four characters stand for themselves, so that several texts with
/// padding of their own may follow each other (grpc's doc/PROTOCOL-WEB.md). Worker-owned.
/// </summary>
internal sealed class GrpcWebTextDecoder
{
    private const byte Padding = 64;
    private const byte Invalid = 255;

    private uint _bits;
    private int _count;
    private int _padding;

    /// <summary>Characters of four that are not complete yet are there.</summary>
    public bool IsIncomplete => _count > 0;

    private static ReadOnlySpan<byte> Values =>
    [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 62, 255, 255, 255, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 255, 255, 255, 64, 255, 255,
        255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 255, 255, 255, 255, 255,
        255, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 255, 255, 255, 255, 255,
    ];

    /// <summary>Decodes all of <paramref name="text"/>; false: it is no base64.</summary>
    public bool TryDecode(ReadOnlySpan<byte> text, ByteQueue bytes)
    {
        // Room that is asked for piece by piece: as large as is given at once.
        Span<byte> room = default;
        var written = 0;
        foreach (var character in text)
        {
            var value = character < 128 ? Values[character] : Invalid;
            // Padding ends its four, and what it leaves of the bits is zero (RFC 4648 section 3.5).
            if (value == Invalid || (value == Padding ? _count < 2 : _padding > 0))
                return Stop(bytes, written);
            if (value == Padding)
            {
                _padding++;
                value = 0;
            }

            _bits = (_bits << 6) | value;
            if (++_count < 4)
                continue;
            var length = 3 - _padding;
            if ((_bits & ((1u << (8 * _padding)) - 1)) != 0)
                return Stop(bytes, written);
            if (room.Length - written < 3)
            {
                bytes.Advance(written);
                room = bytes.GetSpan(3);
                written = 0;
            }

            room[written] = (byte)(_bits >> 16);
            if (length > 1)
                room[written + 1] = (byte)(_bits >> 8);
            if (length > 2)
                room[written + 2] = (byte)_bits;
            written += length;
            _bits = 0;
            _count = _padding = 0;
        }

        bytes.Advance(written);
        return true;
    }

    /// <summary>Forgets what is not complete.</summary>
    public void Clear()
    {
        _bits = 0;
        _count = _padding = 0;
    }

    private static bool Stop(ByteQueue bytes, int written)
    {
        bytes.Advance(written);
        return false;
    }
}
