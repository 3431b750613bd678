namespace Envoy.Filters.Http.HealthCheck;

/// <summary>
/// The upstream's last answer to a health check. As in Envoy all answers are forgotten at one moment, once in every cache time, however
/// young they are. Thread-safe.
/// </summary>
internal sealed class HealthCheckCache
{
    private const int StatusBits = 10;

    private readonly TimeSpan _time;

    // The interval since the beginning, the status and whether the service is degraded, in one word so that it is written at once.
    private long _answer = -1;
    private long _beginning;
    private int _began;

    public HealthCheckCache(TimeSpan time) => _time = time;

    /// <summary>A worker's clock; the first one's moment is the beginning.</summary>
    public void Begin(TimeProvider clock)
    {
        if (Interlocked.Exchange(ref _began, 1) == 0)
            Volatile.Write(ref _beginning, clock.GetTimestamp());
    }

    public void Set(TimeProvider clock, int status, bool degraded) =>
        Volatile.Write(ref _answer, (Interval(clock) << (StatusBits + 1)) | ((long)(status & ((1 << StatusBits) - 1)) << 1) | (degraded ? 1L : 0L));

    public bool TryGet(TimeProvider clock, out int status, out bool degraded)
    {
        var answer = Volatile.Read(ref _answer);
        (status, degraded) = (200, false);
        if (answer < 0)
            return false;
        status = (int)(answer >> 1) & ((1 << StatusBits) - 1);
        degraded = (answer & 1) != 0;
        return answer >> (StatusBits + 1) == Interval(clock);
    }

    private long Interval(TimeProvider clock) => clock.GetElapsedTime(Volatile.Read(ref _beginning)).Ticks / _time.Ticks;
}
