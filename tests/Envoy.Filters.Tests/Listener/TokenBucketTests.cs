using Envoy.Filters.Listener.LocalRateLimit;
using Envoy.Testing;

namespace Envoy.Filters.Tests.Listener;

/// <summary>A bucket gives what it holds and what time brings, and never more.</summary>
public sealed class TokenBucketTests
{
    [Test]
    public void TryTake_FullAtFirst_ThenWhatTimeBrings()
    {
        var clock = new ManualClock();
        var bucket = new TokenBucket(new TokenBucketConfig(3, TimeSpan.FromSeconds(1)) { TokensPerFill = 2 }, clock);
        Assert.That(Take(bucket), Is.EqualTo(3));
        clock.Advance(TimeSpan.FromMilliseconds(499));
        Assert.That(Take(bucket), Is.Zero);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(Take(bucket), Is.EqualTo(1), "two a second come evenly");
        clock.Advance(TimeSpan.FromHours(1));
        Assert.That(Take(bucket), Is.EqualTo(3), "no more than it holds");
    }

    [Test]
    public void TryTake_ManyThreads_NeverMoreThanThereIs()
    {
        var bucket = new TokenBucket(new TokenBucketConfig(1000, TimeSpan.FromHours(1)), new ManualClock());
        var taken = 0;
        Parallel.For(0, 4000, _ =>
        {
            if (bucket.TryTake())
                Interlocked.Increment(ref taken);
        });
        Assert.That(taken, Is.EqualTo(1000));
    }

    private static int Take(TokenBucket bucket)
    {
        var taken = 0;
        while (bucket.TryTake())
            taken++;
        return taken;
    }
}
