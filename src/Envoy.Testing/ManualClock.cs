namespace Envoy.Testing;

/// <summary>
/// A clock that stands still until it is told to move. Its timers fire during <see cref="Advance"/>, on the thread that calls it, in order of
/// their due times and, at the same time, in the order in which they were set; while a timer's callback runs the clock shows that timer's due
/// time. The local time zone is UTC. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// var clock = new ManualClock();
/// var fired = false;
/// using var timer = clock.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
/// clock.Advance(TimeSpan.FromSeconds(5)); // fired is true
/// </code>
/// </example>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock _lock = new();

    // Held while timers fire, so that two threads' advances follow one another; a callback may advance again on its own thread.
    private readonly Lock _advancing = new();
    private readonly SortedSet<ManualTimer> _pending = new(Comparer<ManualTimer>.Create(static (x, y) =>
    {
        var order = x.Due.CompareTo(y.Due);
        return order != 0 ? order : x.Sequence.CompareTo(y.Sequence);
    }));

    private readonly DateTimeOffset _start;
    private long _elapsed;

    // From 1: a timer that was never set has 0 and equals none that was.
    private long _sequence = 1;

    /// <summary>Makes a clock that shows midnight UTC on 1 January 2000.</summary>
    public ManualClock()
        : this(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Makes a clock that shows <paramref name="start"/>.</summary>
    public ManualClock(DateTimeOffset start) => _start = start.ToUniversalTime();

    /// <summary>How far the clock has moved since it was made.</summary>
    public TimeSpan Elapsed => new(Volatile.Read(ref _elapsed));

    /// <summary>The time until the earliest pending timer is due, never below zero; null if no timer is pending.</summary>
    public TimeSpan? NextTimer
    {
        get
        {
            lock (_lock)
                return _pending.Min is { } timer ? new TimeSpan(Math.Max(0, timer.Due - _elapsed)) : null;
        }
    }

    /// <summary>How many timers are pending.</summary>
    public int PendingTimers
    {
        get
        {
            lock (_lock)
                return _pending.Count;
        }
    }

    /// <summary>UTC.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Ticks of 100 ns a second.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The time shown.</summary>
    public override DateTimeOffset GetUtcNow() => _start.AddTicks(Volatile.Read(ref _elapsed));

    /// <summary>The time moved so far, in ticks of 100 ns.</summary>
    public override long GetTimestamp() => Volatile.Read(ref _elapsed);

    /// <summary>
    /// Moves the clock forward and fires what falls due up to and at the new time, also what callbacks set meanwhile. A callback's exception
    /// ends the call; the clock then shows that callback's due time, and calling again goes on.
    /// </summary>
    /// <param name="by">How far; zero fires what is due now.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        lock (_advancing)
        {
            var target = Volatile.Read(ref _elapsed) + by.Ticks;
            while (TakeDue(target) is { } timer)
                timer.Fire();
            lock (_lock)
            {
                // A callback may have advanced past the target.
                Volatile.Write(ref _elapsed, Math.Max(_elapsed, target));
            }
        }
    }

    /// <summary>Makes a timer that fires only during <see cref="Advance"/>, even if it is due at once.</summary>
    /// <param name="callback">Runs on the advancing thread, in the caller's execution context.</param>
    /// <param name="state">Given to <paramref name="callback"/>.</param>
    /// <param name="dueTime">Time to the first call; <see cref="Timeout.InfiniteTimeSpan"/>: none until changed.</param>
    /// <param name="period">Time between calls; zero or <see cref="Timeout.InfiniteTimeSpan"/>: once.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative but not infinite.</exception>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? TakeDue(long target)
    {
        lock (_lock)
        {
            if (_pending.Min is not { } timer || timer.Due > target)
                return null;
            _pending.Remove(timer);
            Volatile.Write(ref _elapsed, Math.Max(_elapsed, timer.Due));
            if (timer.Period > 0)
                Schedule(timer, timer.Due + timer.Period);
            return timer;
        }
    }

    private void Schedule(ManualTimer timer, long due)
    {
        timer.Due = due < 0 ? long.MaxValue : due; // past the end of time
        timer.Sequence = _sequence++;
        _pending.Add(timer);
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private bool _disposed;

        public long Due { get; set; }

        public long Sequence { get; set; }

        public long Period { get; private set; }

        public void Fire()
        {
            if (_context is null)
                callback(state);
            else
                ExecutionContext.Run(_context, static timer => ((ManualTimer)timer!).Call(), this);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Check(dueTime, nameof(dueTime));
            Check(period, nameof(period));
            lock (clock._lock)
            {
                if (_disposed)
                    return false;
                clock._pending.Remove(this);
                Period = period.Ticks;
                if (dueTime >= TimeSpan.Zero)
                    clock.Schedule(this, clock._elapsed + dueTime.Ticks);
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._lock)
            {
                _disposed = true;
                clock._pending.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private static void Check(TimeSpan time, string name)
        {
            if (time < TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
                throw new ArgumentOutOfRangeException(name, time, "Must be zero or more, or Timeout.InfiniteTimeSpan.");
        }

        private void Call() => callback(state);
    }
}
