using Envoy.Stats;

namespace Envoy.Clusters;

/// <summary>
/// Clusters coming and going, Envoy's names under <c>cluster_manager.</c> Main-owned: built with the main thread's shard. Worker-owned.
/// </summary>
internal sealed class ClusterManagerStats
{
    public readonly CounterCell ClusterAdded;
    public readonly CounterCell ClusterModified;
    public readonly CounterCell ClusterRemoved;
    public readonly CounterCell ClusterUpdated;
    public readonly CounterCell ClusterUpdatedViaMerge;
    public readonly CounterCell UpdateMergeCancelled;
    public readonly CounterCell UpdateOutOfMergeWindow;
    public readonly GaugeCell ActiveClusters;
    public readonly GaugeCell WarmingClusters;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>cluster_manager</c>.</param>
    /// <param name="shard">Main's shard.</param>
    public ClusterManagerStats(StatsScope scope, int shard)
    {
        ClusterAdded = scope.Counter("cluster_added", shard);
        ClusterModified = scope.Counter("cluster_modified", shard);
        ClusterRemoved = scope.Counter("cluster_removed", shard);
        ClusterUpdated = scope.Counter("cluster_updated", shard);
        ClusterUpdatedViaMerge = scope.Counter("cluster_updated_via_merge", shard);
        UpdateMergeCancelled = scope.Counter("update_merge_cancelled", shard);
        UpdateOutOfMergeWindow = scope.Counter("update_out_of_merge_window", shard);
        ActiveClusters = scope.Gauge("active_clusters", shard);
        WarmingClusters = scope.Gauge("warming_clusters", shard);
    }
}
