using Envoy.Stats;

namespace Envoy.Filters.Http.HealthCheck;

/// <summary>Statistics of the health check filter, Envoy's names under <c>http.PREFIX.health_check.</c>. Worker-owned.</summary>
internal sealed class HealthCheckStats
{
    public readonly CounterCell RequestTotal;
    public readonly CounterCell Ok;
    public readonly CounterCell Failed;
    public readonly CounterCell CachedResponse;
    public readonly CounterCell FailedClusterNotFound;
    public readonly CounterCell FailedClusterEmpty;
    public readonly CounterCell FailedClusterUnhealthy;
    public readonly CounterCell Degraded;

    public HealthCheckStats(StatsScope parent, int shard)
    {
        var scope = parent.Scope("health_check");
        RequestTotal = scope.Counter("request_total", shard);
        Ok = scope.Counter("ok", shard);
        Failed = scope.Counter("failed", shard);
        CachedResponse = scope.Counter("cached_response", shard);
        FailedClusterNotFound = scope.Counter("failed_cluster_not_found", shard);
        FailedClusterEmpty = scope.Counter("failed_cluster_empty", shard);
        FailedClusterUnhealthy = scope.Counter("failed_cluster_unhealthy", shard);
        Degraded = scope.Counter("degraded", shard);
    }
}
