using System.Buffers.Text;
using Envoy.Http.Headers;
using Envoy.RuntimeSettings;

namespace Envoy.Routing;

/// <summary>One of a route's clusters, compiled. Immutable.</summary>
internal sealed class WeightedCluster
{
    internal WeightedCluster(ClusterWeightConfig config) => Config = config;

    /// <summary>What was asked for.</summary>
    public ClusterWeightConfig Config { get; }

    /// <summary>The cluster's name; empty: <see cref="Header"/> says it.</summary>
    public string Name => Config.Name;

    /// <summary>The request header that holds the cluster's name; null: none.</summary>
    public HeaderName? Header { get; init; }

    /// <summary>Changes to requests to this cluster, made before the route's.</summary>
    public HeaderMutations? RequestMutations { get; init; }

    /// <summary>Changes to responses of this cluster, made before the route's.</summary>
    public HeaderMutations? ResponseMutations { get; init; }

    /// <summary>The upstream's host; empty: as it came.</summary>
    public byte[] HostRewrite { get; init; } = [];

    /// <summary>Filters' options for this cluster and what is above it; null: none.</summary>
    public RouteFilterSet? FilterOptions { get; init; }

    /// <summary>The runtime key that overrides the weight; empty: none.</summary>
    public string RuntimeKey { get; init; } = "";
}

/// <summary>Clusters with a share each: who gets a request is drawn. Immutable.</summary>
internal sealed class WeightedClusters
{
    private readonly WeightedCluster[] _clusters;
    private readonly HeaderName? _randomHeader;
    private readonly bool _hasRuntimeKeys;
    private readonly ulong _total;

    internal WeightedClusters(WeightedCluster[] clusters, HeaderName? randomHeader, bool usesHash, bool hasRuntimeKeys)
    {
        _clusters = clusters;
        _randomHeader = randomHeader;
        _hasRuntimeKeys = hasRuntimeKeys;
        UsesHash = usesHash;
        foreach (var cluster in clusters)
            _total += cluster.Config.Weight;
    }

    /// <summary>The clusters in the configuration's order.</summary>
    public ReadOnlySpan<WeightedCluster> Clusters => _clusters;

    /// <summary>A hash of the request, where there is one, takes the random number's place.</summary>
    public bool UsesHash { get; }

    /// <summary>The cluster whose interval the number falls into; null when runtime keys have made all weights zero.</summary>
    public WeightedCluster? Draw(in RouteInput input, ulong? hash)
    {
        var total = _hasRuntimeKeys ? 0UL : _total;
        if (_hasRuntimeKeys)
        {
            foreach (var cluster in _clusters)
                total += WeightOf(cluster, input.Runtime);
        }

        if (total == 0)
            return null;
        var left = Number(input, hash) % total;
        foreach (var cluster in _clusters)
        {
            var weight = WeightOf(cluster, input.Runtime);
            if (left < weight)
                return cluster;
            left -= weight;
        }

        return null;
    }

    private ulong WeightOf(WeightedCluster cluster, RuntimeSnapshot runtime) =>
        _hasRuntimeKeys ? Math.Min(runtime.GetInteger(cluster.RuntimeKey, cluster.Config.Weight), uint.MaxValue) : cluster.Config.Weight;

    // A header that is there more than once would make the choice a matter of chance: then, and when it is no number, it does not count.
    private ulong Number(in RouteInput input, ulong? hash)
    {
        if (_randomHeader is { } header && header.CountIn(input.Headers) == 1 && header.TryGet(input.Headers, out var text)
            && Utf8Parser.TryParse(text, out ulong number, out var read) && read == text.Length)
        {
            return number;
        }

        return hash ?? input.Random;
    }
}
