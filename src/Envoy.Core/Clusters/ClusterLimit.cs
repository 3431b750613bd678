using System.Runtime.InteropServices;
using Envoy.Stats;

namespace Envoy.Clusters;

/// <summary>
/// How much of one thing a cluster may have at once, counted over all workers. As in Envoy, asking and counting are two steps where a caller
/// may decide to go over (a pool's first connection to a host), so that the count can pass the maximum; <see cref="TryAcquire"/> is both in
/// one and never does. Thread-safe.
/// </summary>
internal sealed class ClusterLimit
{
    private readonly SharedGauge _open;
    private PaddedCount _count;

    /// <summary>Makes a limit with nothing counted.</summary>
    /// <param name="max">The maximum; 0 forbids all.</param>
    /// <param name="open">1 while the maximum is reached, else 0.</param>
    public ClusterLimit(uint max, SharedGauge open)
    {
        Max = max;
        _open = open;
        // A count never crosses a maximum of zero.
        if (max == 0)
            open.Set(1);
    }

    /// <summary>The maximum.</summary>
    public uint Max { get; }

    /// <summary>How many there are.</summary>
    public long Count => Volatile.Read(ref _count.Value);

    /// <summary>Whether one more is allowed at this moment.</summary>
    public bool CanCreate => Count < Max;

    /// <summary>Counts one more, whether it is allowed or not; to be given back by <see cref="Dec"/>.</summary>
    public void Inc() => Crossed(Interlocked.Increment(ref _count.Value));

    /// <summary>Gives one back.</summary>
    public void Dec()
    {
        var count = Interlocked.Decrement(ref _count.Value);
        // Each crossing is seen by exactly one thread, so additions keep the gauge right where two settings could overtake each other.
        if (count == Max - 1L && Max > 0)
            _open.Dec();
    }

    /// <summary>Counts one more if it is allowed; to be given back by <see cref="Dec"/>.</summary>
    public bool TryAcquire()
    {
        var count = Count;
        while (count < Max)
        {
            var seen = Interlocked.CompareExchange(ref _count.Value, count + 1, count);
            if (seen == count)
            {
                Crossed(count + 1);
                return true;
            }

            count = seen;
        }

        return false;
    }

    private void Crossed(long count)
    {
        if (count == Max && Max > 0)
            _open.Inc();
    }

    // All workers write it with every request: alone on its cache lines (64 bytes, 128 with the adjacent-line prefetcher).
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct PaddedCount
    {
        [FieldOffset(128)]
        public long Value;
    }
}
