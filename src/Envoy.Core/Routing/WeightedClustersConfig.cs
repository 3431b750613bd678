using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>Several clusters with a share each (<c>route.v3.WeightedCluster</c>). Immutable.</summary>
public sealed record WeightedClustersConfig
{
    /// <summary>The clusters; at least one. The sum of their weights is above 0 and fits 32 bits.</summary>
    public required ValueList<ClusterWeightConfig> Clusters { get; init; }

    /// <summary>A runtime key <c>PREFIX.CLUSTER</c> overrides a cluster's weight; empty (default): none does.</summary>
    public string RuntimeKeyPrefix { get; init; } = "";

    /// <summary>The request header whose number is taken instead of a random one; empty (default): none.</summary>
    public string RandomValueHeader { get; init; } = "";

    /// <summary>The route's hash policies, where they yield a hash, are taken instead of a random number. Default false.</summary>
    public bool UseHashPolicy { get; init; }
}

/// <summary>One of several clusters (<c>WeightedCluster.ClusterWeight</c>): by name or by header. Immutable.</summary>
/// <param name="Name">The cluster's name; empty: <see cref="ClusterHeader"/> says it.</param>
/// <param name="Weight">Its share.</param>
public sealed record ClusterWeightConfig(string Name, uint Weight)
{
    /// <summary>The request header that holds the cluster's name; empty (default): none.</summary>
    public string ClusterHeader { get; init; } = "";

    /// <summary>Header changes for what goes to this cluster. Default: none.</summary>
    public HeaderMutationsConfig Headers { get; init; } = HeaderMutationsConfig.None;

    /// <summary>The upstream's host; empty (default): as it came, or as the route says.</summary>
    public string HostRewriteLiteral { get; init; } = "";

    /// <summary>Options of HTTP filters for what goes to this cluster. Default: none.</summary>
    public ValueList<RouteFilterConfig> FilterOptions { get; init; } = [];
}
