using Envoy.FilterChains;
using Envoy.Listeners.Filters;
using Envoy.RuntimeSettings;
using Envoy.Stats;

namespace Envoy.Filters.Listener.LocalRateLimit;

/// <summary>Closes a connection for which there is no token. Thread-safe: it keeps nothing of a connection.</summary>
internal sealed class LocalRateLimitFilter(LocalRateLimitOptions options, TokenBucket bucket, CounterCell rateLimited, RuntimeLoader runtime) : IListenerFilter
{
    public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
    {
        if (!runtime.Current.GetBoolean(options.EnabledRuntimeKey, options.EnabledByDefault) || bucket.TryTake())
            return ListenerFilterStatus.Continue;
        rateLimited.Inc();
        return ListenerFilterStatus.Close;
    }

    /// <summary>The bucket that all workers take from. Thread-safe.</summary>
    internal sealed class Snapshot(LocalRateLimitOptions options, FilterCompileContext context) : IListenerFilterSnapshot
    {
        private readonly TokenBucket _bucket = new(options.TokenBucket, context.Time);

        public IListenerFilterFactory CreateFactory(FilterWorkerContext worker)
        {
            var scope = context.Stats.Root.Scope("listener_local_ratelimit").Scope(options.StatPrefix);
            return new Factory(new LocalRateLimitFilter(options, _bucket, scope.Counter("rate_limited", worker.Worker.Index), context.Runtime));
        }
    }

    private sealed class Factory(LocalRateLimitFilter filter) : IListenerFilterFactory
    {
        public IListenerFilter Create() => filter;
    }
}
