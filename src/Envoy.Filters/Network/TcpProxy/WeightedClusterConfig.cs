namespace Envoy.Filters.Network.TcpProxy;

/// <summary>One of several clusters that share the connections (<c>TcpProxy.WeightedCluster.ClusterWeight</c>). Immutable.</summary>
/// <param name="Name">The cluster's name.</param>
/// <param name="Weight">Its share of the sum of all weights; at least 1.</param>
public sealed record WeightedClusterConfig(string Name, uint Weight);
