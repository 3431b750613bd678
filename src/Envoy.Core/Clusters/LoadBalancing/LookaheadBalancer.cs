using Envoy.Clusters.Hosts;

namespace Envoy.Clusters.LoadBalancing;

/// <summary>
/// A policy that tells whom it will choose: the choices are made in advance, and come out in their order. As in Envoy no more than there are hosts, and those
/// of old hosts are dropped. Worker-owned.
/// </summary>
internal sealed class LookaheadBalancer(ILoadBalancer policy) : ILoadBalancer
{
    private readonly Queue<Host> _ahead = new();
    private int _hosts;

    public Host? Choose() => _ahead.TryDequeue(out var host) ? host : policy.Choose();

    /// <summary>The choice after all that have been looked at; null if there is none, or as many have been looked at as there are hosts.</summary>
    public Host? Peek()
    {
        if (_ahead.Count >= _hosts || policy.Choose() is not { } host)
            return null;
        _ahead.Enqueue(host);
        return host;
    }

    public void OnHostsChanged(HostSource source)
    {
        _ahead.Clear();
        var priority = source.ChoosePriority();
        _hosts = priority < 0 ? 0 : source.Hosts(priority).Length;
        policy.OnHostsChanged(source);
    }
}
