using Envoy.ConnectionManager.Streams;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.FilterChains.Network;
using Envoy.Net;
using Envoy.Routing;
using Envoy.Runtime;

namespace Envoy.ConnectionManager;

/// <summary>
/// One worker's part of an HTTP connection manager: what all of its connections share, and the streams that wait to be used again.
/// Worker-owned.
/// </summary>
internal sealed class HttpConnectionManagerFactory : INetworkFilterFactory
{
    // Streams kept for reuse; beyond that a burst's streams are left to the garbage collector.
    private const int MaxFreeStreams = 1024;

    private readonly Stack<HttpStream> _freeStreams = new();
    private readonly IHttpFilterFactory[] _filters;

    public HttpConnectionManagerFactory(HttpConnectionManagerSnapshot snapshot, FilterWorkerContext context)
    {
        Snapshot = snapshot;
        Worker = context.Worker;
        Drain = context.Drain;
        var shard = context.Worker.Index;
        var scope = context.Stats.Store.Scope("http." + snapshot.Options.StatPrefix);
        Stats = new HttpConnectionManagerStats(scope, shard);
        ListenerStats = new HttpListenerStats(context.Stats.Scope("http." + snapshot.Options.StatPrefix), shard);
        ConnectionStats = new ConnectionStats
        {
            ReceivedTotal = Stats.DownstreamCxRxBytesTotal,
            SentTotal = Stats.DownstreamCxTxBytesTotal,
            ReceivedBuffered = Stats.DownstreamCxRxBytesBuffered,
            SentBuffered = Stats.DownstreamCxTxBytesBuffered,
            DelayedCloseTimeout = Stats.DownstreamCxDelayedCloseTimeout,
        };
        Routes = new RouteMatcher(snapshot.Routes);
        Date = DateSource.Of(context.Worker);
        var filterContext = new FilterWorkerContext(context.Worker, scope, context.Upstreams, context.Drain);
        _filters = snapshot.Filters.Select(f => f.CreateFactory(filterContext)).ToArray();
    }

    public HttpConnectionManagerSnapshot Snapshot { get; }

    public HttpConnectionManagerOptions Options => Snapshot.Options;

    public Worker Worker { get; }

    public IDrainDecision Drain { get; }

    public HttpConnectionManagerStats Stats { get; }

    public HttpListenerStats ListenerStats { get; }

    public ConnectionStats ConnectionStats { get; }

    public RouteMatcher Routes { get; }

    public DateSource Date { get; }

    public INetworkFilter Create() => new HttpConnectionManager(this);

    public HttpStream RentStream() => _freeStreams.TryPop(out var stream) ? stream : new HttpStream(this, _filters);

    public void ReturnStream(HttpStream stream)
    {
        if (_freeStreams.Count < MaxFreeStreams)
            _freeStreams.Push(stream);
    }
}
