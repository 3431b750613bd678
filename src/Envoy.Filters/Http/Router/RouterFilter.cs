using System.Buffers.Text;
using Envoy.Buffers;
using Envoy.Clusters.Pools;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Forwarding;
using Envoy.Http.Headers;
using Envoy.Routing;
using Envoy.Stats;

namespace Envoy.Filters.Http.Router;

/// <summary>
/// Does what the request's route says: forwards it to a cluster through an <see cref="UpstreamExchange"/>, redirects, or answers. A shell
/// over the exchange, so that other callers forward the same way. Worker-owned.
/// </summary>
internal sealed class RouterFilter : IHttpTerminalFilter, IPooledHttpFilter, IExchangeHandler
{
    private readonly Factory _shared;
    private readonly UpstreamExchange _exchange;
    private HttpFilterCallbacks _callbacks = null!;
    private bool _responseStarted;

    private RouterFilter(Factory shared)
    {
        _shared = shared;
        _exchange = new UpstreamExchange(shared.Context.Worker, this);
    }

    public HeaderMap ResponseHeaders => _callbacks.Host.ResponseHeaders;

    public HeaderMap ResponseTrailers => _callbacks.Host.ResponseTrailers;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        // 1. Which route?
        var match = _callbacks.Match;
        var route = match.Route;
        _shared.Stats.RqTotal.Inc();
        switch (route?.Action)
        {
            case ForwardAction forward:
                return Forward(match, forward, headers, endStream);
            case RedirectAction redirect:
                Redirect(route, redirect);
                break;
            case DirectResponseAction direct:
                _shared.Stats.RqDirectResponse.Inc();
                _callbacks.SendLocalReply(new LocalReply(direct.Status, "direct_response") { BodyBytes = direct.BodyFor(_callbacks.Host.Formatting) });
                break;
            default:
                _shared.Stats.NoRoute.Inc();
                _callbacks.SendLocalReply(new LocalReply(404, "route_not_found") { Flags = ResponseFlags.NoRouteFound });
                break;
        }

        return FilterStatus.Hold;
    }

    public FilterStatus OnRequestData(ByteQueue data, bool endStream)
    {
        _exchange.SendData(data, endStream);
        return FilterStatus.Take;
    }

    public FilterStatus OnRequestTrailers(HeaderMap trailers)
    {
        _exchange.SendTrailers(trailers);
        return FilterStatus.Take;
    }

    public void HoldResponse(bool hold) => _exchange.HoldResponse(hold);

    public void Abort() => _exchange.End();

    public void OnStreamEnd() => _exchange.End();

    public void Clear()
    {
        _responseStarted = false;
        _exchange.Clear();
    }

    public void OnInformational()
    {
        if (_callbacks.Host.PassesInformational)
            _callbacks.Chain.Informational();
    }

    public void OnResponseHeaders(int status, bool endStream)
    {
        _responseStarted = true;
        var info = _callbacks.StreamInfo;
        info.ResponseCodeDetails = "via_upstream";
        info.UpstreamHost = _exchange.HostAddress;
        if (_exchange.ServiceTime >= 0 && !_shared.Options.SuppressEnvoyHeaders)
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(_exchange.ServiceTime, digits, out var written);
            ResponseHeaders.SetUnchecked(HeaderId.XEnvoyUpstreamServiceTime, digits[..written]);
        }

        _callbacks.Chain.RespondHeaders(endStream);
    }

    public void OnResponseData(ByteQueue data, bool endStream) => _callbacks.Chain.RespondData(data, endStream);

    public void OnResponseTrailers() => _callbacks.Chain.RespondTrailers();

    public void OnFailed(in ExchangeFailure failure)
    {
        var info = _callbacks.StreamInfo;
        info.UpstreamHost = _exchange.HostAddress;
        if (_responseStarted)
        {
            info.AddFlag(failure.Flags);
            info.ResponseCodeDetails = failure.Details;
            _callbacks.Reset();
            return;
        }

        _callbacks.SendLocalReply(new LocalReply(failure.Status, failure.Details)
        {
            Body = failure.Body,
            Flags = failure.Flags,
            ModifyHeaders = failure.Overloaded && !_shared.Options.SuppressEnvoyHeaders
                ? static headers => headers.Set(HeaderId.XEnvoyOverloaded, "true"u8)
                : null,
        });
    }

    public void OnAboveRequestHighWatermark() => _callbacks.Host.ReadDisable(true);

    public void OnBelowRequestLowWatermark() => _callbacks.Host.ReadDisable(false);

    private FilterStatus Forward(in RouteMatchResult match, ForwardAction forward, HeaderMap headers, bool endStream)
    {
        // 2. Which cluster?
        var info = _callbacks.StreamInfo;
        var name = ClusterName.Of(match, forward, headers);
        info.UpstreamCluster = name;
        var cluster = name.Length == 0 ? null : _shared.Upstreams.Clusters.Find(name);
        if (cluster is null)
        {
            _shared.Stats.NoCluster.Inc();
            _callbacks.SendLocalReply(new LocalReply(forward.ClusterNotFoundStatus, "cluster_not_found") { Flags = ResponseFlags.NoClusterFound });
            return FilterStatus.Hold;
        }

        // 3. What the upstream is told of our time.
        if (forward.Timeout > TimeSpan.Zero && !_shared.Options.SuppressEnvoyHeaders)
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat((long)forward.Timeout.TotalMilliseconds, digits, out var written);
            headers.SetUnchecked(HeaderId.XEnvoyExpectedRqTimeoutMs, digits[..written]);
        }

        // 4. The exchange does the rest.
        _exchange.Start(cluster, headers, endStream, forward.Timeout, _callbacks.Host.BufferLimit);
        return FilterStatus.Hold;
    }

    private void Redirect(Route route, RedirectAction redirect)
    {
        _shared.Stats.RqRedirect.Inc();
        var request = _callbacks.RequestHeaders;
        _callbacks.SendLocalReply(new LocalReply(redirect.Status, "direct_response")
        {
            ModifyHeaders = response => redirect.SetLocation(route, request, response, _callbacks.Host.Routes.Scratch),
        });
    }

    /// <summary>Compiled options. Immutable.</summary>
    internal sealed class Snapshot(RouterOptions options) : IHttpFilterSnapshot
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(options, context);
    }

    /// <summary>What the routers of one worker share. Worker-owned.</summary>
    internal sealed class Factory : IHttpFilterFactory
    {
        public Factory(RouterOptions options, FilterWorkerContext context)
        {
            Options = options;
            Context = context;
            Stats = new RouterStats(context.Stats, context.Worker.Index);
            Upstreams = (WorkerUpstreams)context.Upstreams;
        }

        public RouterOptions Options { get; }

        public FilterWorkerContext Context { get; }

        public RouterStats Stats { get; }

        public WorkerUpstreams Upstreams { get; }

        public IHttpFilter Create() => new RouterFilter(this);
    }
}
