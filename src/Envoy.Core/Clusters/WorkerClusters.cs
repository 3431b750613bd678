using System.Collections.Immutable;
using Envoy.Clusters.Hosts;
using Envoy.Runtime;

namespace Envoy.Clusters;

/// <summary>The clusters as one worker sees them, by name. Changed only by what main posts. Worker-owned.</summary>
internal sealed class WorkerClusters
{
    private readonly Worker _worker;
    private readonly Dictionary<string, Cluster> _byName = new(StringComparer.Ordinal);

    private WorkerClusters(Worker worker) => _worker = worker;

    /// <summary>In no particular order.</summary>
    public IReadOnlyCollection<Cluster> All => _byName.Values;

    /// <summary>The clusters of <paramref name="worker"/>.</summary>
    public static WorkerClusters Of(Worker worker)
    {
        worker.AssertOwned();
        return worker.Local(static w => new WorkerClusters(w));
    }

    /// <summary>The cluster of this name at this moment, null if there is none (flag NC). Do not keep it over turns.</summary>
    public Cluster? Find(string name)
    {
        _worker.AssertOwned();
        return _byName.GetValueOrDefault(name);
    }

    /// <summary>Adds a cluster, or replaces the one of its name.</summary>
    internal void Set(ClusterSnapshot snapshot, HostSetSnapshot hosts)
    {
        _worker.AssertOwned();
        var old = _byName.GetValueOrDefault(snapshot.Name);
        // First the new one, so that who lets go of the old one's hosts already finds it.
        _byName[snapshot.Name] = new Cluster(_worker, snapshot, hosts);
        old?.Retire();
    }

    /// <summary>Gives new hosts to the cluster of <paramref name="snapshot"/>.</summary>
    internal void OnHostsChanged(ClusterSnapshot snapshot, HostSetSnapshot hosts, ImmutableArray<Host> removed)
    {
        _worker.AssertOwned();
        if (_byName.TryGetValue(snapshot.Name, out var cluster) && ReferenceEquals(cluster.Snapshot, snapshot))
            cluster.OnHostsChanged(hosts, removed);
    }

    /// <summary>Removes the cluster of this name, if it is there.</summary>
    internal void Remove(string name)
    {
        _worker.AssertOwned();
        if (_byName.Remove(name, out var cluster))
            cluster.Retire();
    }
}
