using Envoy.AccessLog;
using Envoy.FilterChains;
using Envoy.FilterChains.Network;
using Envoy.Net;

namespace Envoy.Filters.Network.TcpProxy;

/// <summary>Compiled options of a TCP proxy: the weights summed up. Immutable.</summary>
internal sealed class TcpProxySnapshot : INetworkFilterSnapshot
{
    private readonly string[] _clusters;
    private readonly long[] _upTo;

    public TcpProxySnapshot(TcpProxyOptions options, FilterCompileContext context)
    {
        Options = options;
        Tunnels = options.Tunneling is { } tunneling ? new TunnelRequests(tunneling) : null;
        AccessLogs = AccessLogSet.Compile(options.AccessLogs, context.LogFiles);
        _clusters = options.WeightedClusters.Count == 0 ? [options.Cluster] : options.WeightedClusters.Select(w => w.Name).ToArray();
        _upTo = new long[_clusters.Length];
        long sum = 0;
        for (var i = 0; i < _upTo.Length; i++)
            _upTo[i] = sum += options.WeightedClusters.Count == 0 ? 1 : options.WeightedClusters[i].Weight;
    }

    public TcpProxyOptions Options { get; }

    public AccessLogSet AccessLogs { get; }

    /// <summary>How tunnels are asked for; null: there are none.</summary>
    public TunnelRequests? Tunnels { get; }

    /// <summary>The cluster for a new connection; by weight where there are several.</summary>
    public string ChooseCluster(Random random)
    {
        if (_clusters.Length == 1)
            return _clusters[0];
        var draw = random.NextInt64(_upTo[^1]);
        var index = 0;
        while (_upTo[index] <= draw)
            index++;
        return _clusters[index];
    }

    public INetworkFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(this, context);

    /// <summary>What the TCP proxy's connections on one worker share. Worker-owned.</summary>
    internal sealed class Factory : INetworkFilterFactory
    {
        public Factory(TcpProxySnapshot snapshot, FilterWorkerContext context)
        {
            Snapshot = snapshot;
            Context = context;
            AccessLogs = new WorkerAccessLogs(snapshot.AccessLogs, context.Worker, context.Runtime);
            Stats = new TcpProxyStats(context.Stats.Store.Scope("tcp." + snapshot.Options.StatPrefix), context.Worker.Index);
            ConnectionStats = new ConnectionStats
            {
                ReceivedTotal = Stats.DownstreamCxRxBytesTotal,
                SentTotal = Stats.DownstreamCxTxBytesTotal,
                ReceivedBuffered = Stats.DownstreamCxRxBytesBuffered,
                SentBuffered = Stats.DownstreamCxTxBytesBuffered,
            };
        }

        public TcpProxySnapshot Snapshot { get; }

        public FilterWorkerContext Context { get; }

        public TcpProxyStats Stats { get; }

        public WorkerAccessLogs AccessLogs { get; }

        public ConnectionStats ConnectionStats { get; }

        public INetworkFilter Create() => new TcpProxyFilter(this);
    }
}
