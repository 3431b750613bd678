using System.Text;
using Envoy.Buffers;
using Envoy.Clusters.Pools;
using Envoy.FilterChains;
using Envoy.Formatting;
using Envoy.Forwarding;
using Envoy.Http.Headers;
using Envoy.Routing;
using Envoy.Runtime.Timers;

namespace Envoy.Filters.Network.ClientSslAuth;

/// <summary>Asks a service again and again which certificates it approves, as long as its worker runs. Worker-owned.</summary>
internal sealed class PrincipalsFetcher : IExchangeHandler, ITimerHandler
{
    // Some hundred thousand certificates; what is more is no list.
    private const long MostBytes = 16 * 1024 * 1024;

    // Envoy's.
    private const long TimeoutMilliseconds = 1000;

    private readonly ClientSslAuthFilter.Snapshot _snapshot;
    private readonly ClientSslAuthStats _stats;
    private readonly FilterWorkerContext _context;
    private readonly WorkerUpstreams _upstreams;
    private readonly UpstreamExchange _exchange;
    private readonly TimerNode _timer;
    private readonly HeaderMap _headers = new();
    private readonly ByteQueue _body;
    private readonly byte[] _host;
    private bool _isList;
    private bool _over;

    public PrincipalsFetcher(ClientSslAuthFilter.Snapshot snapshot, ClientSslAuthStats stats, FilterWorkerContext context)
    {
        _snapshot = snapshot;
        _stats = stats;
        _context = context;
        _upstreams = (WorkerUpstreams)context.Upstreams;
        _exchange = new UpstreamExchange(context.Worker, context.Runtime, this);
        _timer = new TimerNode(this);
        _body = new ByteQueue(context.Worker);
        _host = Encoding.ASCII.GetBytes(snapshot.Options.AuthApiCluster);
    }

    public HeaderMap ResponseHeaders { get; } = new();

    public HeaderMap ResponseTrailers { get; } = new();

    public void Start()
    {
        _over = _isList = false;
        if (_upstreams.Clusters.Find(_snapshot.Options.AuthApiCluster) is not { } cluster)
        {
            Finish(succeeded: false);
            return;
        }

        _headers.Clear();
        _headers.SetUnchecked(HeaderId.Method, "GET"u8);
        _headers.SetUnchecked(HeaderId.Path, "/v1/certs/list/approved"u8);
        _headers.SetUnchecked(HeaderId.Authority, _host);
        _headers.SetUnchecked(HeaderId.Scheme, cluster.HasSecureSocket ? "https"u8 : "http"u8);
        var options = _exchange.Options;
        options.Cluster = cluster;
        options.Kind = cluster.PoolKindFor(downstreamIsHttp2: false);
        options.ServerName = ServerNames.Of(cluster, _headers);
        options.Timeout = TimeoutMilliseconds;
        options.BufferLimit = MostBytes;
        options.RetryOn = RetryConditions.None;
        _exchange.Start(_headers, endStream: true);
    }

    public void OnTimer(TimerNode timer) => Start();

    public void OnInformational()
    {
    }

    public void OnResponseHeaders(int status, bool endStream)
    {
        _isList = status == 200;
        if (endStream)
            Finish(succeeded: false);
    }

    public void OnResponseData(ByteQueue data, bool endStream)
    {
        _body.Append(data);
        if (_over)
            _body.Clear();
        else if (!_isList || _body.Length > MostBytes)
            GiveUp(endStream);
        else if (endStream)
            TakeList();
    }

    public void OnResponseTrailers()
    {
        if (!_over)
            TakeList();
    }

    public void AddFlags(ResponseFlags flags)
    {
    }

    public void OnAttempt(int number, bool afterTimeout)
    {
    }

    public void OnFailed(in ExchangeFailure failure)
    {
        if (!_over)
            Finish(succeeded: false);
    }

    public void OnAboveRequestHighWatermark()
    {
    }

    public void OnBelowRequestLowWatermark()
    {
    }

    private void GiveUp(bool isOver)
    {
        if (!isOver)
            _exchange.End();
        Finish(succeeded: false);
    }

    private void TakeList() => Finish(_isList && _snapshot.Approved.TryReplace(_body.ToArray()));

    private void Finish(bool succeeded)
    {
        _over = true;
        (succeeded ? _stats.UpdateSuccess : _stats.UpdateFailure).Inc();
        _stats.TotalPrincipals.Set(_snapshot.Approved.Count);
        _body.Clear();
        _exchange.Clear();
        var delay = (long)Math.Ceiling(_snapshot.Options.RefreshDelay.TotalMilliseconds);
        // As in Envoy: up to twice as long, so that the proxies of one service do not ask together.
        _context.Worker.Arm(_timer, delay + _context.Worker.Random.NextInt64(delay));
    }
}
