using System.Buffers;
using System.Buffers.Binary;
using Envoy.Buffers;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Descriptors;

/// <summary>
/// Writes protobuf's wire format in one pass. Lengths of nested messages are known only at their end: what is written goes into one run of
/// bytes without them, and they are woven in when it is copied out. Used again for message after message. Worker-owned.
/// </summary>
internal sealed class WireWriter
{
    private readonly ByteSink _bytes = new();

    // In the order of their beginnings, which is the order in which they are copied out.
    private Nested[] _nested = new Nested[16];
    private int _nestedCount;
    private int[] _open = new int[16];
    private int _openCount;

    // What all lengths so far take, in bytes.
    private int _lengthBytes;

    /// <summary>How long the message is, in bytes; valid when nothing is open.</summary>
    public int Length => _bytes.Length + _lengthBytes;

    public void Clear()
    {
        _bytes.Clear();
        _nestedCount = _openCount = _lengthBytes = 0;
    }

    /// <summary>Begins a message, or anything else with a length, in field <paramref name="number"/>.</summary>
    public void Begin(int number)
    {
        Tag(number, WireType.Bytes);
        if (_nestedCount == _nested.Length)
            Array.Resize(ref _nested, _nestedCount * 2);
        if (_openCount == _open.Length)
            Array.Resize(ref _open, _openCount * 2);
        _open[_openCount++] = _nestedCount;
        _nested[_nestedCount++] = new Nested { Start = _bytes.Length, LengthsBefore = _lengthBytes };
    }

    public void End()
    {
        ref var nested = ref _nested[_open[--_openCount]];
        nested.Length = _bytes.Length - nested.Start + _lengthBytes - nested.LengthsBefore;
        _lengthBytes += VarintSize((uint)nested.Length);
    }

    public void Tag(int number, WireType type) => Varint(((ulong)(uint)number << 3) | (uint)type);

    public void Varint(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var count = 0;
        for (; value >= 0x80; value >>= 7)
            span[count++] = (byte)(value | 0x80);
        span[count++] = (byte)value;
        _bytes.Advance(count);
    }

    public void Fixed32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
    }

    public void Fixed64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    /// <summary>A string or bytes, with its length.</summary>
    public void Bytes(scoped ReadOnlySpan<byte> value)
    {
        Varint((uint)value.Length);
        _bytes.Append(value);
    }

    /// <summary>Bytes with their length, from a queue that keeps them.</summary>
    public void Bytes(ByteQueue value)
    {
        Varint((uint)value.Length);
        foreach (var span in value)
            _bytes.Append(span);
    }

    /// <summary>Whether two values written one after the other are the same.</summary>
    public bool HalvesAreEqual()
    {
        var written = _bytes.Written;
        return written[..(written.Length / 2)].SequenceEqual(written[(written.Length / 2)..]);
    }

    /// <summary>Copies the message out.</summary>
    public void CopyTo(IBufferWriter<byte> destination)
    {
        var written = _bytes.Written;
        var position = 0;
        Span<byte> length = stackalloc byte[5];
        for (var i = 0; i < _nestedCount; i++)
        {
            destination.Write(written[position.._nested[i].Start]);
            position = _nested[i].Start;
            var value = (uint)_nested[i].Length;
            var count = 0;
            for (; value >= 0x80; value >>= 7)
                length[count++] = (byte)(value | 0x80);
            length[count++] = (byte)value;
            destination.Write(length[..count]);
        }

        destination.Write(written[position..]);
    }

    public static int VarintSize(uint value) => value switch
    {
        < 1u << 7 => 1,
        < 1u << 14 => 2,
        < 1u << 21 => 3,
        < 1u << 28 => 4,
        _ => 5,
    };

    private struct Nested
    {
        public int Start;
        public int Length;
        public int LengthsBefore;
    }
}
