using System.Diagnostics.CodeAnalysis;
using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.FilterChains.Http;

/// <summary>The filters of one stream and its two directions; serves one stream after another. Worker-owned.</summary>
internal sealed class HttpFilterChain
{
    private readonly HttpFilterSlot[] _slots;
    private readonly IHttpFilter?[] _filters;
    private readonly HttpFilterCallbacks?[] _callbacks;
    private readonly IHttpRequestFilter?[] _requestFilters;
    private readonly IHttpResponseFilter?[] _responseFilters;
    private IHttpTerminalFilter? _terminal;
    private bool _responseHeld;
    private bool _clientHolds;
    private bool _filterHolds;

    // One bit for each filter that has asked for it; filters past the 64th share them, which is one hold too long at worst.
    private ulong _askedToHold;
    private bool _started;

    public HttpFilterChain(IHttpStreamHost host, HttpFilterSlot[] slots)
    {
        Host = host;
        _slots = slots;
        _filters = new IHttpFilter?[slots.Length];
        _callbacks = new HttpFilterCallbacks?[slots.Length];
        _requestFilters = new IHttpRequestFilter?[slots.Length];
        _responseFilters = new IHttpResponseFilter?[slots.Length];
        Request = new RequestDirection(this);
        Response = new ResponseDirection(this);
    }

    public IHttpStreamHost Host { get; }

    public FilterDirection Request { get; }

    public FilterDirection Response { get; }

    /// <summary>Ready for a new stream: filters that can be used again are, the others are made.</summary>
    public void Start()
    {
        Request.Reset(_slots.Length);
        Response.Reset(_slots.Length);
        _responseHeld = _clientHolds = _filterHolds = false;
        _askedToHold = 0;
        _started = true;
        for (var i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].IsDisabledFor(Host))
            {
                // It stays for the next stream, but this one does not see it.
                _requestFilters[i] = null;
                _responseFilters[i] = null;
                continue;
            }

            if (_filters[i] is { } pooled)
            {
                _requestFilters[i] = pooled as IHttpRequestFilter;
                _responseFilters[i] = pooled as IHttpResponseFilter;
                continue;
            }

            var filter = _slots[i].Factory.Create();
            _filters[i] = filter;
            _requestFilters[i] = filter as IHttpRequestFilter;
            _responseFilters[i] = filter as IHttpResponseFilter;
            if (i == _slots.Length - 1)
                _terminal = filter as IHttpTerminalFilter;
            filter.Attach(_callbacks[i] = new HttpFilterCallbacks(this, i));
            // It may have answered or reset already.
            if (!_started)
                return;
        }
    }

    /// <summary>The stream is over: every filter is told, and those that cannot be used again are let go.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "One filter's exception must not keep the others from ending.")]
    public void End()
    {
        if (!_started)
            return;
        _started = false;
        Request.End();
        Response.End();
        for (var i = 0; i < _filters.Length; i++)
        {
            if (_filters[i] is not { } filter)
                continue;
            try
            {
                filter.OnStreamEnd();
                if (filter is IPooledHttpFilter pooled)
                {
                    pooled.Clear();
                    continue;
                }
            }
            catch (Exception e)
            {
                HttpFilterLog.FilterFailed(Host.Worker.Logger, e, filter.GetType().Name);
            }

            _filters[i] = null;
            _requestFilters[i] = null;
            _responseFilters[i] = null;
        }
    }

    /// <summary>Another stream may begin: filters that were let go, and may still be held by a timer or a task, do not reach it.</summary>
    public void Release()
    {
        for (var i = 0; i < _filters.Length; i++)
        {
            if (_filters[i] is not null)
                continue;
            _callbacks[i]?.Detach();
            _callbacks[i] = null;
        }
    }

    /// <summary>Runs what a filter asks for outside its hooks; an exception of a later filter resets the stream.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "An exception of a filter resets its stream, never the worker's loop.")]
    public void Guard(Action<HttpFilterChain, int> work, int index)
    {
        if (!_started)
            return;
        try
        {
            work(this, index);
        }
        catch (Exception e)
        {
            OnFailed(e);
        }
    }

    /// <summary>As <see cref="Guard(Action{HttpFilterChain, int}, int)"/>, with bytes; they are dropped if nobody takes them.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "An exception of a filter resets its stream, never the worker's loop.")]
    public void Guard(Action<HttpFilterChain, int, ByteQueue, bool> work, int index, ByteQueue data, bool endStream)
    {
        if (!_started)
        {
            data.Clear();
            return;
        }

        try
        {
            work(this, index, data, endStream);
        }
        catch (Exception e)
        {
            data.Clear();
            OnFailed(e);
        }
    }

    /// <summary>What the upstream had begun to answer is dropped; another response takes its place.</summary>
    public void RestartResponse() => Response.Reset(_slots.Length);

    /// <summary>An interim response is in the host's map.</summary>
    public void Informational() => Run(static (chain, _, _) =>
    {
        for (var i = chain._responseFilters.Length - 1; i >= 0; i--)
            chain._responseFilters[i]?.OnInformational(chain.Host.ResponseHeaders);
        chain.Host.SendInformational();
    }, null, false);

    /// <summary>The response's headers are in the host's map.</summary>
    public void RespondHeaders(bool endStream) => Run(static (chain, _, end) => chain.Response.Headers(end), null, endStream);

    /// <summary>Bytes of the response's body; <paramref name="data"/> is emptied.</summary>
    public void RespondData(ByteQueue data, bool endStream) => Run(static (chain, data, end) => chain.Response.Data(data!, end), data, endStream);

    /// <summary>The response's trailers are in the host's map.</summary>
    public void RespondTrailers() => Run(static (chain, _, _) => chain.Response.Trailers(), null, true);

    /// <summary>The client takes no more (true), or takes more again: whoever produces the response stops, or goes on.</summary>
    public void HoldResponse(bool hold)
    {
        _clientHolds = hold;
        UpdateHold();
    }

    /// <summary>A filter has taken as much of the response as it may (true), or is ready for more.</summary>
    public void HoldResponse(int index, bool hold)
    {
        if (!_started)
            return;
        var bit = 1UL << (index & 63);
        _askedToHold = hold ? _askedToHold | bit : _askedToHold & ~bit;
        UpdateHold();
    }

    /// <summary>A local reply replaces whatever answer is under way.</summary>
    public void Abort() => _terminal?.Abort();

    private void UpdateHold()
    {
        // Three may want it held: the client, a paused filter, one that asked for it. It goes on when none does.
        var hold = _clientHolds || _filterHolds || _askedToHold != 0;
        if (_responseHeld == hold)
            return;
        _responseHeld = hold;
        _terminal?.HoldResponse(hold);
    }

    [SuppressMessage("Design", "CA1031", Justification = "An exception of a filter resets its stream, never the worker's loop.")]
    private void Run(Action<HttpFilterChain, ByteQueue?, bool> work, ByteQueue? data, bool endStream)
    {
        if (!_started || Response.IsEnded)
        {
            data?.Clear();
            return;
        }

        try
        {
            work(this, data, endStream);
        }
        catch (Exception e)
        {
            OnFailed(e);
        }
    }

    private void OnFailed(Exception e)
    {
        HttpFilterLog.FilterFailed(Host.Worker.Logger, e, "chain");
        Host.Reset();
    }

    /// <summary>The name under which a filter is listed.</summary>
    public string NameOf(int index) => _slots[index].Name;

    public int ResponsePosition(int index) => _filters.Length - 1 - index;

    private sealed class RequestDirection(HttpFilterChain chain) : FilterDirection
    {
        protected override HeaderMap HeadersMap => chain.Host.RequestHeaders;

        protected override HeaderMap TrailersMap => chain.Host.RequestTrailers;

        protected override long BufferLimit => chain.Host.BufferLimit;

        protected override FilterStatus CallHeaders(int position, HeaderMap headers, bool endStream)
            => chain._requestFilters[position]?.OnRequestHeaders(headers, endStream) ?? FilterStatus.Continue;

        protected override FilterStatus CallData(int position, ByteQueue data, bool endStream)
            => chain._requestFilters[position]?.OnRequestData(data, endStream) ?? FilterStatus.Continue;

        protected override FilterStatus CallTrailers(int position, HeaderMap trailers)
            => chain._requestFilters[position]?.OnRequestTrailers(trailers) ?? FilterStatus.Continue;

        // The last filter is terminal and answers; what it lets pass has nowhere to go.
        protected override void EmitHeaders(bool endStream)
        {
        }

        protected override void EmitData(ByteQueue data, bool endStream) => data.Clear();

        protected override void EmitTrailers()
        {
        }

        protected override ByteQueue NewQueue() => new(chain.Host.Worker);

        protected override void OnHeldTooMuch() => chain.Host.OnRequestTooLarge();

        protected override void DisableSource(bool disable) => chain.Host.ReadDisable(disable);
    }

    private sealed class ResponseDirection(HttpFilterChain chain) : FilterDirection
    {
        protected override HeaderMap HeadersMap => chain.Host.ResponseHeaders;

        protected override HeaderMap TrailersMap => chain.Host.ResponseTrailers;

        protected override long BufferLimit => chain.Host.BufferLimit;

        protected override FilterStatus CallHeaders(int position, HeaderMap headers, bool endStream)
            => Filter(position)?.OnResponseHeaders(headers, endStream) ?? FilterStatus.Continue;

        protected override FilterStatus CallData(int position, ByteQueue data, bool endStream)
            => Filter(position)?.OnResponseData(data, endStream) ?? FilterStatus.Continue;

        protected override FilterStatus CallTrailers(int position, HeaderMap trailers)
            => Filter(position)?.OnResponseTrailers(trailers) ?? FilterStatus.Continue;

        protected override void EmitHeaders(bool endStream) => chain.Host.SendHeaders(endStream);

        protected override void EmitData(ByteQueue data, bool endStream) => chain.Host.SendData(data, endStream);

        protected override void EmitTrailers() => chain.Host.SendTrailers();

        protected override ByteQueue NewQueue() => new(chain.Host.Worker);

        protected override void OnHeldTooMuch() => chain.Host.OnResponseTooLarge();

        protected override void DisableSource(bool disable)
        {
            chain._filterHolds = disable;
            chain.UpdateHold();
        }

        private IHttpResponseFilter? Filter(int position) => chain._responseFilters[^(position + 1)];
    }
}
