using Envoy.Clusters.Hosts;

namespace Envoy.Clusters.LoadBalancing;

/// <summary>Uniformly at random among the usable hosts; weights do not count, as in Envoy. Worker-owned.</summary>
internal sealed class RandomBalancer(Random random) : ILoadBalancer
{
    private HostSource _source = HostSource.Empty;

    public Host? Choose()
    {
        var priority = _source.ChoosePriority();
        if (priority < 0)
            return null;
        var hosts = _source.Hosts(priority);
        return hosts[random.Next(hosts.Length)];
    }

    public void OnHostsChanged(HostSource source) => _source = source;
}
