using Envoy.Http.Http2;
using Envoy.Stats;

namespace Envoy.Clusters;

/// <summary>What HTTP/2 codecs count, Envoy's names under <c>http2.</c> Worker-owned.</summary>
internal sealed class Http2CodecStats
{
    private readonly CounterCell[] _counters;

    public Http2CodecStats(StatsScope scope, int shard)
    {
        var names = new[]
        {
            (Http2Count.HeaderOverflow, "header_overflow"), (Http2Count.HeadersCbNoStream, "headers_cb_no_stream"), (Http2Count.InboundEmptyFramesFlood, "inbound_empty_frames_flood"),
            (Http2Count.InboundPriorityFramesFlood, "inbound_priority_frames_flood"), (Http2Count.InboundWindowUpdateFramesFlood, "inbound_window_update_frames_flood"),
            (Http2Count.OutboundFlood, "outbound_flood"), (Http2Count.OutboundControlFlood, "outbound_control_flood"), (Http2Count.RxMessagingError, "rx_messaging_error"),
            (Http2Count.RxReset, "rx_reset"), (Http2Count.TxReset, "tx_reset"), (Http2Count.Trailers, "trailers"), (Http2Count.GoAwaySent, "goaway_sent"),
            (Http2Count.KeepaliveTimeout, "keepalive_timeout"), (Http2Count.TxFlushTimeout, "tx_flush_timeout"),
        };
        _counters = new CounterCell[names.Length];
        foreach (var (count, name) in names)
            _counters[(int)count] = scope.Counter(name, shard);
        StreamsActive = scope.Gauge("streams_active", shard);
    }

    public GaugeCell StreamsActive { get; }

    public void Count(Http2Count count) => _counters[(int)count].Inc();
}
