using Envoy.Stats;

namespace Envoy.Forwarding;

/// <summary>
/// Statistics of the router, Envoy's names under the connection manager's <c>http.PREFIX.</c> Worker-owned.
/// </summary>
internal sealed class RouterStats
{
    public readonly CounterCell NoCluster;
    public readonly CounterCell NoRoute;
    public readonly CounterCell PassthroughInternalRedirectBadLocation;
    public readonly CounterCell PassthroughInternalRedirectNoRoute;
    public readonly CounterCell PassthroughInternalRedirectPredicate;
    public readonly CounterCell PassthroughInternalRedirectTooManyRedirects;
    public readonly CounterCell PassthroughInternalRedirectUnsafeScheme;
    public readonly CounterCell RqDirectResponse;
    public readonly CounterCell RqOverloadLocalReply;
    public readonly CounterCell RqRedirect;
    public readonly CounterCell RqResetAfterDownstreamResponseStarted;
    public readonly CounterCell RqTotal;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>http.PREFIX</c>.</param>
    /// <param name="shard">The worker's shard, or main's.</param>
    public RouterStats(StatsScope scope, int shard)
    {
        NoCluster = scope.Counter("no_cluster", shard);
        NoRoute = scope.Counter("no_route", shard);
        PassthroughInternalRedirectBadLocation = scope.Counter("passthrough_internal_redirect_bad_location", shard);
        PassthroughInternalRedirectNoRoute = scope.Counter("passthrough_internal_redirect_no_route", shard);
        PassthroughInternalRedirectPredicate = scope.Counter("passthrough_internal_redirect_predicate", shard);
        PassthroughInternalRedirectTooManyRedirects = scope.Counter("passthrough_internal_redirect_too_many_redirects", shard);
        PassthroughInternalRedirectUnsafeScheme = scope.Counter("passthrough_internal_redirect_unsafe_scheme", shard);
        RqDirectResponse = scope.Counter("rq_direct_response", shard);
        RqOverloadLocalReply = scope.Counter("rq_overload_local_reply", shard);
        RqRedirect = scope.Counter("rq_redirect", shard);
        RqResetAfterDownstreamResponseStarted = scope.Counter("rq_reset_after_downstream_response_started", shard);
        RqTotal = scope.Counter("rq_total", shard);
    }
}
