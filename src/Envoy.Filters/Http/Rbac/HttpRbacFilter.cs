using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Filters.Common.Rbac;
using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Filters.Http.Rbac;

/// <summary>Lets a request pass, or answers it with 403. Worker-owned.</summary>
internal sealed class HttpRbacFilter(HttpRbacFilter.Factory shared) : IHttpRequestFilter, IPooledHttpFilter
{
    private HttpFilterCallbacks _callbacks = null!;

    public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

    public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
    {
        var rules = _callbacks.RouteOptions<HttpRbacRules>() ?? shared.Rules;
        var subject = new RbacSubject(_callbacks.Connection, headers, _callbacks.StreamInfo.DownstreamRemoteAddress, shared.Scratch);
        if (rules.Shadow is { } shadow)
            shared.Stats.Count(shadow: true, shadow.Allows(subject, out var would), would, rules.PerPolicy);
        if (rules.Rules is not { } engine)
            return FilterStatus.Continue;
        var allowed = engine.Allows(subject, out var policy);
        shared.Stats.Count(shadow: false, allowed, policy, rules.PerPolicy);
        if (allowed)
            return FilterStatus.Continue;
        _callbacks.SendLocalReply(new LocalReply(403, RbacPolicy.DetailsOf(policy)) { Body = "RBAC: access denied" });
        return FilterStatus.Hold;
    }

    public void Clear()
    {
    }

    /// <summary>The compiled options. Immutable.</summary>
    internal sealed class Snapshot(HttpRbacOptions options) : IHttpFilterSnapshot
    {
        public HttpRbacOptions Options => options;

        public HttpRbacRules Rules { get; } = new(options);

        public IHttpFilterFactory CreateFactory(FilterWorkerContext context) => new Factory(this, context);
    }

    /// <summary>What the filters of one worker share. Worker-owned.</summary>
    internal sealed class Factory : IHttpFilterFactory
    {
        public Factory(Snapshot snapshot, FilterWorkerContext context)
        {
            Rules = snapshot.Rules;
            Scratch = MatchScratch.Of(context.Worker);
            Stats = new RbacStats(context.Stats.Scope("rbac"), snapshot.Options.RulesStatPrefix, snapshot.Options.ShadowRulesStatPrefix, context.Worker.Index);
            Rules.Rules?.Warm(Scratch);
            Rules.Shadow?.Warm(Scratch);
        }

        public HttpRbacRules Rules { get; }

        public MatchScratch Scratch { get; }

        public RbacStats Stats { get; }

        public IHttpFilter Create() => new HttpRbacFilter(this);
    }
}
