using Envoy.Clusters;
using Envoy.Clusters.Pools;
using Envoy.Runtime;

namespace Envoy.Proxy;

/// <summary>What a worker gives back before its loop ends: its clusters and every upstream connection.</summary>
internal static class WorkerShutdown
{
    public static void CloseUpstreams(Worker worker)
    {
        var clusters = WorkerClusters.Of(worker);
        foreach (var name in clusters.All.Select(c => c.Name).ToArray())
            clusters.Remove(name);
        UpstreamConnections.Of(worker).CloseAll();
    }
}
