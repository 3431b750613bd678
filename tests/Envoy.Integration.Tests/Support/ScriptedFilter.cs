using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;

namespace Envoy.Integration.Tests.Support;

/// <summary>An HTTP filter that does in each hook what a test says; by default it lets everything pass.</summary>
internal sealed class ScriptedFilter : IHttpRequestFilter, IHttpResponseFilter
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Action<ScriptedFilter>? Attached { get; init; }

    public Func<ScriptedFilter, HeaderMap, bool, FilterStatus>? RequestHeaders { get; init; }

    public Func<ScriptedFilter, ByteQueue, bool, FilterStatus>? RequestData { get; init; }

    public Func<ScriptedFilter, HeaderMap, FilterStatus>? RequestTrailers { get; init; }

    public Action<ScriptedFilter, HeaderMap>? Informational { get; init; }

    public Func<ScriptedFilter, HeaderMap, bool, FilterStatus>? ResponseHeaders { get; init; }

    public Func<ScriptedFilter, ByteQueue, bool, FilterStatus>? ResponseData { get; init; }

    public Func<ScriptedFilter, HeaderMap, FilterStatus>? ResponseTrailers { get; init; }

    public Action<ScriptedFilter>? StreamEnd { get; init; }

    public HttpFilterCallbacks Callbacks { get; private set; } = null!;

    /// <summary>Bytes that a hook has taken.</summary>
    public ByteQueue Taken { get; private set; } = null!;

    /// <summary>Completes when the filter has been told of the stream's end.</summary>
    public Task Ended => _ended.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public int Ends { get; private set; }

    /// <summary>Runs <paramref name="work"/> later, outside of any hook.</summary>
    public void Later(Action<HttpFilterCallbacks> work) => Callbacks.Worker.Post(() => work(Callbacks));

    public FilterStatus Take(ByteQueue data)
    {
        Taken.Append(data);
        return FilterStatus.Take;
    }

    public void Attach(HttpFilterCallbacks callbacks)
    {
        Callbacks = callbacks;
        Taken = new ByteQueue(callbacks.Worker);
        Attached?.Invoke(this);
    }

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream) => RequestHeaders?.Invoke(this, headers, endStream) ?? FilterStatus.Continue;

    public FilterStatus OnRequestData(ByteQueue data, bool endStream) => RequestData?.Invoke(this, data, endStream) ?? FilterStatus.Continue;

    public FilterStatus OnRequestTrailers(HeaderMap trailers) => RequestTrailers?.Invoke(this, trailers) ?? FilterStatus.Continue;

    public void OnInformational(HeaderMap headers) => Informational?.Invoke(this, headers);

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream) => ResponseHeaders?.Invoke(this, headers, endStream) ?? FilterStatus.Continue;

    public FilterStatus OnResponseData(ByteQueue data, bool endStream) => ResponseData?.Invoke(this, data, endStream) ?? FilterStatus.Continue;

    public FilterStatus OnResponseTrailers(HeaderMap trailers) => ResponseTrailers?.Invoke(this, trailers) ?? FilterStatus.Continue;

    public void OnStreamEnd()
    {
        Ends++;
        _ended.TrySetResult();
        StreamEnd?.Invoke(this);
    }
}
