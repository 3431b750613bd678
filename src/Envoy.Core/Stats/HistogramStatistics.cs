namespace Envoy.Stats;

/// <summary>A histogram's counts at one moment and what follows from them. Immutable.</summary>
internal sealed class HistogramStatistics
{
    /// <summary>No values.</summary>
    public static readonly HistogramStatistics Empty = new([], []);

    // Envoy's (HistogramStatisticsImpl::supportedQuantiles).
    private static readonly double[] SupportedQuantiles = [0, 0.25, 0.5, 0.75, 0.90, 0.95, 0.99, 0.995, 0.999, 1];

    // Envoy's (HistogramSettingsImpl::defaultBuckets), made for milliseconds: half a millisecond to an hour.
    private static readonly double[] DefaultUpperBounds =
        [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000];

    private readonly int[] _buckets;
    private readonly long[] _counts;
    private double[]? _quantiles;
    private long[]? _below;

    private HistogramStatistics(int[] buckets, long[] counts)
    {
        _buckets = buckets;
        _counts = counts;
        foreach (var count in counts)
            SampleCount += count;
    }

    /// <summary>The quantiles that <see cref="ComputedQuantiles"/> are of, 0 to 1.</summary>
    public static ReadOnlySpan<double> Quantiles => SupportedQuantiles;

    /// <summary>The upper bounds that <see cref="CountsBelow"/> are of.</summary>
    public static ReadOnlySpan<double> UpperBounds => DefaultUpperBounds;

    /// <summary>How many values.</summary>
    public long SampleCount { get; }

    /// <summary>The sum of the values, as near as the buckets tell.</summary>
    public double SampleSum
    {
        get
        {
            var sum = 0.0;
            for (var i = 0; i < _buckets.Length; i++)
                sum += LogLinearBuckets.Middle(_buckets[i]) * _counts[i];
            return sum;
        }
    }

    /// <summary>The value at each of <see cref="Quantiles"/>; not a number when there are no values.</summary>
    public ReadOnlySpan<double> ComputedQuantiles => _quantiles ??= ComputeQuantiles();

    /// <summary>
    /// How many values lie in buckets that end at or before each of <see cref="UpperBounds"/>. A value equal to a bound is so counted at the
    /// next bound: Envoy shows it like this.
    /// </summary>
    public ReadOnlySpan<long> CountsBelow => _below ??= ComputeBelow();

    /// <summary>The used buckets: least value, width, count.</summary>
    public IEnumerable<(double Lower, double Width, long Count)> Detailed()
    {
        for (var i = 0; i < _buckets.Length; i++)
            yield return (LogLinearBuckets.Lower(_buckets[i]), LogLinearBuckets.Width(_buckets[i]), _counts[i]);
    }

    /// <summary>Takes the counts of all buckets, each at least what it was in <paramref name="since"/>, whose counts are taken off.</summary>
    internal static HistogramStatistics From(ReadOnlySpan<long> all, HistogramStatistics since)
    {
        var used = 0;
        var old = 0;
        for (var bucket = 0; bucket < all.Length; bucket++)
        {
            if (all[bucket] - since.Take(bucket, ref old) > 0)
                used++;
        }

        if (used == 0)
            return Empty;
        var buckets = new int[used];
        var counts = new long[used];
        used = old = 0;
        for (var bucket = 0; bucket < all.Length; bucket++)
        {
            var count = all[bucket] - since.Take(bucket, ref old);
            if (count <= 0)
                continue;
            buckets[used] = bucket;
            counts[used++] = count;
        }

        return new HistogramStatistics(buckets, counts);
    }

    private long Take(int bucket, ref int next)
        => next < _buckets.Length && _buckets[next] == bucket ? _counts[next++] : 0;

    private double[] ComputeQuantiles()
    {
        var values = new double[SupportedQuantiles.Length];
        if (SampleCount == 0)
        {
            Array.Fill(values, double.NaN);
            return values;
        }

        // Walks quantiles and buckets side by side; inside a bucket values are taken to be spread evenly.
        var at = 0;
        var before = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var rank = SampleCount * SupportedQuantiles[i];
            while (at < _buckets.Length - 1 && before + _counts[at] < rank)
                before += _counts[at++];
            values[i] = LogLinearBuckets.Lower(_buckets[at]) + ((rank - before) / _counts[at] * LogLinearBuckets.Width(_buckets[at]));
        }

        return values;
    }

    private long[] ComputeBelow()
    {
        var below = new long[DefaultUpperBounds.Length];
        var at = 0;
        var sum = 0L;
        for (var i = 0; i < below.Length; i++)
        {
            while (at < _buckets.Length && LogLinearBuckets.Lower(_buckets[at]) + LogLinearBuckets.Width(_buckets[at]) <= DefaultUpperBounds[i])
                sum += _counts[at++];
            below[i] = sum;
        }

        return below;
    }
}
