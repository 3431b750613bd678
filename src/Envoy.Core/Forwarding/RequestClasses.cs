using System.Runtime.CompilerServices;
using Envoy.FilterChains;
using Envoy.Routing;

namespace Envoy.Forwarding;

/// <summary>One worker's statistics of virtual clusters and routes, made when first counted; they go with their route table. Worker-owned.</summary>
internal sealed class RequestClasses(FilterWorkerContext context)
{
    private readonly ConditionalWeakTable<object, RequestClassStats> _stats = [];

    public RequestClassStats Of(VirtualHost host, VirtualCluster cluster) =>
        _stats.TryGetValue(cluster, out var stats) ? stats : Add(cluster, $"vhost.{host.Name}.vcluster.{cluster.Name}");

    /// <summary>Null for a route without a prefix.</summary>
    public RequestClassStats? Of(VirtualHost host, Route route)
    {
        if (route.StatPrefix.Length == 0)
            return null;
        return _stats.TryGetValue(route, out var stats) ? stats : Add(route, $"vhost.{host.Name}.route.{route.StatPrefix}");
    }

    private RequestClassStats Add(object key, string prefix)
    {
        var stats = new RequestClassStats(context.Stats.Store.Scope(prefix), context.Worker.Index);
        _stats.Add(key, stats);
        return stats;
    }
}
