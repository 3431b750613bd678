using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;
using Envoy.Matching;
using Envoy.RuntimeSettings;
using Envoy.Stats;

namespace Envoy.Filters.Http.Cors;

/// <summary>Answers preflights, and marks responses to other origins (the Fetch standard's CORS protocol). Worker-owned.</summary>
internal sealed class CorsFilter(CorsFilter.Factory shared) : IHttpRequestFilter, IHttpResponseFilter, IPooledHttpFilter
{
    // Four levels, and one more for a policy in its old place.
    private readonly CorsPolicy?[] _policies = new CorsPolicy?[5];
    private HttpFilterCallbacks _callbacks = null!;
    private byte[] _origin = new byte[64];
    private int _originLength;
    private int _count;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        _count = _callbacks.AllRouteOptions<CorsPolicy>(_policies);
        if (_count == 0)
            return FilterStatus.Continue;
        var enabled = IsMet(_policies[0]!.Options.FilterEnabled, whenAbsent: true);
        if (!enabled && !IsMet(_policies[0]!.Options.ShadowEnabled, whenAbsent: false))
            return FilterStatus.Continue;
        if (!headers.TryGet("origin"u8, out var origin) || origin.IsEmpty)
            return FilterStatus.Continue;
        var isPreflight = headers.Get(HeaderId.Method).SequenceEqual("OPTIONS"u8)
            && headers.TryGet("access-control-request-method"u8, out var method) && !method.IsEmpty;
        if (!IsAllowed(origin))
        {
            shared.OriginInvalid.Inc();
            if (!enabled || !isPreflight || Setting(static p => p.ForwardNotMatchingPreflights) != false)
                return FilterStatus.Continue;
            _callbacks.SendLocalReply(new LocalReply(200, "cors_response"));
            return FilterStatus.Hold;
        }

        shared.OriginValid.Inc();
        if (!enabled)
            return FilterStatus.Continue;
        if (_origin.Length < origin.Length)
            _origin = new byte[origin.Length];
        origin.CopyTo(_origin);
        _originLength = origin.Length;
        if (!isPreflight)
            return FilterStatus.Continue;
        var asksPrivate = headers.TryGet("access-control-request-private-network"u8, out var network) && network.SequenceEqual("true"u8);
        _callbacks.SendLocalReply(new LocalReply(200, "cors_response") { ModifyHeaders = response => AnswerPreflight(response, asksPrivate) });
        return FilterStatus.Hold;
    }

    public FilterStatus OnResponseHeaders(HeaderMap headers, bool endStream)
    {
        if (_originLength == 0)
            return FilterStatus.Continue;
        headers.Set("access-control-allow-origin"u8, _origin.AsSpan(0, _originLength));
        if (Setting(static p => p.AllowCredentials) == true)
            headers.Set("access-control-allow-credentials"u8, "true"u8);
        Set(headers, "access-control-expose-headers"u8, static p => p.ExposeHeaders);
        return FilterStatus.Continue;
    }

    public void Clear()
    {
        _policies.AsSpan().Clear();
        _originLength = _count = 0;
    }

    private void AnswerPreflight(HeaderMap response, bool asksPrivate)
    {
        // What every response to the origin gets, the response hook adds.
        Set(response, "access-control-allow-methods"u8, static p => p.AllowMethods);
        Set(response, "access-control-allow-headers"u8, static p => p.AllowHeaders);
        Set(response, "access-control-max-age"u8, static p => p.MaxAge);
        if (asksPrivate && Setting(static p => p.AllowPrivateNetworkAccess) == true)
            response.Set("access-control-allow-private-network"u8, "true"u8);
    }

    private bool IsAllowed(ReadOnlySpan<byte> origin)
    {
        foreach (var policy in _policies.AsSpan(0, _count))
        {
            if (policy!.NamesOrigins)
                return policy.Allows(origin, shared.Scratch);
        }

        return false;
    }

    private bool? Setting(Func<CorsPolicyOptions, bool?> read)
    {
        foreach (var policy in _policies.AsSpan(0, _count))
        {
            if (read(policy!.Options) is { } said)
                return said;
        }

        return null;
    }

    private void Set(HeaderMap headers, ReadOnlySpan<byte> name, Func<CorsPolicy, byte[]> read)
    {
        foreach (var policy in _policies.AsSpan(0, _count))
        {
            if (read(policy!) is not { Length: > 0 } value)
                continue;
            headers.Set(name, value);
            return;
        }
    }

    private bool IsMet(RuntimeFractionConfig? share, bool whenAbsent) => share is null
        ? whenAbsent
        : shared.Runtime.Current.FeatureEnabled(share.RuntimeKey, share.DefaultValue.Numerator, share.DefaultValue.Whole, (ulong)_callbacks.Worker.Random.NextInt64());

    /// <summary>There are no options. Immutable.</summary>
    internal sealed class Snapshot : IHttpFilterSnapshot
    {
        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory(FilterWorkerContext context) : IHttpFilterFactory
    {
        public MatchScratch Scratch { get; } = MatchScratch.Of(context.Worker);

        public RuntimeLoader Runtime { get; } = context.Runtime;

        public CounterCell OriginValid { get; } = context.Stats.Scope("cors").Counter("origin_valid", context.Worker.Index);

        public CounterCell OriginInvalid { get; } = context.Stats.Scope("cors").Counter("origin_invalid", context.Worker.Index);

        public IHttpFilter Create() => new CorsFilter(this);
    }
}
