using Envoy.AccessLog;
using Envoy.Buffers;
using Envoy.Clusters;
using Envoy.ConnectionManager.Streams;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.FilterChains.Network;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Net;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.RuntimeSettings;
using Envoy.Stats;

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
    private readonly HttpFilterSlot[] _filters;
    private readonly FormatContext _format;
    private readonly RouteMatcher[] _scopes;

    public HttpConnectionManagerFactory(HttpConnectionManagerSnapshot snapshot, FilterWorkerContext context)
    {
        Snapshot = snapshot;
        Worker = context.Worker;
        Runtime = context.Runtime;
        _format = new FormatContext { Clock = Worker.TimeProvider, Random = Worker.Random };
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
        Routes = new RouteMatcher(snapshot.Routes, context.Runtime, MatchScratch.Of(context.Worker));
        _scopes = Array.ConvertAll(snapshot.ScopedTables, table => new RouteMatcher(table, context.Runtime, MatchScratch.Of(context.Worker)));
        AccessLogs = new WorkerAccessLogs(snapshot.AccessLogs, context.Worker, context.Runtime);
        FilterRoom = new AccessLogFilter.Room(context.Worker, context.Runtime);
        snapshot.LocalReplies?.Warm(FilterRoom);
        Date = DateSource.Of(context.Worker);
        // The codec's statistics are the server's, not one connection manager's, as in Envoy.
        var codec = context.Stats.Store.Scope("http1");
        DroppedHeadersWithUnderscores = codec.Counter("dropped_headers_with_underscores", shard);
        Http2Stats = new Http2CodecStats(context.Stats.Store.Scope("http2"), shard);
        RejectedWithUnderscoresInHeaders = codec.Counter("requests_rejected_with_underscores_in_headers", shard);
        var filterContext = new FilterWorkerContext(context.Worker, scope, context.Upstreams, context.Drain, context.Runtime);
        var turnsFilters = snapshot.Routes.TurnsFilters || snapshot.ScopedTables.Any(t => t.TurnsFilters);
        _filters = snapshot.Options.HttpFilters
            .Select((f, i) => new HttpFilterSlot(f.Name, f.Disabled, snapshot.Filters[i].CreateFactory(filterContext)) { MayChange = turnsFilters })
            .ToArray();
    }

    public HttpConnectionManagerSnapshot Snapshot { get; }

    public HttpConnectionManagerOptions Options => Snapshot.Options;

    public Worker Worker { get; }

    public RuntimeLoader Runtime { get; }

    public IDrainDecision Drain { get; }

    public HttpConnectionManagerStats Stats { get; }

    public HttpListenerStats ListenerStats { get; }

    public ConnectionStats ConnectionStats { get; }

    public RouteMatcher Routes { get; }

    public DateSource Date { get; }

    public WorkerAccessLogs AccessLogs { get; }

    /// <summary>What the filters of local replies need.</summary>
    public AccessLogFilter.Room FilterRoom { get; }

    public CounterCell DroppedHeadersWithUnderscores { get; }

    public CounterCell RejectedWithUnderscoresInHeaders { get; }

    public Http2CodecStats Http2Stats { get; }

    public ClientAddress Clients { get; } = new();

    /// <summary>Room for a header's value; nothing in it outlives the call that filled it.</summary>
    public ByteSink Value { get; } = new();

    /// <summary>What formats of a stream are filled from; valid until it is asked for another one.</summary>
    public FormatContext FormatContextOf(IHttpStreamHost stream)
    {
        _format.RequestHeaders = stream.RequestHeaders;
        _format.ResponseHeaders = stream.ResponseHeaders;
        _format.ResponseTrailers = stream.ResponseTrailers;
        _format.Info = stream.StreamInfo;
        _format.LocalReplyBody = default;
        _format.AccessLogType = "NotSet";
        return _format;
    }

    /// <summary>The route table for a request.</summary>
    public RouteMatcher RoutesFor(HeaderMap request)
    {
        if (Snapshot.Scopes is not { } keys)
            return Routes;
        var scope = keys.Find(request, Value, Routes.Scratch);
        return scope < 0 ? Routes : _scopes[scope];
    }

    public INetworkFilter Create() => new HttpConnectionManager(this);

    public HttpStream RentStream() => _freeStreams.TryPop(out var stream) ? stream : new HttpStream(this, _filters);

    public void ReturnStream(HttpStream stream)
    {
        if (_freeStreams.Count < MaxFreeStreams)
            _freeStreams.Push(stream);
    }
}
