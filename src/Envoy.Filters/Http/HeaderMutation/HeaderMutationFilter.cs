using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>Changes headers, trailers and query parameters: the filter's own list, then those of the route table's levels. Worker-owned.</summary>
internal sealed class HeaderMutationFilter(HeaderMutationFilter.Factory shared) : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    // A route table has four levels.
    private readonly MessageMutations?[] _levels = new MessageMutations?[4];
    private HttpFilterCallbacks _callbacks = null!;
    private int _count = -1;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        FindLevels();
        for (var i = -1; i < _count; i++)
            Level(i).ChangeRequest(headers, _callbacks.Host.Formatting, shared.Scratch, shared.Values);
        return FilterStatus.Continue;
    }

    public FilterStatus OnRequestTrailers(HeaderMap trailers)
    {
        for (var i = -1; i < _count; i++)
            Level(i).RequestTrailers.Apply(trailers, _callbacks.Host.Formatting, shared.Scratch, shared.Values);
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        // An earlier filter may have answered before this one saw the request.
        if (_count < 0)
            FindLevels();
        for (var i = -1; i < _count; i++)
            Level(i).Response.Apply(headers, _callbacks.Host.Formatting, shared.Scratch, shared.Values);
        return FilterStatus.Continue;
    }

    public FilterStatus OnResponseTrailers(HeaderMap trailers)
    {
        for (var i = -1; i < _count; i++)
            Level(i).ResponseTrailers.Apply(trailers, _callbacks.Host.Formatting, shared.Scratch, shared.Values);
        return FilterStatus.Continue;
    }

    public void Clear()
    {
        _levels.AsSpan().Clear();
        _count = -1;
    }

    private void FindLevels()
    {
        _count = _callbacks.AllRouteOptions<MessageMutations>(_levels);
        if (shared.MostSpecificWins)
            _levels.AsSpan(0, _count).Reverse();
    }

    // Before all levels come the filter's own.
    private MessageMutations Level(int index) => index < 0 ? shared.Own : _levels[index]!;

    /// <summary>Compiled options. Immutable.</summary>
    internal sealed class Snapshot(HeaderMutationOptions options) : IHttpFilterSnapshot
    {
        public MessageMutations Own { get; } = MessageMutations.Compile(options.Mutations, static (path, message) => throw new ArgumentException($"{path}: {message}"));

        public HeaderMutationOptions Options => options;

        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(this, context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory : IHttpFilterFactory
    {
        public Factory(Snapshot snapshot, FilterWorkerContext context)
        {
            Own = snapshot.Own;
            MostSpecificWins = snapshot.Options.MostSpecificHeaderMutationsWins;
            Scratch = MatchScratch.Of(context.Worker);
            Own.Request.Warm(Scratch);
            Own.Response.Warm(Scratch);
        }

        public MessageMutations Own { get; }

        public bool MostSpecificWins { get; }

        public MatchScratch Scratch { get; }

        /// <summary>Room for the values of headers; nothing in it outlives the call that filled it.</summary>
        public ByteSink Values { get; } = new();

        public IHttpFilter Create() => new HeaderMutationFilter(this);
    }
}
