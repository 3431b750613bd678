using Envoy.Runtime;

namespace Envoy.Buffers;

/// <summary>
/// One worker's slabs and chain links. Everything the worker receives or writes is laid one behind the other into the current slab, which
/// stays hot in the cache and starts anew whenever nothing of it is in use; so an idle connection holds no memory. Worker-owned.
/// </summary>
internal sealed class SlabPool
{
    /// <summary>64 KiB: a whole large read in one system call, and small enough to stay in a second-level cache.</summary>
    public const int SlabSize = 64 * 1024;

    /// <summary>A receive wants at least this much room; with less left, it begins a new slab.</summary>
    public const int MinReceive = 16 * 1024;

    // What is kept for reuse beyond the current slab: 4 MiB a worker. More is left to the garbage collector.
    private const int MaxFreeSlabs = 64;
    private const int MaxFreeNodes = 4096;

    private readonly Worker _worker;
    private readonly Stack<Slab> _free = new();
    private Slab? _current;
    private Slab? _keeping;
    private SliceNode? _freeNodes;
    private int _freeNodeCount;
    private int _rented;

    private SlabPool(Worker worker) => _worker = worker;

    /// <summary>Scratch for one send's slices; what does not fit goes out with the next.</summary>
    public ArraySegment<byte>[] Segments { get; } = new ArraySegment<byte>[64];

    /// <summary>Slabs that hold unconsumed bytes, the current one included when it does.</summary>
    public int SlabsInUse => _rented - (_current is { IsUnused: true } ? 1 : 0) - (_keeping is { IsUnused: true } ? 1 : 0);

    public static SlabPool Of(Worker worker) => worker.Local(static w => new SlabPool(w));

    /// <summary>The current slab, with at least <paramref name="minimum"/> free bytes (at most <see cref="SlabSize"/>).</summary>
    public Slab Current(int minimum)
    {
        _worker.AssertOwned();
        if (_current is { } current)
        {
            // It begins anew here and not when its last slice goes: somebody may be about to add what was written behind Used.
            if (current.IsUnused && minimum > 0)
                current.Used = 0;
            if (current.Free >= minimum)
                return current;
        }

        // A current slab that slices still point into comes back through OnUnused when they are gone.
        _current = RentPrivate();
        return _current;
    }

    /// <summary>A slab with room for bytes that are to wait, which nothing is received into.</summary>
    public Slab Keeping()
    {
        _worker.AssertOwned();
        if (_keeping is { IsUnused: true } empty)
            empty.Used = 0;
        if (_keeping is not { Free: > 0 })
            _keeping = RentPrivate();
        return _keeping;
    }

    /// <summary>An empty slab that nobody else adds to; it comes back when its last slice has gone.</summary>
    public Slab RentPrivate()
    {
        _rented++;
        return _free.TryPop(out var slab) ? slab : new Slab(this, SlabSize);
    }

    public void OnUnused(Slab slab)
    {
        if (ReferenceEquals(slab, _current) || ReferenceEquals(slab, _keeping))
            return;
        slab.Used = 0;
        _rented--;
        if (_free.Count < MaxFreeSlabs)
            _free.Push(slab);
    }

    /// <summary>A link for a slice, counted on its slab.</summary>
    public SliceNode Rent(Slab slab, int start, int end)
    {
        var node = _freeNodes;
        if (node is null)
        {
            node = new SliceNode();
        }
        else
        {
            _freeNodes = node.Next;
            _freeNodeCount--;
            node.Next = null;
        }

        node.Slab = slab;
        node.Start = start;
        node.End = end;
        slab.AddSlice();
        return node;
    }

    public void Return(SliceNode node)
    {
        var slab = node.Slab;
        node.Slab = null!;
        if (_freeNodeCount < MaxFreeNodes)
        {
            node.Next = _freeNodes;
            _freeNodes = node;
            _freeNodeCount++;
        }

        slab.RemoveSlice();
    }
}
