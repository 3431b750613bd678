using Envoy.Clusters.Discovery;
using Envoy.Clusters.Hosts;
using Envoy.Runtime;
using Envoy.Runtime.Resolver;
using Envoy.Stats;
using Envoy.TransportSockets;
using Envoy.TransportSockets.Tls;

namespace Envoy.Clusters;

/// <summary>
/// All clusters of a proxy: adds, replaces and removes them one by one, runs their discovery, and publishes snapshots one way to every worker.
/// It keeps no configuration but each cluster's own. Main-owned.
/// </summary>
/// <remarks>
/// <code>
///              add                    first answer                replaced, removed
/// ClusterConfig ──► warming (main only) ──► active (on all workers) ──► gone (workers drain its hosts)
///                      │ replaced, removed
///                      └──► gone
/// </code>
/// A cluster that replaces another of its name warms beside it; the old one serves until then.
/// </remarks>
internal sealed class ClusterManager : IDisposable
{
    private readonly Worker _main;
    private readonly IReadOnlyList<Worker> _workers;
    private readonly IDnsResolver _resolver;
    private readonly TlsReloads _reloads;
    private readonly SecretSet _secrets;
    private readonly StatsStore _statsStore;
    private readonly ClusterManagerStats _stats;
    private readonly Dictionary<string, ManagedCluster> _active = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ManagedCluster> _warming = new(StringComparer.Ordinal);

    /// <summary>Makes a manager without clusters.</summary>
    /// <param name="main">The loop that owns it.</param>
    /// <param name="workers">Who gets the clusters; main is not among them.</param>
    /// <param name="resolver">Asked by DNS clusters; stays the caller's.</param>
    /// <param name="stats">The proxy's statistics.</param>
    /// <param name="reloads">Told of certificates that come from files.</param>
    /// <param name="secrets">What clusters' TLS refers to by name.</param>
    public ClusterManager(Worker main, IReadOnlyList<Worker> workers, IDnsResolver resolver, StatsStore stats, TlsReloads? reloads = null, SecretSet? secrets = null)
    {
        _reloads = reloads ?? new TlsReloads();
        _secrets = secrets ?? new SecretSet([]);
        _main = main;
        _workers = workers;
        _resolver = resolver;
        _statsStore = stats;
        _stats = new ClusterManagerStats(stats.Root.Scope("cluster_manager"), stats.MainShard);
    }

    /// <summary>The clusters that workers know of, in no particular order.</summary>
    public IReadOnlyCollection<ManagedCluster> Active
    {
        get
        {
            _main.AssertOwned();
            return _active.Values;
        }
    }

    /// <summary>The clusters that wait for their first answer.</summary>
    public IReadOnlyCollection<ManagedCluster> Warming
    {
        get
        {
            _main.AssertOwned();
            return _warming.Values;
        }
    }

    /// <summary>
    /// Adds the clusters of a start. The task completes when each has had its first answer or its first failure; by then every worker has been
    /// sent what it needs, ahead of whatever is posted to it later.
    /// </summary>
    /// <exception cref="ArgumentException">One of them is not usable, or two have one name; then none has been added.</exception>
    public Task InitializeAsync(IReadOnlyList<ClusterConfig> clusters)
    {
        _main.AssertOwned();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var cluster in clusters)
        {
            ClusterSnapshot.Check(cluster);
            if (!names.Add(cluster.Name))
                throw new ArgumentException($"Two clusters have the name '{cluster.Name}'.", nameof(clusters));
        }

        var ready = new Task[clusters.Count];
        for (var i = 0; i < ready.Length; i++)
            ready[i] = AddOrUpdate(clusters[i]);
        return Task.WhenAll(ready);
    }

    /// <summary>
    /// Adds a cluster, or replaces the one of its name if it is another one. The task completes when workers have been sent it; it is
    /// cancelled if the cluster is replaced or removed before.
    /// </summary>
    /// <exception cref="ArgumentException">It is not usable; then nothing has changed.</exception>
    public Task AddOrUpdate(ClusterConfig config)
    {
        _main.AssertOwned();
        var warming = _warming.GetValueOrDefault(config.Name);
        var active = _active.GetValueOrDefault(config.Name);
        if (warming is not null && warming.Snapshot.Config == config)
            return warming.Ready;
        if (warming is null && active is not null && active.Snapshot.Config == config)
            return Task.CompletedTask;
        var added = Create(ClusterSnapshot.Compile(
            config, _statsStore, new TransportSocketContext($"cluster '{config.Name}'", _main.TimeProvider, _main.Logger, _reloads, _secrets)));
        if (warming is null && active is null)
            _stats.ClusterAdded.Inc();
        else
            _stats.ClusterModified.Inc();
        _warming[config.Name] = added;
        warming?.Remove();
        CountClusters();
        added.Start();
        return added.Ready;
    }

    /// <summary>Removes the cluster of this name, also one that is still warming; false if there is none.</summary>
    public bool Remove(string name)
    {
        _main.AssertOwned();
        var found = false;
        if (_warming.Remove(name, out var warming))
        {
            warming.Remove();
            found = true;
        }

        if (_active.Remove(name, out var active))
        {
            foreach (var worker in _workers)
                worker.Post(() => WorkerClusters.Of(worker).Remove(name));
            active.Remove();
            found = true;
        }

        if (!found)
            return false;
        _stats.ClusterRemoved.Inc();
        CountClusters();
        ClustersLog.Removed(_main.Logger, name);
        return true;
    }

    /// <summary>Ends all discovery. Workers keep what they have; they are about to end.</summary>
    public void Dispose()
    {
        _main.AssertOwned();
        foreach (var cluster in _warming.Values)
            cluster.Remove();
        foreach (var cluster in _active.Values)
            cluster.Remove();
        _warming.Clear();
        _active.Clear();
        CountClusters();
    }

    /// <summary><paramref name="cluster"/> is ready: workers get it, in place of the one of its name.</summary>
    internal void Activate(ManagedCluster cluster)
    {
        var name = cluster.Snapshot.Name;
        _warming.Remove(name);
        _active.Remove(name, out var old);
        _active.Add(name, cluster);
        var (snapshot, hosts) = (cluster.Snapshot, cluster.Hosts);
        foreach (var worker in _workers)
            worker.Post(() => WorkerClusters.Of(worker).Set(snapshot, hosts));
        old?.Remove();
        CountClusters();
        ClustersLog.Ready(_main.Logger, name, hosts.All.Length);
    }

    /// <summary>Workers get the new hosts of <paramref name="cluster"/>, which is active.</summary>
    internal void PublishHosts(ManagedCluster cluster, HostSetChange change)
    {
        var (snapshot, hosts) = (cluster.Snapshot, cluster.Hosts);
        foreach (var worker in _workers)
            worker.Post(() => WorkerClusters.Of(worker).OnHostsChanged(snapshot, hosts, change.Removed));
        _stats.ClusterUpdated.Inc();
        ClustersLog.HostsChanged(_main.Logger, snapshot.Name, hosts.All.Length, change.Added, change.Removed.Length);
    }

    private ManagedCluster Create(ClusterSnapshot snapshot)
    {
        var stats = new ClusterMembershipStats(snapshot.Stats, _statsStore.MainShard);
        IDiscovery discovery = snapshot.Config.Type switch
        {
            DiscoveryType.StrictDns => new StrictDnsDiscovery(_main, snapshot, _resolver, stats),
            _ => new StaticDiscovery(snapshot),
        };
        return new ManagedCluster(this, snapshot, discovery, stats);
    }

    private void CountClusters()
    {
        _stats.ActiveClusters.Set(_active.Count);
        _stats.WarmingClusters.Set(_warming.Count);
    }
}
