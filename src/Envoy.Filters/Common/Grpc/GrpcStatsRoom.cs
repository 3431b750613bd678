using System.Text;
using Envoy.Clusters.Pools;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Routing;
using Envoy.Stats;

namespace Envoy.Filters.Common.Grpc;

/// <summary>
/// The gRPC statistics of one filter on one worker, by cluster and method. What the client names is told apart up to a number; the rest is counted without
/// a name. Worker-owned.
/// </summary>
internal sealed class GrpcStatsRoom(FilterWorkerContext context, string protocol)
{
    /// <summary>The most methods that are told apart, over all clusters; Envoy has no limit.</summary>
    public const int MaxMethods = 1000;

    /// <summary>The longest name of a service with its method, in bytes, that is told apart.</summary>
    public const int MaxNameLength = 256;

    private readonly Dictionary<string, ClusterRoom> _clusters = new(StringComparer.Ordinal);
    private readonly WorkerUpstreams _upstreams = (WorkerUpstreams)context.Upstreams;
    private int _methods;

    /// <summary>The statistics of the cluster that the request's route names at this moment; null: there is none.</summary>
    public ClusterRoom? Of(HttpFilterCallbacks callbacks)
    {
        var match = callbacks.Match;
        if (match.Route?.Action is not ForwardAction forward)
            return null;
        var name = ClusterName.Of(match, forward, callbacks.RequestHeaders);
        if (_upstreams.Clusters.Find(name) is not { } cluster)
            return null;
        var stats = cluster.Snapshot.Stats;
        if (_clusters.TryGetValue(name, out var room) && ReferenceEquals(room.Parent, stats))
            return room;
        if (room is not null)
            _methods -= room.Count;
        // A cluster of the same name that has been replaced counts anew; names of clusters come from the configuration, or are found there.
        return _clusters[name] = new ClusterRoom(this, stats, stats.Scope(protocol));
    }

    /// <summary>One cluster's part. Worker-owned.</summary>
    internal sealed class ClusterRoom(GrpcStatsRoom room, StatsScope parent, StatsScope scope)
    {
        private readonly Dictionary<string, GrpcMethodStats> _methods = new(StringComparer.Ordinal);
        private GrpcMethodStats? _unnamed;

        public StatsScope Parent => parent;

        public int Count => _methods.Count;

        /// <summary>Those of calls whose method is not told apart.</summary>
        public GrpcMethodStats Unnamed => _unnamed ??= new GrpcMethodStats(scope, Shard);

        private int Shard => room.Shard;

        /// <summary>Those of a method.</summary>
        public GrpcMethodStats Of(ReadOnlySpan<byte> service, ReadOnlySpan<byte> method, bool replaceDots)
        {
            var length = service.Length + 1 + method.Length;
            if (length > MaxNameLength)
                return Unnamed;
            Span<char> name = stackalloc char[length];
            Encoding.Latin1.GetChars(service, name);
            if (replaceDots)
                name[..service.Length].Replace('.', '_');
            name[service.Length] = '.';
            Encoding.Latin1.GetChars(method, name[(service.Length + 1)..]);
            if (_methods.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var found))
                return found;
            if (room._methods >= MaxMethods)
                return Unnamed;
            room._methods++;
            var text = name.ToString();
            var made = new GrpcMethodStats(scope.Scope(text), Shard);
            _methods.Add(text, made);
            return made;
        }
    }

    private int Shard => context.Worker.Index;
}
