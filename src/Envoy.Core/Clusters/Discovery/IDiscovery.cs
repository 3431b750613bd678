namespace Envoy.Clusters.Discovery;

/// <summary>Finds the hosts of one cluster, from its start until it is disposed; nothing reaches the sink after that. Main-owned.</summary>
internal interface IDiscovery : IDisposable
{
    /// <summary>Begins; called once. The sink may be called before this returns.</summary>
    void Start(IDiscoverySink sink);
}
