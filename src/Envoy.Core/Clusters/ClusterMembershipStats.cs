using Envoy.Stats;

namespace Envoy.Clusters;

/// <summary>
/// What discovery of a cluster's hosts counts, Envoy's names under <c>cluster.NAME.</c>: updates and membership. Main-owned: built with
/// the main thread's shard. Worker-owned.
/// </summary>
internal sealed class ClusterMembershipStats
{
    public readonly CounterCell AssignmentStale;
    public readonly CounterCell AssignmentTimeoutReceived;
    public readonly CounterCell AssignmentUseCached;
    public readonly CounterCell UpdateAttempt;
    public readonly CounterCell UpdateEmpty;
    public readonly CounterCell UpdateFailure;
    public readonly CounterCell UpdateNoRebuild;
    public readonly CounterCell UpdateSuccess;
    public readonly GaugeCell Version;
    public readonly GaugeCell WarmingState;
    public readonly GaugeCell MaxHostWeight;
    public readonly CounterCell MembershipChange;
    public readonly GaugeCell MembershipDegraded;
    public readonly GaugeCell MembershipExcluded;
    public readonly GaugeCell MembershipHealthy;
    public readonly GaugeCell MembershipTotal;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>cluster.NAME</c>.</param>
    /// <param name="shard">Main's shard.</param>
    public ClusterMembershipStats(StatsScope scope, int shard)
    {
        AssignmentStale = scope.Counter("assignment_stale", shard);
        AssignmentTimeoutReceived = scope.Counter("assignment_timeout_received", shard);
        AssignmentUseCached = scope.Counter("assignment_use_cached", shard);
        UpdateAttempt = scope.Counter("update_attempt", shard);
        UpdateEmpty = scope.Counter("update_empty", shard);
        UpdateFailure = scope.Counter("update_failure", shard);
        UpdateNoRebuild = scope.Counter("update_no_rebuild", shard);
        UpdateSuccess = scope.Counter("update_success", shard);
        Version = scope.Gauge("version", shard);
        WarmingState = scope.Gauge("warming_state", shard);
        MaxHostWeight = scope.Gauge("max_host_weight", shard);
        MembershipChange = scope.Counter("membership_change", shard);
        MembershipDegraded = scope.Gauge("membership_degraded", shard);
        MembershipExcluded = scope.Gauge("membership_excluded", shard);
        MembershipHealthy = scope.Gauge("membership_healthy", shard);
        MembershipTotal = scope.Gauge("membership_total", shard);
    }
}
