using System.Diagnostics.CodeAnalysis;
using Envoy.FilterChains;
using Envoy.Runtime;

namespace Envoy.Clusters.Pools;

/// <summary>The clusters of one worker, as filters see them. Worker-owned.</summary>
internal sealed class WorkerUpstreams : IUpstreams
{
    public WorkerUpstreams(Worker worker) => Clusters = WorkerClusters.Of(worker);

    public WorkerClusters Clusters { get; }

    public bool TryGetCluster(string name, [NotNullWhen(true)] out IUpstreamCluster? cluster)
    {
        cluster = Clusters.Find(name)?.Local(static c => new TcpUpstreams(c));
        return cluster is not null;
    }
}
