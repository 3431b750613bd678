using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Envoy.Runtime;

namespace Envoy.Buffers;

/// <summary>
/// A queue of bytes: a chain of slices that moves from queue to queue without being copied. Bytes have one owner at a time. An empty queue
/// holds no memory. Worker-owned.
/// </summary>
public sealed class ByteQueue : IBufferWriter<byte>
{
    // Up to here, moving bytes behind others that have room copies them: cheaper than one more slice in a send.
    private const int CopyLimit = 256;

    // A queue that has to wait with more slices than this, smaller on average than that, is copied together: each small slice would keep
    // a whole slab from being used again.
    private const int SparseSlices = 16;
    private const int SparseAverage = 4096;

    private readonly SlabPool _pool;
    private SliceNode? _head;
    private SliceNode? _tail;
    private int _slices;

    /// <summary>An empty queue of <paramref name="worker"/>; call it on that worker.</summary>
    public ByteQueue(Worker worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        worker.AssertOwned();
        _pool = SlabPool.Of(worker);
    }

    internal ByteQueue(SlabPool pool) => _pool = pool;

    /// <summary>Bytes in the queue.</summary>
    public long Length { get; private set; }

    /// <summary>True when there are none.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The first bytes, as many as lie together; empty only if the queue is. Valid until the queue changes.</summary>
    public ReadOnlySpan<byte> FirstSpan => _head is { } head ? head.Span : default;

    /// <summary>True when <see cref="FirstSpan"/> is all there is.</summary>
    internal bool IsSingleSpan => ReferenceEquals(_head, _tail);

    /// <summary>Copies <paramref name="bytes"/> to the end.</summary>
    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = GetSpan(1);
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Moves everything from <paramref name="source"/>, a queue of the same worker, to the end of this one.</summary>
    public void Append(ByteQueue source)
    {
        ArgumentNullException.ThrowIfNull(source);
        MoveFrom(source, source.Length);
    }

    /// <summary>Moves the first <paramref name="count"/> bytes of <paramref name="source"/> to the end of this queue.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative or more than the source holds.</exception>
    public void MoveFrom(ByteQueue source, long count)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, source.Length);
        while (count > 0)
        {
            var node = source._head!;
            var length = (int)Math.Min(node.Length, count);
            count -= length;
            if (length <= CopyLimit && _tail is { } tail && tail.End == tail.Slab.Used && tail.Slab.Free >= length)
            {
                node.Slab.Array.AsSpan(node.Start, length).CopyTo(tail.Slab.Array.AsSpan(tail.End));
                tail.End += length;
                tail.Slab.Used += length;
                Length += length;
                source.Drain(length);
            }
            else if (length == node.Length)
            {
                source.Unlink(node);
                Link(node);
            }
            else
            {
                Link(_pool.Rent(node.Slab, node.Start, node.Start + length));
                source.Drain(length);
            }
        }
    }

    /// <summary>
    /// Moves everything from <paramref name="source"/> to the end of this one, where it is to wait: what is small is copied to where only such bytes are,
    /// since each would keep from use the slab that it was received into.
    /// </summary>
    internal void Keep(ByteQueue source)
    {
        while (source._head is { } node)
        {
            if (node.Length >= SparseAverage)
            {
                source.Unlink(node);
                Link(node);
                continue;
            }

            Keep(node.Span);
            source.Drain(node.Length);
        }
    }

    /// <summary>Copies <paramref name="bytes"/> to the end, where they are to wait.</summary>
    internal void Keep(scoped ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var slab = _pool.Keeping();
            var count = Math.Min(slab.Free, bytes.Length);
            bytes[..count].CopyTo(slab.Array.AsSpan(slab.Used));
            AppendSlice(slab, count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Drops the first <paramref name="count"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative or more than the queue holds.</exception>
    public void Drain(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length);
        while (count > 0)
        {
            var head = _head!;
            if (head.Length > count)
            {
                head.Start += (int)count;
                Length -= count;
                return;
            }

            count -= head.Length;
            Unlink(head);
            _pool.Return(head);
        }
    }

    /// <summary>Drops everything.</summary>
    public void Clear() => Drain(Length);

    /// <summary>Copies from the beginning, without removing; returns how many bytes were copied.</summary>
    public int CopyTo(Span<byte> destination)
    {
        var copied = 0;
        for (var node = _head; node is not null && copied < destination.Length; node = node.Next)
        {
            var span = node.Span[..Math.Min(node.Length, destination.Length - copied)];
            span.CopyTo(destination[copied..]);
            copied += span.Length;
        }

        return copied;
    }

    /// <summary>A copy of all bytes; for tests and edges, not for the data path.</summary>
    public byte[] ToArray()
    {
        var copy = new byte[Length];
        CopyTo(copy);
        return copy;
    }

    /// <summary>Enumerates the slices in order; the queue must not change meanwhile.</summary>
    public SpanEnumerator GetEnumerator() => new(_head);

    /// <summary>Room for at least <paramref name="sizeHint"/> bytes (at most 64 KiB) behind the last byte; <see cref="Advance"/> takes it.</summary>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        var slab = SlabFor(sizeHint);
        return slab.Array.AsSpan(slab.Used);
    }

    /// <inheritdoc cref="GetSpan"/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var slab = SlabFor(sizeHint);
        return slab.Array.AsMemory(slab.Used);
    }

    /// <summary>Adds the first <paramref name="count"/> bytes of what <see cref="GetSpan"/> gave last; nothing may have been written by this worker in between.</summary>
    public void Advance(int count)
    {
        var slab = _pool.Current(0);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, slab.Free);
        if (count > 0)
            AppendSlice(slab, count);
    }

    /// <summary>The bytes as text; for messages and tests.</summary>
    public override string ToString() => Encoding.Latin1.GetString(ToArray());

    /// <summary>Takes the <paramref name="count"/> bytes behind <paramref name="slab"/>'s used part, which its owner has just filled.</summary>
    internal void AppendSlice(Slab slab, int count)
    {
        var start = slab.Used;
        slab.Used = start + count;
        if (_tail is { } tail && ReferenceEquals(tail.Slab, slab) && tail.End == start)
        {
            tail.End += count;
            Length += count;
            return;
        }

        Link(_pool.Rent(slab, start, start + count));
    }

    /// <summary>The first slices as segments to send; returns how many were filled in.</summary>
    internal int GetSegments(Span<ArraySegment<byte>> segments)
    {
        var count = 0;
        for (var node = _head; node is not null && count < segments.Length; node = node.Next)
            segments[count++] = new ArraySegment<byte>(node.Slab.Array, node.Start, node.Length);
        return count;
    }

    /// <summary>Called when the bytes have to wait: copies many small slices together, so that what is held is about what is counted.</summary>
    internal void CompactIfSparse()
    {
        if (_slices <= SparseSlices || Length / _slices >= SparseAverage)
            return;
        var (next, left) = (_head, Length);
        _head = _tail = null;
        _slices = 0;
        Length = 0;
        while (next is not null)
        {
            // A slab of its own, filled by nobody else.
            var slab = _pool.RentPrivate();
            var start = slab.Used;
            while (next is { } node && slab.Free > 0)
            {
                var count = Math.Min(node.Length, slab.Free);
                node.Span[..count].CopyTo(slab.Array.AsSpan(slab.Used));
                slab.Used += count;
                node.Start += count;
                left -= count;
                if (node.Length > 0)
                    break;
                next = node.Next;
                node.Next = null;
                _pool.Return(node);
            }

            Link(_pool.Rent(slab, start, slab.Used));
        }

        System.Diagnostics.Debug.Assert(left == 0, "bytes were lost");
    }

    private Slab SlabFor(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sizeHint, SlabPool.SlabSize);
        return _pool.Current(Math.Max(sizeHint, 1));
    }

    private void Link(SliceNode node)
    {
        if (_tail is null)
            _head = node;
        else
            _tail.Next = node;
        _tail = node;
        _slices++;
        Length += node.Length;
    }

    private void Unlink(SliceNode head)
    {
        _head = head.Next;
        if (_head is null)
            _tail = null;
        head.Next = null;
        _slices--;
        Length -= head.Length;
    }

    /// <summary>Walks the slices of a queue.</summary>
    [StructLayout(LayoutKind.Auto)]
    public ref struct SpanEnumerator
    {
        private SliceNode? _next;

        internal SpanEnumerator(SliceNode? head) => _next = head;

        /// <summary>The current slice.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>Goes to the next slice; false at the end.</summary>
        public bool MoveNext()
        {
            if (_next is null)
                return false;
            Current = _next.Span;
            _next = _next.Next;
            return true;
        }
    }
}
