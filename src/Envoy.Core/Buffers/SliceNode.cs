namespace Envoy.Buffers;

/// <summary>A slice of a slab as a link of a <see cref="ByteQueue"/>'s chain; pooled. Worker-owned.</summary>
internal sealed class SliceNode
{
    public Slab Slab = null!;
    public int Start;
    public int End;
    public SliceNode? Next;

    public int Length => End - Start;

    public ReadOnlySpan<byte> Span => Slab.Array.AsSpan(Start, End - Start);
}
