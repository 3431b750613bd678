using Envoy.Clusters;
using Envoy.Stats;

namespace Envoy.Core.Tests.Clusters;

[TestFixture]
public sealed class ClusterLimitTests
{
    [Test]
    public void TryAcquire_UpToTheMaximum_ThenRefusesAndShowsOpen()
    {
        var open = new SharedGauge();
        var limit = new ClusterLimit(2, open);
        Assert.That(limit.TryAcquire(), Is.True);
        Assert.That(open.Value, Is.Zero);
        Assert.That(limit.TryAcquire(), Is.True);
        Assert.That(open.Value, Is.EqualTo(1));
        Assert.That(limit.TryAcquire(), Is.False);
        Assert.That(limit.Count, Is.EqualTo(2));
        limit.Dec();
        Assert.That(open.Value, Is.Zero);
        Assert.That(limit.TryAcquire(), Is.True);
    }

    [Test]
    public void Inc_PastTheMaximum_StaysOpenUntilBelow()
    {
        var open = new SharedGauge();
        var limit = new ClusterLimit(1, open);
        limit.Inc();
        limit.Inc();
        Assert.That(limit.CanCreate, Is.False);
        limit.Dec();
        Assert.That((limit.CanCreate, open.Value), Is.EqualTo((false, 1L)));
        limit.Dec();
        Assert.That((limit.CanCreate, open.Value), Is.EqualTo((true, 0L)));
    }

    [Test]
    public void Zero_AlwaysOpen()
    {
        var open = new SharedGauge();
        var limit = new ClusterLimit(0, open);
        Assert.That((limit.CanCreate, limit.TryAcquire(), open.Value), Is.EqualTo((false, false, 1L)));
        limit.Inc();
        limit.Dec();
        Assert.That(open.Value, Is.EqualTo(1));
    }

    [Test]
    public void TryAcquire_FromManyThreads_NeverOverAndGaugeEndsRight()
    {
        var open = new SharedGauge();
        var limit = new ClusterLimit(3, open);
        var over = 0;
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (!limit.TryAcquire())
                    continue;
                if (limit.Count > 3)
                    Interlocked.Increment(ref over);
                limit.Dec();
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.That((over, limit.Count, open.Value), Is.EqualTo((0, 0L, 0L)));
    }
}
