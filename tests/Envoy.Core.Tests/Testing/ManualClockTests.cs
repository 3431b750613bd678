using Envoy.Testing;

namespace Envoy.Core.Tests.Testing;

internal sealed class ManualClockTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    public void Clock_StandsStill_UntilAdvanced()
    {
        var start = new DateTimeOffset(2024, 5, 1, 12, 0, 0, TimeSpan.FromHours(2));
        var clock = new ManualClock(start);
        Assert.That(clock.GetUtcNow(), Is.EqualTo(start));
        var from = clock.GetTimestamp();
        clock.Advance(TimeSpan.FromMilliseconds(1500));
        Assert.Multiple(() =>
        {
            Assert.That(clock.GetUtcNow(), Is.EqualTo(start.AddSeconds(1.5)));
            Assert.That(clock.GetElapsedTime(from), Is.EqualTo(TimeSpan.FromSeconds(1.5)));
            Assert.That(clock.Elapsed, Is.EqualTo(TimeSpan.FromSeconds(1.5)));
            Assert.That(clock.LocalTimeZone, Is.EqualTo(TimeZoneInfo.Utc));
        });
    }

    [Test]
    public void Advance_SeveralTimers_FireInOrderAtTheirTimes()
    {
        var clock = new ManualClock();
        var fired = new List<string>();
        Set("c", 3);
        Set("a", 1);
        Set("b1", 2);
        Set("b2", 2);
        Assert.That(clock.NextTimer, Is.EqualTo(Second));
        clock.Advance(2.5 * Second);
        Assert.That(fired, Is.EqualTo(new[] { "a@1", "b1@2", "b2@2" }));
        Assert.That((clock.NextTimer, clock.PendingTimers), Is.EqualTo(((TimeSpan?)(0.5 * Second), 1)));
        clock.Advance(0.5 * Second);
        Assert.That(fired[^1], Is.EqualTo("c@3"));
        Assert.That(clock.NextTimer, Is.Null);

        void Set(string name, int seconds) => clock.CreateTimer(
            _ => fired.Add($"{name}@{clock.Elapsed.TotalSeconds:0}"), null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
    }

    [Test]
    public void Advance_Callbacks_RunOnTheAdvancingThread()
    {
        var clock = new ManualClock();
        var thread = 0;
        using var timer = clock.CreateTimer(_ => thread = Environment.CurrentManagedThreadId, null, Second, Timeout.InfiniteTimeSpan);
        clock.Advance(Second);
        Assert.That(thread, Is.EqualTo(Environment.CurrentManagedThreadId));
    }

    [Test]
    public void Timer_Periodic_FiresEveryPeriodUntilDisposed()
    {
        var clock = new ManualClock();
        var times = new List<double>();
        var timer = clock.CreateTimer(_ => times.Add(clock.Elapsed.TotalSeconds), null, Second, 2 * Second);
        clock.Advance(6 * Second);
        Assert.That(times, Is.EqualTo(new[] { 1.0, 3, 5 }));
        timer.Dispose();
        clock.Advance(10 * Second);
        Assert.That(times, Has.Count.EqualTo(3));
        Assert.That(timer.Change(Second, Second), Is.False);
    }

    [Test]
    public void Timer_DueAtOnce_WaitsForAdvance()
    {
        var clock = new ManualClock();
        var fired = 0;
        using var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.Zero, TimeSpan.Zero);
        Assert.That(fired, Is.Zero);
        clock.Advance(TimeSpan.Zero);
        clock.Advance(Second);
        Assert.That(fired, Is.EqualTo(1));
    }

    [Test]
    public void Timer_NeverDue_IsNotPending()
    {
        var clock = new ManualClock();
        var fired = 0;
        using var idle = clock.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        idle.Change(Timeout.InfiniteTimeSpan, Second);
        Assert.That(clock.PendingTimers, Is.EqualTo(1));
        clock.Advance(Second);
        Assert.That(fired, Is.EqualTo(1));
    }

    [Test]
    public void Timer_Changed_FiresAtTheNewTimeOnly()
    {
        var clock = new ManualClock();
        var times = new List<double>();
        using var timer = clock.CreateTimer(_ => times.Add(clock.Elapsed.TotalSeconds), null, Second, Timeout.InfiniteTimeSpan);
        Assert.That(timer.Change(3 * Second, Timeout.InfiniteTimeSpan));
        clock.Advance(5 * Second);
        Assert.That(times, Is.EqualTo(new[] { 3.0 }));
    }

    [Test]
    public void Callback_SetsAndStopsTimers_IsSeenInTheSameAdvance()
    {
        var clock = new ManualClock();
        var fired = new List<string>();
        ITimer? doomed = null;
        using var first = clock.CreateTimer(
            _ =>
            {
                doomed!.Dispose();
                clock.CreateTimer(_ => fired.Add($"made@{clock.Elapsed.TotalSeconds}"), null, Second, Timeout.InfiniteTimeSpan);
            },
            null, Second, Timeout.InfiniteTimeSpan);
        doomed = clock.CreateTimer(_ => fired.Add("doomed"), null, Second, Timeout.InfiniteTimeSpan);
        clock.Advance(2 * Second);
        Assert.That(fired, Is.EqualTo(new[] { "made@2" }));
    }

    [Test]
    public void Callback_Advances_TimeDoesNotGoBack()
    {
        var clock = new ManualClock();
        using var timer = clock.CreateTimer(_ => clock.Advance(10 * Second), null, Second, Timeout.InfiniteTimeSpan);
        clock.Advance(2 * Second);
        Assert.That(clock.Elapsed, Is.EqualTo(11 * Second));
    }

    [Test]
    public void Callback_Throws_AdvanceThrowsAndCanGoOn()
    {
        var clock = new ManualClock();
        var fired = 0;
        using var bad = clock.CreateTimer(_ => throw new InvalidOperationException(), null, Second, Timeout.InfiniteTimeSpan);
        using var good = clock.CreateTimer(_ => fired++, null, 2 * Second, Timeout.InfiniteTimeSpan);
        Assert.That(() => clock.Advance(3 * Second), Throws.InvalidOperationException);
        Assert.That(clock.Elapsed, Is.EqualTo(Second));
        clock.Advance(Second);
        Assert.That(fired, Is.EqualTo(1));
    }

    [Test]
    public void Times_Negative_AreRefused()
    {
        var clock = new ManualClock();
        Assert.That(() => clock.Advance(-Second), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => clock.CreateTimer(_ => { }, null, -Second, Second), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => clock.CreateTimer(_ => { }, null, Second, -Second), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Timer_FarAway_StaysPending()
    {
        var clock = new ManualClock();
        clock.Advance(Second);
        using var timer = clock.CreateTimer(_ => { }, null, TimeSpan.MaxValue, Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromDays(1000));
        Assert.That(clock.PendingTimers, Is.EqualTo(1));
    }

    [Test]
    public async Task Delay_OnTheClock_EndsWhenAdvanced()
    {
        var clock = new ManualClock();
        var delay = Task.Delay(Second, clock);
        clock.Advance(0.9 * Second);
        Assert.That(delay.IsCompleted, Is.False);
        clock.Advance(0.1 * Second);
        await delay;
        await clock.CreateTimer(_ => { }, null, Second, Second).DisposeAsync();
        Assert.That(clock.PendingTimers, Is.Zero);
    }

    [Test]
    public void Timers_SetFromManyThreads_AllFire()
    {
        var clock = new ManualClock();
        var fired = 0;
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 1000; i++)
                clock.CreateTimer(_ => Interlocked.Increment(ref fired), null, TimeSpan.FromMilliseconds(i), Timeout.InfiniteTimeSpan);
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        clock.Advance(Second);
        foreach (var thread in threads)
            thread.Join();
        clock.Advance(2 * Second);
        Assert.That(fired, Is.EqualTo(4000));
    }
}
