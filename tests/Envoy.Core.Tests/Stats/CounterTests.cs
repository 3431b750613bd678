using Envoy.Stats;

namespace Envoy.Core.Tests.Stats;

internal sealed class CounterTests
{
    [Test]
    public void Counter_CellsOfAllShards_Sum()
    {
        var store = new StatsStore(workers: 2);
        var counter = store.Counter("a.b");
        counter.Cell(0).Inc();
        counter.Cell(1).Add(10);
        counter.Cell(store.MainShard).Inc();
        counter.Shared().Add(100);

        Assert.That(counter.Value, Is.EqualTo(112));
        Assert.That(counter.Cell(1).Value, Is.EqualTo(10));
        Assert.That(store.MainShard, Is.EqualTo(2));
    }

    [Test]
    public void Counter_AskedForTwice_IsTheSame()
    {
        var store = new StatsStore(1);
        var counter = store.Counter("x");
        var shared = store.SharedCounter("x");
        Assert.That(store.Root.Counter("x"), Is.SameAs(counter));
        Assert.That(counter.Shared(), Is.SameAs(shared));
    }

    [Test]
    public void Counter_Reset_CountsFromZeroAndStaysUsed()
    {
        var store = new StatsStore(1);
        var counter = store.Counter("x");
        counter.Cell(0).Add(5);
        counter.Shared().Inc();
        store.ResetCounters();
        Assert.That((counter.Value, counter.Used), Is.EqualTo((0L, true)));
        counter.Cell(0).Inc();
        Assert.That(counter.Value, Is.EqualTo(1));
    }

    [Test]
    public void Gauge_ShardsUpAndDown_SumIsShown()
    {
        var store = new StatsStore(2);
        var gauge = store.Gauge("g");
        Assert.That(gauge.Used, Is.False);
        gauge.Cell(0).Inc();
        gauge.Cell(1).Dec();
        Assert.That((gauge.Value, gauge.Used), Is.EqualTo((0L, true)));
        gauge.Cell(0).Set(7);
        gauge.Shared().Inc();
        gauge.Shared().Inc();
        Assert.That(gauge.Shared().Dec(), Is.EqualTo(1));
        Assert.That(gauge.Value, Is.EqualTo(7));
    }

    [Test]
    public void Gauge_MoreTakenThanGivenWhileRead_IsNotNegative()
    {
        var gauge = new StatsStore(1).Gauge("g");
        gauge.Cell(0).Dec();
        Assert.That(gauge.Value, Is.Zero);
    }

    [Test]
    public void Cells_ManyStatistics_KeepTheirOwnNumbers()
    {
        var store = new StatsStore(3);
        for (var i = 0; i < 1000; i++)
        {
            store.Counter("c" + i).Cell(i % 3).Add(i);
            store.Gauge("g" + i).Cell(i % 3).Set(i * 2);
        }

        for (var i = 0; i < 1000; i++)
            Assert.That((store.Counter("c" + i).Value, store.Gauge("g" + i).Value), Is.EqualTo(((long)i, i * 2L)));
    }

    [Test]
    public void CellPage_Shards_ShareNoCacheLine()
    {
        var page = new CellPage(2);
        var first = page.TryReserve(1);
        var last = first;
        for (var slot = first; slot >= 0; slot = page.TryReserve(1))
            last = slot;
        Assert.Multiple(() =>
        {
            Assert.That(page.Shard(0), Is.Not.SameAs(page.Shard(1)));
            Assert.That(first * sizeof(long), Is.GreaterThanOrEqualTo(128));
            Assert.That((page.Shard(0).Length - 1 - last) * sizeof(long), Is.GreaterThanOrEqualTo(128));
        });
    }

    [Test]
    public void Counting_SteadyState_AllocatesNothing()
    {
        var store = new StatsStore(1);
        var counter = store.Counter("c").Cell(0);
        var gauge = store.Gauge("g").Cell(0);
        var shared = store.SharedCounter("s");
        var histogram = store.Histogram("h").Cell(0);
        for (var i = 0; i < 200; i++)
            Count(i);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            Count(i % 200);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Count(int value)
        {
            counter.Inc();
            counter.Add(3);
            gauge.Inc();
            gauge.Dec();
            shared.Inc();
            histogram.Record(value);
        }
    }

    [Test]
    public void Reading_WhileWorkersWrite_NeverGoesBackAndEndsExact()
    {
        const int Workers = 3;
        const int Rounds = 200_000;
        var store = new StatsStore(Workers);
        var counter = store.Counter("c");
        var histogram = store.Histogram("h");
        var shared = store.SharedGauge("g");
        var writers = Enumerable.Range(0, Workers).Select(shard => new Thread(() =>
        {
            var cell = counter.Cell(shard);
            var times = histogram.Cell(shard);
            for (var i = 0; i < Rounds; i++)
            {
                cell.Inc();
                times.Record(i % 1000);
                shared.Inc();
                if (i % 1000 == 0)
                    store.Counter("made." + i).Cell(shard).Inc();
            }
        })).ToArray();
        foreach (var writer in writers)
            writer.Start();
        long last = 0, lastSamples = 0;
        while (writers.Any(writer => writer.IsAlive))
        {
            var value = counter.Value;
            store.MergeHistograms();
            var samples = histogram.Cumulative.SampleCount;
            Assert.That(value, Is.GreaterThanOrEqualTo(last));
            Assert.That(samples, Is.GreaterThanOrEqualTo(lastSamples));
            (last, lastSamples) = (value, samples);
            _ = store.Snapshot().Counters.Count;
        }

        foreach (var writer in writers)
            writer.Join();
        store.MergeHistograms();
        Assert.Multiple(() =>
        {
            Assert.That(counter.Value, Is.EqualTo(Workers * Rounds));
            Assert.That(shared.Value, Is.EqualTo(Workers * Rounds));
            Assert.That(store.Counter("made.1000").Value, Is.EqualTo(Workers));
            Assert.That(histogram.Cumulative.SampleCount, Is.EqualTo(Workers * Rounds));
        });
    }
}
