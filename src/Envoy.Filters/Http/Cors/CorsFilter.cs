using Envoy.Buffers;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.RuntimeSettings;
using Envoy.Stats;

namespace Envoy.Filters.Http.Cors;

/// <summary>
/// Answers a browser's preflight and marks the responses that it may hand to a script (the Fetch standard, "CORS protocol"). Worker-owned.
/// </summary>
internal sealed class CorsFilter : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    // Four levels, and the deprecated field of the route.
    private readonly CorsPolicy?[] _policies = new CorsPolicy?[5];
    private readonly Factory _shared;
    private readonly Action<HeaderMap> _fillPreflight;
    private readonly ByteSink _origin = new();
    private HttpFilterCallbacks _callbacks = null!;
    private int _count;
    private bool _isCors;

    private CorsFilter(Factory shared)
    {
        _shared = shared;
        _fillPreflight = FillPreflight;
    }

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        // As in Envoy only what is forwarded has a policy: no redirect, no direct response.
        if (_callbacks.Match.Route?.Action is not ForwardAction)
            return FilterStatus.Continue;
        FindPolicies();
        if (_count == 0)
            return FilterStatus.Continue;
        var runtime = _shared.Runtime.Current;
        var enabled = _policies[0]!.IsEnabled(runtime, Random());
        if ((!enabled && !_policies[0]!.IsShadow(runtime, Random())) || !headers.TryGet(HeaderId.Origin, out var origin) || origin.IsEmpty)
            return FilterStatus.Continue;

        var allowed = Allows(origin);
        if (allowed)
        {
            _shared.OriginValid.Inc();
            _origin.Append(origin);
        }
        else
        {
            _shared.OriginInvalid.Inc();
        }

        if (!enabled)
            return FilterStatus.Continue;
        _isCors = true;
        if (!headers.Get(HeaderId.Method).SequenceEqual("OPTIONS"u8) || !headers.TryGet(Names.RequestMethod, out var method) || method.IsEmpty)
            return FilterStatus.Continue;
        if (!allowed && (Flag(static p => p.ForwardNotMatchingPreflights) ?? true))
            return FilterStatus.Continue;
        _callbacks.SendLocalReply(new LocalReply(200, "cors_response") { ModifyHeaders = _fillPreflight });
        return FilterStatus.Hold;
    }

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        if (!_isCors || _origin.Length == 0)
            return FilterStatus.Continue;
        headers.Set(Names.AllowOrigin, _origin.Written);
        if (Flag(static p => p.AllowCredentials) ?? false)
            headers.Set(Names.AllowCredentials, "true"u8);
        if (Text(static p => p.ExposeHeaders) is { Length: > 0 } expose)
            headers.Set(Names.ExposeHeaders, expose);
        return FilterStatus.Continue;
    }

    public void Clear()
    {
        _policies.AsSpan().Clear();
        _count = 0;
        _isCors = false;
        _origin.Clear();
    }

    private void FindPolicies()
    {
        _count = _callbacks.AllRouteOptions<CorsPolicy>(_policies);
        // The deprecated fields count only where nothing stands in the new place.
        var inNewPlace = 0;
        for (var i = 0; i < _count; i++)
        {
            if (!_policies[i]!.Options.IsDeprecatedField)
                _policies[inNewPlace++] = _policies[i];
        }

        if (inNewPlace > 0)
            _count = inNewPlace;
    }

    private bool Allows(ReadOnlySpan<byte> origin)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_policies[i]!.HasOrigins)
                return _policies[i]!.Allows(origin, _shared.Scratch);
        }

        return false;
    }

    private void FillPreflight(HeaderMap response)
    {
        // Who may ask at all is added with every response.
        var request = _callbacks.RequestHeaders;
        if (Flag(static p => p.AllowCredentials) ?? false)
            response.Set(Names.AllowCredentials, "true"u8);
        AllowWhatWasAsked(response, Names.AllowMethods, Text(static p => p.AllowMethods), request, Names.RequestMethod);
        AllowWhatWasAsked(response, Names.AllowHeaders, Text(static p => p.AllowHeaders), request, Names.RequestHeaders);
        if (Text(static p => p.MaxAge) is { Length: > 0 } age)
            response.Set(Names.MaxAge, age);
        if ((Flag(static p => p.AllowPrivateNetworkAccess) ?? false)
            && request.TryGet(Names.RequestPrivateNetwork, out var isPrivate) && isPrivate.SequenceEqual("true"u8))
        {
            response.Set(Names.AllowPrivateNetwork, "true"u8);
        }
    }

    private static void AllowWhatWasAsked(HeaderMap response, ReadOnlySpan<byte> name, byte[]? allowed, HeaderMap request, ReadOnlySpan<byte> asked)
    {
        if (allowed is null)
            return;
        ReadOnlySpan<byte> value = allowed;
        if (value.SequenceEqual("*"u8))
            request.TryGet(asked, out value);
        response.Set(name, value);
    }

    private byte[]? Text(Func<CorsPolicy, byte[]> of)
    {
        for (var i = 0; i < _count; i++)
        {
            if (of(_policies[i]!) is { Length: > 0 } text)
                return text;
        }

        return null;
    }

    private bool? Flag(Func<CorsPolicyOptions, bool?> of)
    {
        for (var i = 0; i < _count; i++)
        {
            if (of(_policies[i]!.Options) is { } flag)
                return flag;
        }

        return null;
    }

    private ulong Random() => (ulong)_callbacks.Worker.Random.NextInt64(long.MinValue, long.MaxValue);

    private static class Names
    {
        public static ReadOnlySpan<byte> RequestMethod => "access-control-request-method"u8;

        public static ReadOnlySpan<byte> RequestHeaders => "access-control-request-headers"u8;

        public static ReadOnlySpan<byte> RequestPrivateNetwork => "access-control-request-private-network"u8;

        public static ReadOnlySpan<byte> AllowOrigin => "access-control-allow-origin"u8;

        public static ReadOnlySpan<byte> AllowCredentials => "access-control-allow-credentials"u8;

        public static ReadOnlySpan<byte> AllowMethods => "access-control-allow-methods"u8;

        public static ReadOnlySpan<byte> AllowHeaders => "access-control-allow-headers"u8;

        public static ReadOnlySpan<byte> AllowPrivateNetwork => "access-control-allow-private-network"u8;

        public static ReadOnlySpan<byte> ExposeHeaders => "access-control-expose-headers"u8;

        public static ReadOnlySpan<byte> MaxAge => "access-control-max-age"u8;
    }

    /// <summary>There is nothing to compile. Immutable.</summary>
    internal sealed class Snapshot : IHttpFilterSnapshot
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory : IHttpFilterFactory
    {
        public Factory(FilterWorkerContext context)
        {
            Runtime = context.Runtime;
            Scratch = MatchScratch.Of(context.Worker);
            var scope = context.Stats.Scope("cors");
            OriginValid = scope.Counter("origin_valid", context.Worker.Index);
            OriginInvalid = scope.Counter("origin_invalid", context.Worker.Index);
        }

        public RuntimeLoader Runtime { get; }

        public MatchScratch Scratch { get; }

        public CounterCell OriginValid { get; }

        public CounterCell OriginInvalid { get; }

        public IHttpFilter Create() => new CorsFilter(this);
    }
}
