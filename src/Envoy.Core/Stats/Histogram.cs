namespace Envoy.Stats;

/// <summary>
/// A distribution of values. Shards record; <see cref="StatsStore.MergeHistograms"/>, called at every flush, brings what they recorded
/// together, and readers see what was merged last, as in Envoy. Thread-safe.
/// </summary>
internal sealed class Histogram : Stat
{
    private readonly HistogramCell[] _cells;
    private Merged _merged = new(HistogramStatistics.Empty, HistogramStatistics.Empty);
    private long _mergedCount;

    internal Histogram(string name, HistogramUnit unit, int shardCount)
        : base(name)
    {
        Unit = unit;
        _cells = new HistogramCell[shardCount];
        for (var i = 0; i < shardCount; i++)
            _cells[i] = new HistogramCell();
    }

    /// <summary>What the values are.</summary>
    public HistogramUnit Unit { get; }

    /// <summary>What was recorded between the last two merges.</summary>
    public HistogramStatistics Interval => Volatile.Read(ref _merged).Interval;

    /// <summary>All that was recorded until the last merge.</summary>
    public HistogramStatistics Cumulative => Volatile.Read(ref _merged).Cumulative;

    public override bool Used => Cumulative.SampleCount != 0;

    /// <summary>The part that <paramref name="shard"/>'s owner may write.</summary>
    public HistogramCell Cell(int shard) => _cells[shard];

    /// <summary>Brings the shards together; called under the store's merge lock.</summary>
    internal void Merge(long[] scratch)
    {
        var count = 0L;
        foreach (var cell in _cells)
            count += cell.Count;
        var merged = _merged;
        if (count == _mergedCount)
        {
            if (merged.Interval.SampleCount != 0)
                Volatile.Write(ref _merged, new Merged(HistogramStatistics.Empty, merged.Cumulative));
            return;
        }

        _mergedCount = count;
        Array.Clear(scratch);
        foreach (var cell in _cells)
            cell.AddTo(scratch);
        Volatile.Write(ref _merged, new Merged(
            HistogramStatistics.From(scratch, merged.Cumulative),
            HistogramStatistics.From(scratch, HistogramStatistics.Empty)));
    }

    private sealed record Merged(HistogramStatistics Interval, HistogramStatistics Cumulative);
}
