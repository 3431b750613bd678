using Envoy.Clusters.Discovery;
using Envoy.Clusters.Hosts;

namespace Envoy.Clusters;

/// <summary>
/// A cluster as main sees it: its discovery and the hosts found so far. It warms until discovery has answered; only then workers learn of it.
/// Main-owned.
/// </summary>
internal sealed class ManagedCluster : IDiscoverySink
{
    private readonly ClusterManager _manager;
    private readonly IDiscovery _discovery;
    private readonly ClusterMembershipStats _stats;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _removed;

    public ManagedCluster(ClusterManager manager, ClusterSnapshot snapshot, IDiscovery discovery, ClusterMembershipStats stats)
    {
        _manager = manager;
        _discovery = discovery;
        _stats = stats;
        Snapshot = snapshot;
    }

    public ClusterSnapshot Snapshot { get; }

    /// <summary>The hosts that were published last, or will be when the cluster is ready.</summary>
    public HostSetSnapshot Hosts { get; private set; } = HostSetSnapshot.Empty;

    /// <summary>Whether workers know of it.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Completes when it is active; cancelled if it is removed or replaced before.</summary>
    public Task Ready => _ready.Task;

    public void Start() => _discovery.Start(this);

    public void OnHosts(HostSetSnapshot hosts)
    {
        var change = HostSetChange.Between(Hosts, hosts);
        Hosts = hosts;
        _stats.MembershipChange.Add(change.PrioritiesChanged);
        _stats.MembershipTotal.Set(hosts.All.Length);
        // Without health checks every host counts as healthy.
        _stats.MembershipHealthy.Set(hosts.All.Length);
        if (IsActive)
            _manager.PublishHosts(this, change);
    }

    public void OnReady()
    {
        if (_removed)
            return;
        IsActive = true;
        _manager.Activate(this);
        _ready.TrySetResult();
    }

    /// <summary>Ends discovery and gives the statistics back; workers are told by the manager.</summary>
    public void Remove()
    {
        _removed = true;
        _discovery.Dispose();
        Snapshot.Sockets.Dispose();
        Snapshot.Stats.Dispose();
        _ready.TrySetCanceled();
    }
}
