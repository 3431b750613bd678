using Envoy.Proxy.Admin;
using Envoy.Stats;

namespace Envoy.Core.Tests.Stats;

internal sealed class HistogramTests
{
    [Test]
    public void Quantiles_OneValue_SpreadOverItsBucket()
    {
        var statistics = Recorded(1);
        Assert.That(
            statistics.ComputedQuantiles.ToArray().Select(value => AdminText.General(value)),
            Is.EqualTo(new[] { "1", "1.025", "1.05", "1.075", "1.09", "1.095", "1.099", "1.0995", "1.0999", "1.1" }));
        Assert.That(statistics.CountsBelow.ToArray(), Is.EqualTo(Enumerable.Repeat(0L, 2).Concat(Enumerable.Repeat(1L, 17))));
    }

    [Test]
    public void Quantiles_OneToHundred_AreEnvoys()
    {
        var statistics = Recorded(Enumerable.Range(0, 100).Select(value => (long)value).ToArray());
        Assert.That(statistics.ComputedQuantiles.ToArray(), Is.EqualTo(new[] { 0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100 }).Within(1e-9));
        Assert.That(statistics.CountsBelow[..8].ToArray(), Is.EqualTo(new long[] { 1, 1, 5, 10, 25, 50, 100, 100 }));
        Assert.That(statistics.SampleCount, Is.EqualTo(100));
        Assert.That(statistics.SampleSum, Is.EqualTo(4950).Within(1).Percent);
    }

    [Test]
    public void Quantiles_NoValue_AreNotNumbers()
    {
        var statistics = HistogramStatistics.Empty;
        Assert.That(statistics.ComputedQuantiles.ToArray(), Is.All.NaN);
        Assert.That(statistics.CountsBelow.ToArray(), Is.All.Zero);
        Assert.That(statistics.SampleSum, Is.Zero);
    }

    [TestCase(0, 0, 0)]
    [TestCase(-5, 0, 0)]
    [TestCase(1, 1.0, 0.1)]
    [TestCase(9, 9.0, 0.1)]
    [TestCase(10, 10, 1)]
    [TestCase(99, 99, 1)]
    [TestCase(100, 100, 10)]
    [TestCase(109, 100, 10)]
    [TestCase(12345, 12000, 1000)]
    [TestCase(long.MaxValue, 9.2 * 1e18, 1e17)]
    public void Buckets_AValue_HaveTwoDigits(long value, double lower, double width)
    {
        var (actualLower, actualWidth, count) = Recorded(value).Detailed().Single();
        Assert.That((actualLower, actualWidth, count), Is.EqualTo((lower, width, 1L)));
    }

    [Test]
    public void Sum_OfABucket_TakesItsMiddle()
        => Assert.That(Recorded(200).SampleSum, Is.EqualTo(200 + (10 * 200.0 / 410)).Within(1e-9));

    [Test]
    public void Merge_Intervals_HoldWhatIsNew()
    {
        var store = new StatsStore(2);
        var histogram = store.Histogram("h");
        Assert.That(histogram.Used, Is.False);
        histogram.Cell(0).Record(200);
        histogram.Cell(1).Record(300);
        Assert.That(histogram.Cumulative.SampleCount, Is.Zero, "not merged yet");

        store.MergeHistograms();
        Assert.That((histogram.Interval.SampleCount, histogram.Cumulative.SampleCount), Is.EqualTo((2L, 2L)));
        histogram.Cell(1).Record(300);
        store.MergeHistograms();
        Assert.That((histogram.Interval.SampleCount, histogram.Cumulative.SampleCount), Is.EqualTo((1L, 3L)));
        Assert.That(histogram.Interval.Detailed().Single(), Is.EqualTo((300.0, 10.0, 1L)));
        Assert.That(histogram.Cumulative.Detailed(), Is.EqualTo(new[] { (200.0, 10.0, 1L), (300.0, 10.0, 2L) }));
        store.MergeHistograms();
        Assert.That((histogram.Interval.SampleCount, histogram.Cumulative.SampleCount, histogram.Used), Is.EqualTo((0L, 3L, true)));
    }

    private static HistogramStatistics Recorded(params long[] values)
    {
        var store = new StatsStore(1);
        var histogram = store.Histogram("h");
        foreach (var value in values)
            histogram.Cell(0).Record(value);
        store.MergeHistograms();
        return histogram.Cumulative;
    }
}
