namespace Envoy.Buffers;

/// <summary>
/// A pinned block of memory that slices point into. It counts them; when the last one is gone the slab is free for the next use.
/// Bytes are only ever added behind <see cref="Used"/>, so slices already handed out never change. Worker-owned.
/// </summary>
internal sealed class Slab
{
    private readonly SlabPool _pool;
    private int _slices;

    public Slab(SlabPool pool, int size)
    {
        _pool = pool;
        Array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
    }

    public byte[] Array { get; }

    /// <summary>Bytes handed out, from the start.</summary>
    public int Used { get; set; }

    public int Free => Array.Length - Used;

    public bool IsUnused => _slices == 0;

    public void AddSlice() => _slices++;

    public void RemoveSlice()
    {
        if (--_slices == 0)
            _pool.OnUnused(this);
    }
}
