using Envoy.Stats;

namespace Envoy.Clusters;

/// <summary>
/// What choosing a host counts, Envoy's names under <c>cluster.NAME.</c>. Worker-owned.
/// </summary>
internal sealed class ClusterLoadBalancerStats
{
    public readonly CounterCell LbHealthyPanic;
    public readonly CounterCell LbLocalClusterNotOk;
    public readonly CounterCell LbRecalculateZoneStructures;
    public readonly CounterCell LbSubsetsCreated;
    public readonly CounterCell LbSubsetsFallback;
    public readonly CounterCell LbSubsetsFallbackPanic;
    public readonly CounterCell LbSubsetsRemoved;
    public readonly CounterCell LbSubsetsSelected;
    public readonly CounterCell LbZoneClusterTooSmall;
    public readonly CounterCell LbZoneNoCapacityLeft;
    public readonly CounterCell LbZoneRoutingAllDirectly;
    public readonly CounterCell LbZoneRoutingCrossZone;
    public readonly CounterCell LbZoneRoutingSampled;
    public readonly GaugeCell LbSubsetsActive;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>cluster.NAME</c>.</param>
    /// <param name="shard">The worker's shard, or main's.</param>
    public ClusterLoadBalancerStats(StatsScope scope, int shard)
    {
        LbHealthyPanic = scope.Counter("lb_healthy_panic", shard);
        LbLocalClusterNotOk = scope.Counter("lb_local_cluster_not_ok", shard);
        LbRecalculateZoneStructures = scope.Counter("lb_recalculate_zone_structures", shard);
        LbSubsetsCreated = scope.Counter("lb_subsets_created", shard);
        LbSubsetsFallback = scope.Counter("lb_subsets_fallback", shard);
        LbSubsetsFallbackPanic = scope.Counter("lb_subsets_fallback_panic", shard);
        LbSubsetsRemoved = scope.Counter("lb_subsets_removed", shard);
        LbSubsetsSelected = scope.Counter("lb_subsets_selected", shard);
        LbZoneClusterTooSmall = scope.Counter("lb_zone_cluster_too_small", shard);
        LbZoneNoCapacityLeft = scope.Counter("lb_zone_no_capacity_left", shard);
        LbZoneRoutingAllDirectly = scope.Counter("lb_zone_routing_all_directly", shard);
        LbZoneRoutingCrossZone = scope.Counter("lb_zone_routing_cross_zone", shard);
        LbZoneRoutingSampled = scope.Counter("lb_zone_routing_sampled", shard);
        LbSubsetsActive = scope.Gauge("lb_subsets_active", shard);
    }
}
