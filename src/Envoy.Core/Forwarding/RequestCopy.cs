using Envoy.Buffers;
using Envoy.Clusters;
using Envoy.Clusters.Pools;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.RuntimeSettings;

namespace Envoy.Forwarding;

/// <summary>
/// A request's copy on its way to another cluster (<c>request_mirror_policies</c>): sent beside the request, and whatever is answered is
/// dropped. One that cannot keep up is given up, so that it holds no more than its cluster's buffers. Serves one copy after another.
/// Worker-owned.
/// </summary>
internal sealed class RequestCopy : IExchangeHandler
{
    private readonly UpstreamExchange _exchange;
    private readonly Stack<RequestCopy> _free;
    private readonly HeaderMap _headers = new();
    private readonly HeaderMap _trailers = new();
    private readonly ByteQueue _data;
    private bool _fed;
    private bool _over;
    private bool _holdsBack;
    private bool _returned;

    /// <param name="worker">The worker.</param>
    /// <param name="runtime">For the exchange.</param>
    /// <param name="free">Where it goes when it can serve again.</param>
    public RequestCopy(Worker worker, RuntimeLoader runtime, Stack<RequestCopy> free)
    {
        _exchange = new UpstreamExchange(worker, runtime, this);
        _data = new ByteQueue(worker);
        _free = free;
    }

    public HeaderMap ResponseHeaders { get; } = new();

    public HeaderMap ResponseTrailers { get; } = new();

    /// <summary>Begins. Returns whether it wants the request's body; if not, it must not be touched again.</summary>
    public bool Start(RequestMirror mirror, Cluster cluster, ExchangeOptions like, bool downstreamIsHttp2, HeaderMap headers, bool endStream, ByteSink values)
    {
        _headers.CopyFrom(headers);
        _over = _holdsBack = _returned = false;
        _fed = endStream;
        RewriteHost(mirror, values);
        var options = _exchange.Options;
        options.Cluster = cluster;
        options.Kind = cluster.PoolKindFor(downstreamIsHttp2);
        options.ServerName = ServerNames.Of(cluster, _headers);
        options.HighPriority = like.HighPriority;
        options.IsGrpc = like.IsGrpc;
        options.Timeout = like.Timeout;
        options.BufferLimit = like.BufferLimit;
        options.RetryOn = RetryConditions.None;
        _exchange.Start(_headers, endStream);
        return WantsMore();
    }

    /// <summary>The next part of the body, which stays the caller's. Returns what <see cref="Start"/> does.</summary>
    public bool SendData(ByteQueue data, bool endStream)
    {
        if (_holdsBack && !_over)
        {
            // The request must not wait for its copy.
            _exchange.Options.Cluster.Stats.RetryOrShadowAbandoned.Inc();
            _exchange.End();
            _over = true;
        }

        _fed = endStream;
        if (!_over)
        {
            foreach (var span in data)
                _data.Append(span);
            _exchange.SendData(_data, endStream);
        }

        return WantsMore();
    }

    public void SendTrailers(HeaderMap trailers)
    {
        _fed = true;
        _trailers.CopyFrom(trailers);
        if (!_over)
            _exchange.SendTrailers(_trailers);
        _ = WantsMore();
    }

    /// <summary>The rest of the request will not come.</summary>
    public void Cancel()
    {
        _exchange.End();
        _over = _fed = true;
        _ = WantsMore();
    }

    public void OnInformational()
    {
    }

    public void OnResponseHeaders(int status, bool endStream)
    {
        if (endStream)
            Finish();
    }

    public void OnResponseData(ByteQueue data, bool endStream)
    {
        data.Clear();
        if (endStream)
            Finish();
    }

    public void OnResponseTrailers() => Finish();

    public void AddFlags(ResponseFlags flags)
    {
    }

    public void OnAttempt(int number, bool afterTimeout)
    {
    }

    public void OnFailed(in ExchangeFailure failure) => Finish();

    public void OnAboveRequestHighWatermark() => _holdsBack = true;

    public void OnBelowRequestLowWatermark() => _holdsBack = false;

    private void Finish()
    {
        _over = true;
        // While the request still feeds it, that one gives it back.
        if (_fed)
            GiveBack();
    }

    private bool WantsMore()
    {
        if (!_over)
            return !_fed;
        if (_returned)
            return false;
        GiveBack();
        return false;
    }

    private void GiveBack()
    {
        _returned = true;
        _exchange.Clear();
        _data.Clear();
        _free.Push(this);
    }

    // What comes to the copy's cluster should show that it is one: shop.example:80 becomes shop.example-shadow:80.
    private void RewriteHost(RequestMirror mirror, ByteSink values)
    {
        if (mirror.HostRewrite.Length > 0)
        {
            _headers.SetUnchecked(HeaderId.Authority, mirror.HostRewrite);
            return;
        }

        if (mirror.Config.DisableShadowHostSuffixAppend || !_headers.TryGet(HeaderId.Authority, out var host))
            return;
        var colon = host.LastIndexOf((byte)':');
        var name = colon > host.LastIndexOf((byte)']') ? host[..colon] : host;
        values.Clear();
        values.Append(name);
        values.Append("-shadow"u8);
        values.Append(host[name.Length..]);
        _headers.SetUnchecked(HeaderId.Authority, values.Written);
    }
}
