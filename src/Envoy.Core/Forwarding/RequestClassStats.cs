using Envoy.Clusters;
using Envoy.Stats;

namespace Envoy.Forwarding;

/// <summary>
/// What is counted of the requests of one class: a virtual cluster (<c>vhost.HOST.vcluster.NAME.</c>) or a route with a statistics prefix
/// (<c>vhost.HOST.route.NAME.</c>), over all clusters. Worker-owned.
/// </summary>
internal sealed class RequestClassStats
{
    public readonly CounterCell UpstreamRqRetry;
    public readonly CounterCell UpstreamRqRetryLimitExceeded;
    public readonly CounterCell UpstreamRqRetryOverflow;
    public readonly CounterCell UpstreamRqRetrySuccess;
    public readonly CounterCell UpstreamRqTimeout;
    public readonly CounterCell UpstreamRqTotal;

    public RequestClassStats(StatsScope scope, int shard)
    {
        UpstreamRqRetry = scope.Counter("upstream_rq_retry", shard);
        UpstreamRqRetryLimitExceeded = scope.Counter("upstream_rq_retry_limit_exceeded", shard);
        UpstreamRqRetryOverflow = scope.Counter("upstream_rq_retry_overflow", shard);
        UpstreamRqRetrySuccess = scope.Counter("upstream_rq_retry_success", shard);
        UpstreamRqTimeout = scope.Counter("upstream_rq_timeout", shard);
        UpstreamRqTotal = scope.Counter("upstream_rq_total", shard);
        Responses = new ResponseCodeStats(scope, "", shard);
    }

    public ResponseCodeStats Responses { get; }
}
