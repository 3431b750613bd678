using Envoy.Clusters.Hosts;

namespace Envoy.Clusters.LoadBalancing;

/// <summary>A policy of choosing hosts, with its state. Worker-owned.</summary>
internal interface ILoadBalancer
{
    /// <summary>The host for the next request; null if there is none.</summary>
    Host? Choose();

    /// <summary>From now on chooses from <paramref name="source"/>. What it remembers of the old hosts goes, its place in the rotation stays.</summary>
    void OnHostsChanged(HostSource source);
}
