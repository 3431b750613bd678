using System.Collections.Immutable;

namespace Envoy.Clusters.Hosts;

/// <summary>Who keeps something per host on one worker, such as pools, and has to let it go.</summary>
internal interface IHostObserver
{
    /// <summary>
    /// <paramref name="hosts"/> are no longer part of <paramref name="cluster"/> and will not be chosen again; called once for each host, on the
    /// worker, after the balancer has forgotten them. All hosts are removed when the cluster itself is removed or replaced; then
    /// <see cref="Cluster.IsRemoved"/> is true.
    /// </summary>
    void OnHostsRemoved(Cluster cluster, ImmutableArray<Host> hosts);
}
