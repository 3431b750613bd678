using System.Collections.Immutable;
using Envoy.Clusters.Hosts;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Runtime.Resolver;

namespace Envoy.Clusters.Discovery;

/// <summary>
/// Every address of every configured name is a host. Names are resolved each for itself, again and again; their hosts are merged in the order
/// of the configuration. The first name that has an answer, or none, makes the cluster ready, as in Envoy. Main-owned.
/// </summary>
internal sealed class StrictDnsDiscovery : IDiscovery
{
    private readonly Worker _main;
    private readonly DnsTarget[][] _localities;
    private readonly ClusterSnapshot _cluster;
    private IDiscoverySink? _sink;
    private bool _ready;

    public StrictDnsDiscovery(Worker main, ClusterSnapshot cluster, IDnsResolver resolver, ClusterMembershipStats stats)
    {
        _main = main;
        _cluster = cluster;
        _localities = new DnsTarget[cluster.Config.Endpoints.Count][];
        for (var i = 0; i < _localities.Length; i++)
        {
            var locality = cluster.Config.Endpoints[i];
            _localities[i] = new DnsTarget[locality.LbEndpoints.Count];
            for (var j = 0; j < _localities[i].Length; j++)
                _localities[i][j] = new DnsTarget(this, main, cluster, locality.LbEndpoints[j], locality, resolver, stats);
        }
    }

    public void Start(IDiscoverySink sink)
    {
        _main.AssertOwned();
        _sink = sink;
        var any = false;
        foreach (var targets in _localities)
        {
            foreach (var target in targets)
            {
                target.Resolve();
                any = true;
            }
        }

        // Nothing to wait for.
        if (!any)
            OnAnswered();
    }

    public void Dispose()
    {
        _main.AssertOwned();
        _sink = null;
        foreach (var targets in _localities)
        {
            foreach (var target in targets)
                target.Dispose();
        }
    }

    /// <summary>A name's hosts are others now.</summary>
    internal void OnChanged()
    {
        var localities = new LocalityHosts[_localities.Length];
        for (var i = 0; i < localities.Length; i++)
        {
            var hosts = ImmutableArray.CreateBuilder<Host>();
            foreach (var target in _localities[i])
                hosts.AddRange(target.Hosts);
            localities[i] = new LocalityHosts(_cluster.Config.Endpoints[i].Priority, hosts.DrainToImmutable());
        }

        _sink?.OnHosts(new HostSetSnapshot(localities));
    }

    /// <summary>A name has an answer, or none; its hosts have been told of before.</summary>
    internal void OnAnswered()
    {
        if (_ready)
            return;
        _ready = true;
        // Behind the answers that main has been given already: two names that are answered together begin together.
        _main.Post(static state => ((StrictDnsDiscovery)state!)._sink?.OnReady(), this);
    }
}
