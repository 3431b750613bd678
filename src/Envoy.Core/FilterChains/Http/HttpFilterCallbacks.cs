using Envoy.Buffers;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Net;
using Envoy.Routing;
using Envoy.Runtime;

namespace Envoy.FilterChains.Http;

/// <summary>
/// What one filter can do with its stream. When the stream is over, what the filter still asks for is ignored, and looking at the stream
/// throws <see cref="InvalidOperationException"/>: the worker has given its memory to another one. Worker-owned.
/// </summary>
public sealed class HttpFilterCallbacks
{
    private readonly HttpFilterChain _chain;
    private readonly int _index;
    private bool _isOver;

    internal HttpFilterCallbacks(HttpFilterChain chain, int index)
    {
        _chain = chain;
        _index = index;
    }

    /// <summary>The worker that all of this runs on.</summary>
    public Worker Worker => _chain.Host.Worker;

    /// <summary>The client's connection; null for a stream that came without one.</summary>
    public Connection? Connection => Live.Host.Connection;

    /// <summary>What is known of the exchange so far.</summary>
    public StreamInfo StreamInfo => Live.Host.StreamInfo;

    /// <summary>The request's headers.</summary>
    public HeaderMap RequestHeaders => Live.Host.RequestHeaders;

    /// <summary>The response's headers; empty until there is one.</summary>
    public HeaderMap ResponseHeaders => Live.Host.ResponseHeaders;

    /// <summary>What this filter holds of the request's body; it may change it.</summary>
    public ByteQueue HeldRequestBody => Live.Request.Held(_index);

    /// <summary>What this filter holds of the response's body; it may change it.</summary>
    public ByteQueue HeldResponseBody => Live.Response.Held(_chain.ResponsePosition(_index));

    /// <summary>
    /// How much of a message a filter of this stream may hold, in bytes; 0: no limit. The listener's <c>per_connection_buffer_limit_bytes</c>
    /// until a filter sets another one, which then counts for the stream's other filters too.
    /// </summary>
    public long BufferLimit
    {
        get => Live.Host.BufferLimit;
        set => Live.Host.BufferLimit = value;
    }

    internal IHttpStreamHost Host => _chain.Host;

    internal HttpFilterChain Chain => _chain;

    internal RouteMatchResult Match => _chain.Host.Match;

    /// <summary>The name under which the connection manager's list has this filter.</summary>
    internal string FilterName => _chain.NameOf(_index);

    /// <summary>
    /// This filter's options of the most specific level of the route table that has some of type <typeparamref name="T"/>: weighted cluster,
    /// route, virtual host, table; null when none has. They are what the level's <see cref="RouteFilterOptions.Compile"/> made.
    /// </summary>
    public T? RouteOptions<T>()
        where T : class => Live.Host.Match.FilterOptions?.Find<T>(FilterName);

    /// <summary>This filter's options of every level of the route table, the most specific first; returns how many there are.</summary>
    /// <param name="found">Room for them: four levels, and one more for a policy in its old place.</param>
    public int AllRouteOptions<T>(Span<T?> found)
        where T : class => Live.Host.Match.FilterOptions?.FindAll(FilterName, found) ?? 0;

    /// <summary>The request has been changed in what routes look at: find its route anew.</summary>
    public void ClearRouteCache()
    {
        if (!_isOver)
            _chain.Host.ClearRouteCache();
    }

    /// <summary>The request, stopped by this filter, goes on.</summary>
    public void ResumeRequest()
    {
        if (!_isOver)
            _chain.Guard(static (chain, index) => chain.Request.Resume(index), _index);
    }

    /// <summary>The response, stopped by this filter, goes on.</summary>
    public void ResumeResponse()
    {
        if (!_isOver)
            _chain.Guard(static (chain, index) => chain.Response.Resume(chain.ResponsePosition(index)), _index);
    }

    /// <summary>Gives the filters after this one request bytes; <paramref name="data"/> is emptied.</summary>
    public void InjectRequestData(ByteQueue data, bool endStream)
    {
        if (!IsDropped(data))
            _chain.Guard(static (chain, index, data, end) => chain.Request.Inject(index, data, end), _index, data, endStream);
    }

    /// <summary>Gives the filters that come next response bytes; <paramref name="data"/> is emptied.</summary>
    public void InjectResponseData(ByteQueue data, bool endStream)
    {
        if (!IsDropped(data))
            _chain.Guard(static (chain, index, data, end) => chain.Response.Inject(chain.ResponsePosition(index), data, end), _index, data, endStream);
    }

    /// <summary>Adds to the request's body behind what has passed; in the header hook of a request without a body it becomes the body.</summary>
    public void AddRequestData(ByteQueue data)
    {
        if (!IsDropped(data))
            _chain.Guard(static (chain, index, data, _) => chain.Request.Add(index, data), _index, data, endStream: false);
    }

    /// <summary>Adds to the response's body behind what has passed; in the header hook of a response without a body it becomes the body.</summary>
    public void AddResponseData(ByteQueue data)
    {
        if (!IsDropped(data))
            _chain.Guard(static (chain, index, data, _) => chain.Response.Add(chain.ResponsePosition(index), data), _index, data, endStream: false);
    }

    /// <summary>In the hook that sees the request's end: it ends with trailers instead, which are to be filled in.</summary>
    public HeaderMap AddRequestTrailers() => Live.Request.AddTrailers(_index);

    /// <summary>In the hook that sees the response's end: it ends with trailers instead, which are to be filled in.</summary>
    public HeaderMap AddResponseTrailers() => Live.Response.AddTrailers(_chain.ResponsePosition(_index));

    /// <summary>
    /// Stops (true) or restarts (false) whoever produces the response: for a filter that takes bytes and injects them later, so that what it
    /// has taken stays within <see cref="BufferLimit"/>. Calls do not nest; the end of the stream lets go.
    /// </summary>
    public void HoldResponse(bool hold)
    {
        if (!_isOver)
            _chain.HoldResponse(_index, hold);
    }

    /// <summary>
    /// Answers the request here: the response passes all filters, and nothing more of the request is seen. What the hook that calls it
    /// returns is ignored. If a response is under way already, the stream is reset.
    /// </summary>
    public void SendLocalReply(in LocalReply reply)
    {
        if (!_isOver)
            _chain.Host.SendLocalReply(reply);
    }

    /// <summary>Ends the stream at once, without an answer.</summary>
    public void Reset()
    {
        if (!_isOver)
            _chain.Host.Reset();
    }

    /// <summary>The stream is over and its memory goes to another one.</summary>
    internal void Detach() => _isOver = true;

    private HttpFilterChain Live => _isOver ? throw new InvalidOperationException("The filter's stream is over.") : _chain;

    private bool IsDropped(ByteQueue data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (_isOver)
            data.Clear();
        return _isOver;
    }
}
