namespace Envoy.Stats;

/// <summary>
/// One shard's part of a <see cref="Histogram"/>. A decade's counts are allocated when its first value comes; from then on recording
/// allocates nothing. Worker-owned; counts may be read by anybody.
/// </summary>
internal sealed class HistogramCell
{
    // Keeps the first and last counts off the cache lines of whatever lies beside the array.
    private const int Guard = 64 / sizeof(long);

    private readonly long[]?[] _decades = new long[LogLinearBuckets.Decades][];
    private long _zeros;
    private long _count;

    /// <summary>How many values were recorded.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Records a value in the histogram's unit; below zero counts as zero.</summary>
    public void Record(long value)
    {
        if (value > 0)
        {
            var decade = LogLinearBuckets.Decade(value, out var place);
            (_decades[decade] ?? Add(decade))[Guard + place]++;
        }
        else
        {
            _zeros++;
        }

        // Last, so that a reader which sees the count finds the bucket on its next turn at the latest.
        _count++;
    }

    /// <summary>Adds this shard's counts to <paramref name="buckets"/>, which has <see cref="LogLinearBuckets.Count"/> elements.</summary>
    public void AddTo(Span<long> buckets)
    {
        buckets[0] += Volatile.Read(ref _zeros);
        for (var decade = 0; decade < _decades.Length; decade++)
        {
            if (Volatile.Read(ref _decades[decade]) is not { } counts)
                continue;
            var to = buckets.Slice(1 + (decade * LogLinearBuckets.PerDecade), LogLinearBuckets.PerDecade);
            for (var i = 0; i < to.Length; i++)
                to[i] += Volatile.Read(ref counts[Guard + i]);
        }
    }

    private long[] Add(int decade)
    {
        var counts = new long[Guard + LogLinearBuckets.PerDecade + Guard];
        Volatile.Write(ref _decades[decade], counts);
        return counts;
    }
}
