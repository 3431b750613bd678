using System.Buffers.Text;
using System.Text;
using Envoy.Buffers;
using Envoy.Clusters.Pools;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Forwarding;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Routing;

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
    private RouteMatchResult _match;
    private List<RequestCopy>? _copies;
    private bool _responseStarted;
    private bool _requestComplete;

    private RouterFilter(Factory shared)
    {
        _shared = shared;
        _exchange = new UpstreamExchange(shared.Context.Worker, shared.Context.Runtime, this);
    }

    public HeaderMap ResponseHeaders => _callbacks.Host.ResponseHeaders;

    public HeaderMap ResponseTrailers => _callbacks.Host.ResponseTrailers;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        // 1. Which route?
        _match = _callbacks.Match;
        _requestComplete = endStream;
        _shared.Stats.RqTotal.Inc();
        switch (_match.Route?.Action)
        {
            case ForwardAction forward:
                return Forward(forward, headers, endStream);
            case RedirectAction redirect:
                Redirect(_match.Route, redirect);
                break;
            case DirectResponseAction direct:
                Respond(_match.Route, direct);
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
        if (_shared.Options.RejectConnectRequestEarlyData && !_responseStarted && !data.IsEmpty && _callbacks.Host.IsConnecting)
        {
            data.Clear();
            _callbacks.SendLocalReply(new LocalReply(400, "early_connect_data"));
            return FilterStatus.Take;
        }

        if (endStream)
            CompleteRequest();
        for (var i = _copies is null ? -1 : _copies.Count - 1; i >= 0; i--)
        {
            if (!_copies![i].SendData(data, endStream))
                _copies.RemoveAt(i);
        }

        _exchange.SendData(data, endStream);
        return FilterStatus.Take;
    }

    public FilterStatus OnRequestTrailers(HeaderMap trailers)
    {
        CompleteRequest();
        if (_copies is not null)
        {
            foreach (var copy in _copies)
                copy.SendTrailers(trailers);
            _copies.Clear();
        }

        _exchange.SendTrailers(trailers);
        return FilterStatus.Take;
    }

    public void HoldResponse(bool hold) => _exchange.HoldResponse(hold);

    public void Abort() => _exchange.End();

    public void OnStreamEnd()
    {
        _exchange.End();
        if (_copies is null)
            return;
        foreach (var copy in _copies)
            copy.Cancel();
        _copies.Clear();
    }

    public void Clear()
    {
        _responseStarted = _requestComplete = false;
        _match = default;
        _exchange.Clear();
    }

    public void AddFlags(ResponseFlags flags) => _callbacks.StreamInfo.AddFlag(flags);

    public void OnAttempt(int number, bool afterTimeout)
    {
        var info = _callbacks.StreamInfo;
        info.AttemptCount = number;
        info.Times.FirstUpstreamTx = info.Moment(_callbacks.Worker.Now);
        if (_requestComplete)
            info.Times.LastUpstreamTx = info.Times.FirstUpstreamTx;
        if (_match.VirtualHost is not { } host)
            return;
        var headers = _callbacks.RequestHeaders;
        if (number > 1)
        {
            if (host.Config.IncludeRequestAttemptCount)
                SetNumber(headers, HeaderId.XEnvoyAttemptCount, number);
            if (host.Config.IncludeIsTimeoutRetryHeader)
                headers.SetUnchecked(HeaderId.XEnvoyIsTimeoutRetry, afterTimeout ? "true"u8 : "false"u8);
        }

        if (_match.Route?.Action is ForwardAction { HostRewrite.IsAutomatic: true } forward && _exchange.Host is { Hostname.Length: > 0 } chosen)
        {
            _shared.Values.Clear();
            _shared.Values.Append(chosen.Hostname);
            if (!headers.Get(HeaderId.Authority).SequenceEqual(_shared.Values.Written))
                RequestRewriting.SetHost(headers, _shared.Values.Written, forward.Config.AppendXForwardedHost, !_shared.Options.SuppressEnvoyHeaders);
        }
    }

    public void OnInformational()
    {
        if (_callbacks.Host.PassesInformational)
            _callbacks.Chain.Informational();
    }

    public void OnResponseHeaders(int status, bool endStream)
    {
        var info = _callbacks.StreamInfo;
        if (_match.Route?.Action is ForwardAction { Redirects: { } redirects } && redirects.Follows(status) && TryFollow(redirects, status))
            return;
        _responseStarted = true;
        info.ResponseCodeDetails = "via_upstream";
        info.ResponseCode = status;
        info.Times.FirstUpstreamRx = info.Moment(_callbacks.Worker.Now);
        if (endStream)
            info.Times.LastUpstreamRx = info.Times.FirstUpstreamRx;
        info.UpstreamProtocol = _exchange.Options.Tunnel is not null ? null : _exchange.IsHttp2 ? "HTTP/2" : "HTTP/1.1";
        DescribeUpstream(info);
        var response = ResponseHeaders;
        if (_exchange.ServiceTime >= 0 && !_shared.Options.SuppressEnvoyHeaders)
            SetNumber(response, HeaderId.XEnvoyUpstreamServiceTime, _exchange.ServiceTime);
        if (_match.VirtualHost is { Config.IncludeAttemptCountInResponse: true })
            SetNumber(response, HeaderId.XEnvoyAttemptCount, _exchange.AttemptCount);
        if (_match.Route is { } route)
            RequestRewriting.FinishResponse(route, _match.Weighted, response, _callbacks.Host.Formatting, _shared.Values);
        _callbacks.Chain.RespondHeaders(endStream);
    }

    public void OnResponseData(ByteQueue data, bool endStream)
    {
        if (endStream)
            CompleteResponse();
        _callbacks.Chain.RespondData(data, endStream);
    }

    public void OnResponseTrailers()
    {
        CompleteResponse();
        _callbacks.Chain.RespondTrailers();
    }

    private void DescribeUpstream(StreamInfo info)
    {
        info.UpstreamHost = _exchange.Host?.Address;
        info.UpstreamHostName = _exchange.Host?.Hostname;
        if (_exchange.Connection is not { } connection)
            return;
        info.UpstreamLocalAddress = connection.LocalAddress;
        info.UpstreamRemoteAddress = connection.RemoteAddress;
        info.UpstreamTls = connection.Tls;
    }

    public void OnFailed(in ExchangeFailure failure)
    {
        var info = _callbacks.StreamInfo;
        DescribeUpstream(info);
        info.UpstreamTransportFailureReason = failure.TransportFailure;
        if (_responseStarted)
        {
            info.AddFlag(failure.Flags);
            info.ResponseCodeDetails = failure.Details;
            _shared.Stats.RqResetAfterDownstreamResponseStarted.Inc();
            _callbacks.Reset();
            return;
        }

        // Envoy's local replies get the route's response headers too.
        var overloaded = failure.Overloaded && !_shared.Options.SuppressEnvoyHeaders;
        _callbacks.SendLocalReply(new LocalReply(failure.Status, failure.Details)
        {
            Body = failure.Body,
            Flags = failure.Flags,
            ModifyHeaders = overloaded || _match is { Route.ResponseMutations.Length: > 0 } || _match.Weighted is { ResponseMutations: not null }
                ? headers => FinishLocalReply(headers, overloaded)
                : null,
        });
    }

    public void OnAboveRequestHighWatermark() => _callbacks.Host.ReadDisable(true);

    public void OnBelowRequestLowWatermark() => _callbacks.Host.ReadDisable(false);

    private FilterStatus Forward(ForwardAction forward, HeaderMap headers, bool endStream)
    {
        // 2. Which cluster?
        var info = _callbacks.StreamInfo;
        var name = ClusterName.Of(_match, forward, headers);
        info.UpstreamCluster = name;
        var cluster = name.Length == 0 ? null : _shared.Upstreams.Clusters.Find(name);
        if (cluster is null)
        {
            _shared.Stats.NoCluster.Inc();
            _callbacks.SendLocalReply(new LocalReply(forward.ClusterNotFoundStatus, "cluster_not_found") { Flags = ResponseFlags.NoClusterFound });
            return FilterStatus.Hold;
        }

        if (cluster.Snapshot.StatName != name)
            info.UpstreamClusterStatName = cluster.Snapshot.StatName;
        var virtualHost = _match.VirtualHost!;
        var requestClass = virtualHost.FindVirtualCluster(headers, _callbacks.Host.Routes.Scratch);
        info.VirtualClusterName = requestClass?.Name;
        _exchange.Options.VirtualCluster = requestClass is null ? null : _shared.Classes.Of(virtualHost, requestClass);
        _exchange.Options.Route = _shared.Classes.Of(virtualHost, _match.Route!);

        // 3. How long, how often; and what the upstream is told of it.
        var options = _exchange.Options;
        ExchangePlan.Fill(options, cluster, forward, headers, _match.Route!, _callbacks.Host);
        options.ExcludesCodes = options.IsGrpc && _shared.Options.SuppressGrpcRequestFailureCodeStats;
        if (!_shared.Options.SuppressEnvoyHeaders && ExchangePlan.ExpectedTimeout(options) is > 0 and var expected)
        {
            SetNumber(headers, HeaderId.XEnvoyExpectedRqTimeoutMs, expected);
            if (forward.Config.MaxGrpcTimeout is not null && options.IsGrpc)
                GrpcTimeout.Write(headers, expected);
        }

        if (virtualHost.Config.IncludeRequestAttemptCount)
            SetNumber(headers, HeaderId.XEnvoyAttemptCount, 1);

        // 4. What the route makes of the request; after what it may refer to.
        RequestRewriting.FinishRequest(
            _match.Route!, _match.Weighted, headers, _callbacks.Host.Formatting, _callbacks.Host.Routes.Scratch, _shared.Values, !_shared.Options.SuppressEnvoyHeaders);

        // 5. The exchange does the rest.
        if (!options.Connects)
        {
            foreach (var mirror in forward.Mirrors)
                Mirror(mirror, headers, endStream);
        }

        _exchange.Start(headers, endStream);
        return FilterStatus.Hold;
    }

    private void Mirror(RequestMirror mirror, HeaderMap headers, bool endStream)
    {
        var host = _callbacks.Host;
        if (mirror.Fraction is { } share && !Fractions.IsMet(share, _shared.Context.Runtime.Current, host.RandomValue))
            return;
        var name = mirror.Cluster;
        if (mirror.ClusterHeader is { } header)
            name = header.TryGet(headers, out var value) ? Encoding.ASCII.GetString(value) : "";
        if (_shared.Upstreams.Clusters.Find(name) is not { } cluster)
            return;
        var copy = _shared.RentCopy();
        if (copy.Start(mirror, cluster, _exchange.Options, host.StreamInfo.Protocol == "HTTP/2", headers, endStream, _shared.Values))
            (_copies ??= []).Add(copy);
    }

    private bool TryFollow(InternalRedirects redirects, int status)
    {
        var stats = _exchange.Options.Cluster.Stats;
        if (!_exchange.CanRedirect || !InternalRedirect.TryFollow(redirects, status, _match.Route!.Name, _callbacks.Host, _shared.Stats))
        {
            stats.UpstreamInternalRedirectFailedTotal.Inc();
            return false;
        }

        stats.UpstreamInternalRedirectSucceededTotal.Inc();
        var info = _callbacks.StreamInfo;
        info.ResponseCode = status;
        info.UpstreamHost = _exchange.Host?.Address;
        _exchange.End();
        _callbacks.Host.Recreate(_exchange.KeptBody);
        return true;
    }

    private void CompleteRequest()
    {
        _requestComplete = true;
        var info = _callbacks.StreamInfo;
        info.Times.LastUpstreamTx = info.Moment(_callbacks.Worker.Now);
    }

    private void CompleteResponse()
    {
        var info = _callbacks.StreamInfo;
        info.Times.LastUpstreamRx = info.Moment(_callbacks.Worker.Now);
    }

    private void Redirect(Route route, RedirectAction redirect)
    {
        _shared.Stats.RqRedirect.Inc();
        var request = _callbacks.RequestHeaders;
        _callbacks.SendLocalReply(new LocalReply(redirect.Status, "direct_response")
        {
            ModifyHeaders = response =>
            {
                redirect.SetLocation(route, request, response, _callbacks.Host.Routes.Scratch);
                RequestRewriting.FinishResponse(route, null, response, _callbacks.Host.Formatting, _shared.Values);
            },
        });
    }

    private void Respond(Route route, DirectResponseAction direct)
    {
        _shared.Stats.RqDirectResponse.Inc();
        var type = direct.Format?.ContentType;
        _callbacks.SendLocalReply(new LocalReply(direct.Status, "direct_response")
        {
            BodyBytes = direct.BodyFor(_callbacks.Host.Formatting),
            ModifyHeaders = type is null && route.ResponseMutations.Length == 0 ? null : response =>
            {
                if (type is not null)
                    response.Set("content-type", type);
                RequestRewriting.FinishResponse(route, null, response, _callbacks.Host.Formatting, _shared.Values);
            },
        });
    }

    private void FinishLocalReply(HeaderMap headers, bool overloaded)
    {
        if (overloaded)
            headers.Set(HeaderId.XEnvoyOverloaded, "true"u8);
        if (_match.Route is { } route)
            RequestRewriting.FinishResponse(route, _match.Weighted, headers, _callbacks.Host.Formatting, _shared.Values);
    }

    private static void SetNumber(HeaderMap headers, HeaderId id, long number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var written);
        headers.SetUnchecked(id, digits[..written]);
    }

    /// <summary>Compiled options. Immutable.</summary>
    internal sealed class Snapshot(RouterOptions options) : IHttpFilterSnapshot
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(options, context);
    }

    /// <summary>What the routers of one worker share. Worker-owned.</summary>
    internal sealed class Factory : IHttpFilterFactory
    {
        // Copies that wait to serve again; there are never more than were under way at one time.
        private readonly Stack<RequestCopy> _copies = new();

        public Factory(RouterOptions options, FilterWorkerContext context)
        {
            Options = options;
            Context = context;
            Stats = new RouterStats(context.Stats, context.Worker.Index);
            Upstreams = (WorkerUpstreams)context.Upstreams;
            Classes = new RequestClasses(context);
        }

        public RouterOptions Options { get; }

        public FilterWorkerContext Context { get; }

        public RouterStats Stats { get; }

        public WorkerUpstreams Upstreams { get; }

        public RequestClasses Classes { get; }

        /// <summary>Room for the values of headers; nothing in it outlives the call that filled it.</summary>
        public ByteSink Values { get; } = new();

        public RequestCopy RentCopy() => _copies.TryPop(out var copy) ? copy : new RequestCopy(Context.Worker, Context.Runtime, _copies);

        public IHttpFilter Create() => new RouterFilter(this);
    }
}
