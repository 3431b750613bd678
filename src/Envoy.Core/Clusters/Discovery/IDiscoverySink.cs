using Envoy.Clusters.Hosts;

namespace Envoy.Clusters.Discovery;

/// <summary>Takes what discovery finds, on main.</summary>
internal interface IDiscoverySink
{
    /// <summary>The hosts have changed: these are all of them now.</summary>
    void OnHosts(HostSetSnapshot hosts);

    /// <summary>There was a first answer, or a first failure: the cluster can be used. Called once, after the first hosts.</summary>
    void OnReady();
}
