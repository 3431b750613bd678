using System.Collections.Immutable;
using Envoy.Extensions;
using Envoy.Stats;
using Envoy.TransportSockets;

namespace Envoy.Clusters;

/// <summary>A cluster's transport sockets, compiled: the default one and those for hosts whose metadata match, the first of which counts. Immutable.</summary>
internal sealed class ClusterSockets : IDisposable
{
    /// <summary>The index of the default one.</summary>
    public const int DefaultIndex = -1;

    private readonly ClusterConfig _config;
    private readonly CounterCell _defaultCount;
    private readonly ImmutableArray<CounterCell> _counts;

    /// <param name="config">The cluster.</param>
    /// <param name="scope">Its statistics.</param>
    /// <param name="shard">Main's.</param>
    /// <param name="context">What they are compiled with; null: none is, and connections are used as they are.</param>
    public ClusterSockets(ClusterConfig config, StatsScope scope, int shard, TransportSocketContext? context)
    {
        _config = config;
        _defaultCount = scope.Counter("default.total_match_count", shard);
        _counts = [.. config.TransportSocketMatches.Select(m => scope.Counter(m.Name + ".total_match_count", shard))];
        Default = context is null ? null : config.TransportSocket?.Options.Compile(context);
        Matched = [.. config.TransportSocketMatches.Select(m => context is null ? null : m.TransportSocket.Options.Compile(context))];
    }

    /// <summary>Where none matches; null: nothing.</summary>
    public IUpstreamTransportSocketSnapshot? Default { get; }

    /// <summary>In the order of the configuration; null: nothing.</summary>
    public ImmutableArray<IUpstreamTransportSocketSnapshot?> Matched { get; }

    /// <summary>The index of the socket for <paramref name="hosts"/> new hosts of this metadata, which are counted. On main.</summary>
    public int Choose(MetadataConfig endpoint, MetadataConfig locality, int hosts = 1)
    {
        var index = Find(endpoint);
        // As in Envoy: all of them by the endpoint's own metadata first.
        if (index < 0)
            index = Find(locality);
        (index < 0 ? _defaultCount : _counts[index]).Add(hosts);
        return index;
    }

    public void Dispose()
    {
        Default?.Dispose();
        foreach (var socket in Matched)
            socket?.Dispose();
    }

    private int Find(MetadataConfig metadata)
    {
        for (var i = 0; i < _config.TransportSocketMatches.Count; i++)
        {
            if (_config.TransportSocketMatches[i].Matches(metadata))
                return i;
        }

        return DefaultIndex;
    }
}
