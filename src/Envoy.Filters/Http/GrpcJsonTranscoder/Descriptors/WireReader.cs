using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>
/// Reads protobuf's wire format from bytes that a peer sent: what does not fit is an answer, never an exception. After <see cref="TryReadTag"/>
/// has returned false, <see cref="IsBroken"/> tells an end from an error.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal ref struct WireReader
{
    // Groups are skipped with a counter, so this bounds work on hostile nesting only.
    private const int MostGroups = 100;

    private readonly ReadOnlySpan<byte> _bytes;

    public WireReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Where the next byte is.</summary>
    public int Position { get; private set; }

    /// <summary>The bytes were no message.</summary>
    public bool IsBroken { get; private set; }

    public bool TryReadTag(out int number, out WireType type)
    {
        number = 0;
        type = default;
        if (IsBroken || Position >= _bytes.Length || !TryReadVarint(out var tag))
            return false;
        number = (int)(tag >> 3);
        type = (WireType)(tag & 7);
        // Field numbers are 29 bits and begin at 1.
        return (tag <= uint.MaxValue && number > 0 && (byte)type <= 5) || Break();
    }

    public bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (Position >= _bytes.Length)
                return Break();
            var next = _bytes[Position++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return true;
        }

        return Break();
    }

    public bool TryReadFixed32(out uint value)
    {
        value = 0;
        if (_bytes.Length - Position < 4)
            return Break();
        value = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[Position..]);
        Position += 4;
        return true;
    }

    public bool TryReadFixed64(out ulong value)
    {
        value = 0;
        if (_bytes.Length - Position < 8)
            return Break();
        value = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[Position..]);
        Position += 8;
        return true;
    }

    public bool TryReadBytes(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryReadVarint(out var length))
            return false;
        if (length > (ulong)(_bytes.Length - Position))
            return Break();
        value = _bytes.Slice(Position, (int)length);
        Position += (int)length;
        return true;
    }

    /// <summary>Steps over the value behind a tag.</summary>
    public bool TrySkip(int number, WireType type)
    {
        switch (type)
        {
            case WireType.Varint:
                return TryReadVarint(out _);
            case WireType.Fixed64:
                return TryReadFixed64(out _);
            case WireType.Bytes:
                return TryReadBytes(out _);
            case WireType.Fixed32:
                return TryReadFixed32(out _);
            case WireType.StartGroup:
                return TryReadGroup(number, out _);
            default:
                return Break();
        }
    }

    /// <summary>The bytes of a group whose first tag has been read, without its last one.</summary>
    public bool TryReadGroup(int number, out ReadOnlySpan<byte> value)
    {
        value = default;
        var start = Position;
        Span<int> open = stackalloc int[MostGroups];
        var depth = 0;
        open[depth++] = number;
        while (true)
        {
            var before = Position;
            if (!TryReadTag(out var inner, out var type))
                return Break();
            if (type == WireType.EndGroup)
            {
                if (open[--depth] != inner)
                    return Break();
                if (depth > 0)
                    continue;
                value = _bytes[start..before];
                return true;
            }

            if (type == WireType.StartGroup)
            {
                if (depth == MostGroups)
                    return Break();
                open[depth++] = inner;
            }
            else if (!TrySkip(inner, type))
            {
                return false;
            }
        }
    }

    private bool Break()
    {
        IsBroken = true;
        return false;
    }
}
