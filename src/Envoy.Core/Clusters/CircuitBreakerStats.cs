using Envoy.Stats;

namespace Envoy.Clusters;

/// <summary>
/// Which limits of one priority are reached, 1 or 0, Envoy's names under <c>cluster.NAME.circuit_breakers.PRIORITY.</c> The limits are the
/// process's, and so are these. <c>remaining_…</c> exists in Envoy only with <c>track_remaining</c>. Thread-safe.
/// </summary>
internal sealed class CircuitBreakerStats
{
    public readonly SharedGauge CxOpen;
    public readonly SharedGauge CxPoolOpen;
    public readonly SharedGauge RqOpen;
    public readonly SharedGauge RqPendingOpen;
    public readonly SharedGauge RqRetryOpen;

    /// <summary>Asks <paramref name="scope"/> for the process's gauges.</summary>
    /// <param name="scope"><c>cluster.NAME</c>.</param>
    /// <param name="priority"><c>default</c> or <c>high</c>.</param>
    public CircuitBreakerStats(StatsScope scope, string priority)
    {
        var prefix = $"circuit_breakers.{priority}.";
        CxOpen = scope.SharedGauge(prefix + "cx_open");
        CxPoolOpen = scope.SharedGauge(prefix + "cx_pool_open");
        RqOpen = scope.SharedGauge(prefix + "rq_open");
        RqPendingOpen = scope.SharedGauge(prefix + "rq_pending_open");
        RqRetryOpen = scope.SharedGauge(prefix + "rq_retry_open");
    }
}
