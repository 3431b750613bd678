using Envoy.Clusters.Hosts;
using Envoy.Http.Streams;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>
/// One worker's connections to a host that is asked in the handshake what it speaks (ALPN). The first connection finds that out and becomes the first of
/// a pool of its protocol, which has all that follows until a connection cannot be made: then it is found out anew. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  request ─► known? ──yes──► that protocol's pool
///                │ no
///                ▼
///            queue ─► one connection that offers both ─► agreed ─► the queue moves to that pool, with the connection
///                                 └─ failed ─► the whole queue fails
/// </code>
/// </remarks>
internal sealed class AutoPool : IHostPool
{
    private readonly Cluster _cluster;
    private readonly ClusterLimits _limits;
    private readonly Host _host;
    private readonly UpstreamSocketOptions _options;
    private readonly PendingRequests _pending;
    private readonly Http1Pool _http1;
    private readonly Http2Pool _http2;
    private HostPool? _known;
    private ProbeConnection? _probe;
    private bool _draining;

    public AutoPool(Cluster cluster, Host host, ClusterLimits limits, UpstreamSocketOptions options)
    {
        _cluster = cluster;
        _host = host;
        _limits = limits;
        _options = options;
        _pending = new PendingRequests(this, cluster, limits);
        _http1 = new Http1Pool(cluster, host, limits, options with { Protocols = ["http/1.1"] }) { ConnectFailed = OnUnknown, Emptied = TellIfEmpty };
        _http2 = new Http2Pool(cluster, host, limits, options with { Protocols = ["h2"] }) { ConnectFailed = OnUnknown, Emptied = TellIfEmpty };
    }

    public Action? Emptied { get; set; }

    public bool IsEmpty => _probe is null && _pending.Count == 0 && _http1.IsEmpty && _http2.IsEmpty;

    public long Demand => _pending.Count + _http1.Demand + _http2.Demand;

    // One that is being found out serves one request for certain.
    public long Provision => (_probe is null ? 0 : 1) + _http1.Provision + _http2.Provision;

    public void Request(StreamRequest request)
    {
        if (_known is not null)
            _known.Request(request);
        else if (!_pending.TryAdd(request))
            TellIfEmpty();
        else if (_probe is null)
            Probe();
    }

    public void Cancel(StreamRequest request)
    {
        _pending.Remove(request);
        _cluster.Stats.UpstreamRqCancelled.Inc();
    }

    public void Drain()
    {
        _draining = true;
        _http1.Drain();
        _http2.Drain();
    }

    public bool TryPreconnect(double ratio)
    {
        if (_known is not null)
            return _known.TryPreconnect(ratio);
        if (_probe is not null || _draining)
            return false;
        Probe();
        return true;
    }

    /// <summary>The handshake is done.</summary>
    public void OnAgreed(UpstreamConnectionAccount account, string protocol)
    {
        _probe = null;
        if (protocol == "h2")
        {
            _known = _http2;
            _http2.Adopt(account, _pending);
        }
        else
        {
            _known = _http1;
            _http1.Adopt(account, _pending);
        }

        if (_draining)
            Drain();
    }

    /// <summary>There is no connection.</summary>
    public void OnProbeFailed(bool timedOut, string why)
    {
        _probe = null;
        _pending.FailAll(timedOut, why);
        if (_pending.Count > 0 && _probe is null)
            Probe();
        TellIfEmpty();
    }

    private void OnUnknown()
    {
        // It may be another server by now.
        _known = null;
        TellIfEmpty();
    }

    private void TellIfEmpty()
    {
        if (IsEmpty)
            Emptied?.Invoke();
    }

    private void Probe()
    {
        if (!_limits.Connections.CanCreate)
            _cluster.Stats.UpstreamCxOverflow.Inc();
        _probe = new ProbeConnection(this, new UpstreamConnectionAccount(_cluster, _host, _limits));
        _probe.Open(_options with { Protocols = ["h2", "http/1.1"] });
    }
}
