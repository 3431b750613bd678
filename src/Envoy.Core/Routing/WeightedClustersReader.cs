using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>Reads <c>envoy.config.route.v3.WeightedCluster</c>. Thread-safe.</summary>
internal static class WeightedClustersReader
{
    private static readonly FieldTable<ClusterWeightConfig> Cluster = new FieldTable<ClusterWeightConfig>(
            "envoy.config.route.v3.WeightedCluster.ClusterWeight", new ClusterWeightConfig("", 0))
        .Text("name", c => c.Name, (c, v) => c with { Name = v })
        .Add(
            new ConfigField("cluster_header", "string", FieldSupport.Supported),
            c => c.ClusterHeader,
            (c, v) => c with { ClusterHeader = v },
            (ConfigValueReader<string>)RouteActionReader.ReadHeaderName)
        .Number("weight", c => c.Weight, (c, v) => c with { Weight = v })
        .HeaderMutations(c => c.Headers, (c, v) => c with { Headers = v })
        .Text("host_rewrite_literal", c => c.HostRewriteLiteral, (c, v) => c with { HostRewriteLiteral = v })
        .FilterOptions(c => c.FilterOptions, (c, v) => c with { FilterOptions = v })
        .NotYet("metadata_match=[]")
        .Check((cluster, node, context) =>
        {
            if (cluster.Name.Length > 0 && cluster.ClusterHeader.Length > 0)
                context.Error(node, "Only one of name or cluster_header can be specified");
            else if (cluster.Name.Length == 0 && cluster.ClusterHeader.Length == 0 && !context.HasErrorAt(node))
                context.Error(node, "At least one of name or cluster_header need to be specified");
        });

    public static readonly FieldTable<WeightedClustersConfig> Fields = new FieldTable<WeightedClustersConfig>(
            "envoy.config.route.v3.WeightedCluster", new WeightedClustersConfig { Clusters = [] })
        .List("clusters", w => w.Clusters, (w, v) => w with { Clusters = v }, Cluster, required: true)
        .Text("runtime_key_prefix", w => w.RuntimeKeyPrefix, (w, v) => w with { RuntimeKeyPrefix = v })
        .Add(
            new ConfigField("header_name", "string", FieldSupport.Supported),
            w => w.RandomValueHeader,
            (w, v) => w with { RandomValueHeader = v },
            (ConfigValueReader<string>)RouteActionReader.ReadHeaderName)
        .Bool("use_hash_policy", w => w.UseHashPolicy, (w, v) => w with { UseHashPolicy = v })

        // Envoy checked it against the sum until 1.24, and has ignored it since.
        .Inert("total_weight")
        .OneOf(required: false, "header_name", "use_hash_policy");
}
