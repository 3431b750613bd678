namespace Envoy.Clusters.LoadBalancing;

/// <summary>The policies by configuration.</summary>
internal static class LoadBalancers
{
    /// <summary>Makes one worker's balancer, without hosts yet.</summary>
    public static ILoadBalancer Create(LoadBalancingPolicy policy, Random random) => policy switch
    {
        LoadBalancingPolicy.Random => new RandomBalancer(random),
        _ => new RoundRobinBalancer(unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue))),
    };
}
