using Envoy.Stats;

namespace Envoy.ConnectionManager;

/// <summary>
/// What a connection manager counts for the listener it serves, Envoy's names under <c>listener.ADDRESS.http.PREFIX.</c> Worker-owned.
/// </summary>
internal sealed class HttpListenerStats
{
    public readonly CounterCell DownstreamRq1xx;
    public readonly CounterCell DownstreamRq2xx;
    public readonly CounterCell DownstreamRq3xx;
    public readonly CounterCell DownstreamRq4xx;
    public readonly CounterCell DownstreamRq5xx;
    public readonly CounterCell DownstreamRqCompleted;

    /// <summary>Asks <paramref name="scope"/> for one shard's cells.</summary>
    /// <param name="scope"><c>listener.ADDRESS.http.PREFIX</c>.</param>
    /// <param name="shard">The worker's shard, or main's.</param>
    public HttpListenerStats(StatsScope scope, int shard)
    {
        DownstreamRq1xx = scope.Counter("downstream_rq_1xx", shard);
        DownstreamRq2xx = scope.Counter("downstream_rq_2xx", shard);
        DownstreamRq3xx = scope.Counter("downstream_rq_3xx", shard);
        DownstreamRq4xx = scope.Counter("downstream_rq_4xx", shard);
        DownstreamRq5xx = scope.Counter("downstream_rq_5xx", shard);
        DownstreamRqCompleted = scope.Counter("downstream_rq_completed", shard);
    }

    /// <summary>Counts a finished answer under its class.</summary>
    /// <param name="code">The status code; outside 100 to 599 only <c>downstream_rq_completed</c> counts.</param>
    public void ChargeResponse(int code)
    {
        DownstreamRqCompleted.Inc();
        switch (code / 100)
        {
            case 1:
                DownstreamRq1xx.Inc();
                break;
            case 2:
                DownstreamRq2xx.Inc();
                break;
            case 3:
                DownstreamRq3xx.Inc();
                break;
            case 4:
                DownstreamRq4xx.Inc();
                break;
            case 5:
                DownstreamRq5xx.Inc();
                break;
        }
    }
}
