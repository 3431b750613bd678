using Envoy.Extensions;
using Envoy.Http.Hpack;

namespace Envoy.Http.Http2;

/// <summary>Reads <c>core.v3.Http2ProtocolOptions</c>. Thread-safe.</summary>
internal static class Http2ProtocolOptionsReader
{
    private const uint LeastWindow = 65535;

    private static readonly FieldTable<Http2KeepaliveOptions> Keepalive = new FieldTable<Http2KeepaliveOptions>("envoy.config.core.v3.KeepaliveSettings", new Http2KeepaliveOptions())
        .Duration("interval", k => k.Interval, (k, v) => k with { Interval = v }, TimeSpan.FromMilliseconds(1))
        .Duration("timeout", k => k.Timeout, (k, v) => k with { Timeout = v }, TimeSpan.FromMilliseconds(1))
        .Add(
            new ConfigField("interval_jitter", "Percent", FieldSupport.Supported),
            k => k.IntervalJitterPercent,
            (k, v) => k with { IntervalJitterPercent = v },
            (ConfigValueReader<double>)ConfigValues.ReadPercent)
        .Duration("connection_idle_interval", k => k.ConnectionIdleInterval, (k, v) => k with { ConnectionIdleInterval = v }, TimeSpan.FromMilliseconds(1))
        .Check((keepalive, node, context) =>
        {
            if (keepalive.Timeout == TimeSpan.Zero && !context.HasErrorAt(node))
                context.Error(node, "KeepaliveSettings needs 'timeout'");
        });

    public static readonly FieldTable<Http2ProtocolOptions> Fields = new FieldTable<Http2ProtocolOptions>("envoy.config.core.v3.Http2ProtocolOptions", new Http2ProtocolOptions())
        .Number("hpack_table_size", o => o.HpackTableSize, (o, v) => o with { HpackTableSize = v }, most: HpackDecoder.MaxInteger)
        .Number("max_concurrent_streams", o => o.MaxConcurrentStreams, (o, v) => o with { MaxConcurrentStreams = v }, 1, int.MaxValue)
        .Number("initial_stream_window_size", o => o.InitialStreamWindowSize, (o, v) => o with { InitialStreamWindowSize = v }, LeastWindow, int.MaxValue)
        .Number("initial_connection_window_size", o => o.InitialConnectionWindowSize, (o, v) => o with { InitialConnectionWindowSize = v }, LeastWindow, int.MaxValue)
        .Bool("allow_connect", o => o.AllowConnect, (o, v) => o with { AllowConnect = v })
        .Number("max_outbound_frames", o => o.MaxOutboundFrames, (o, v) => o with { MaxOutboundFrames = v }, least: 1)
        .Number("max_outbound_control_frames", o => o.MaxOutboundControlFrames, (o, v) => o with { MaxOutboundControlFrames = v }, least: 1)
        .Number("max_consecutive_inbound_frames_with_empty_payload", o => o.MaxConsecutiveInboundFramesWithEmptyPayload, (o, v) => o with { MaxConsecutiveInboundFramesWithEmptyPayload = v })
        .Number("max_inbound_priority_frames_per_stream", o => o.MaxInboundPriorityFramesPerStream, (o, v) => o with { MaxInboundPriorityFramesPerStream = v })
        .Number(
            "max_inbound_window_update_frames_per_data_frame_sent", o => o.MaxInboundWindowUpdateFramesPerDataFrameSent, (o, v) => o with { MaxInboundWindowUpdateFramesPerDataFrameSent = v }, least: 1)
        .Number("stream_reset_burst", o => o.StreamResetBurst, (o, v) => o with { StreamResetBurst = v })
        .Number("stream_reset_rate", o => o.StreamResetRate, (o, v) => o with { StreamResetRate = v })

        // The older name counts less where both are there.
        .Bool("stream_error_on_invalid_http_messaging", _ => null, (o, v) => o.StreamErrorOnInvalidHttpMessaging is null ? o with { StreamErrorOnInvalidHttpMessaging = v } : o)
        .Bool("override_stream_error_on_invalid_http_message", o => o.StreamErrorOnInvalidHttpMessaging, (o, v) => o with { StreamErrorOnInvalidHttpMessaging = v })
        .Message("connection_keepalive", o => o.Keepalive, (o, v) => o with { Keepalive = v }, Keepalive)
        .NotYet("allow_metadata=false", "custom_settings_parameters=[]", "max_metadata_size", "max_header_field_size_kb")
        .Inert("use_oghttp2_codec", "enable_huffman_encoding");
}
