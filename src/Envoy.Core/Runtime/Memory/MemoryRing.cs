using System.Buffers;

namespace Envoy.Runtime.Memory;

/// <summary>Bytes on their way in one direction, up to <see cref="Capacity"/>; holds no memory while empty. Guarded by its pair's lock.</summary>
internal struct MemoryRing
{
    /// <summary>64 KiB: one slab, about what a kernel's socket holds.</summary>
    public const int Capacity = 64 * 1024;

    private byte[]? _bytes;
    private int _first;

    public int Count { get; private set; }

    public readonly int Free => Capacity - Count;

    /// <summary>Takes as much as there is room for.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        var length = Math.Min(bytes.Length, Free);
        if (length == 0)
            return 0;
        _bytes ??= ArrayPool<byte>.Shared.Rent(Capacity);
        var at = (_first + Count) & (Capacity - 1);
        var upToEnd = Math.Min(length, Capacity - at);
        bytes[..upToEnd].CopyTo(_bytes.AsSpan(at));
        bytes[upToEnd..length].CopyTo(_bytes);
        Count += length;
        return length;
    }

    public int Read(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, Count);
        if (length == 0)
            return 0;
        var upToEnd = Math.Min(length, Capacity - _first);
        _bytes.AsSpan(_first, upToEnd).CopyTo(buffer);
        _bytes.AsSpan(0, length - upToEnd).CopyTo(buffer[upToEnd..]);
        _first = (_first + length) & (Capacity - 1);
        Count -= length;
        if (Count == 0)
            Clear();
        return length;
    }

    public void Clear()
    {
        if (_bytes is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
        _bytes = null;
        _first = Count = 0;
    }
}
