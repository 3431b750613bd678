namespace Envoy.Filters.Http.HealthCheck;

/// <summary>The upstream's last answer to a health check, for all workers, as long as it counts. Thread-safe.</summary>
internal sealed class HealthCheckCache(TimeSpan time)
{
    private volatile Answer? _answer;

    public void Set(int status, bool degraded, TimeProvider clock) => _answer = new Answer(status, degraded, clock.GetTimestamp());

    /// <summary>The answer; false: there is none that counts.</summary>
    public bool TryGet(TimeProvider clock, out int status, out bool degraded)
    {
        var answer = _answer;
        (status, degraded) = (answer?.Status ?? 0, answer?.Degraded ?? false);
        return answer is not null && clock.GetElapsedTime(answer.At) < time;
    }

    private sealed record Answer(int Status, bool Degraded, long At);
}
