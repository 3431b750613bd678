using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.Http.Http2;

namespace Envoy.Config.Tests.Bootstrap;

/// <summary>HTTP/2's settings of both sides: this YAML equals this code, and what is out of bounds is said with its place.</summary>
public sealed class Http2GoldenTests
{
    private const string All = """
        { hpack_table_size: 1000, max_concurrent_streams: 7, initial_stream_window_size: 65535, initial_connection_window_size: 1048576, allow_connect: true,
          max_outbound_frames: 1, max_outbound_control_frames: 2, max_consecutive_inbound_frames_with_empty_payload: 3, max_inbound_priority_frames_per_stream: 4,
          max_inbound_window_update_frames_per_data_frame_sent: 5, override_stream_error_on_invalid_http_message: true, stream_error_on_invalid_http_messaging: false,
          connection_keepalive: { interval: 30s, timeout: 5s, interval_jitter: { value: 10 }, connection_idle_interval: 1s }, allow_metadata: false, stream_reset_burst: 6, stream_reset_rate: 7 }
        """;

    private static readonly Http2ProtocolOptions Expected = new()
    {
        HpackTableSize = 1000,
        MaxConcurrentStreams = 7,
        InitialStreamWindowSize = 65535,
        InitialConnectionWindowSize = 1048576,
        AllowConnect = true,
        MaxOutboundFrames = 1,
        MaxOutboundControlFrames = 2,
        MaxConsecutiveInboundFramesWithEmptyPayload = 3,
        MaxInboundPriorityFramesPerStream = 4,
        MaxInboundWindowUpdateFramesPerDataFrameSent = 5,
        StreamErrorOnInvalidHttpMessaging = true,
        StreamResetBurst = 6,
        StreamResetRate = 7,
        Keepalive = new Http2KeepaliveOptions
        {
            Interval = TimeSpan.FromSeconds(30),
            Timeout = TimeSpan.FromSeconds(5),
            IntervalJitterPercent = 10,
            ConnectionIdleInterval = TimeSpan.FromSeconds(1),
        },
    };

    [Test]
    public void Downstream_EqualsCode()
    {
        var config = EnvoyConfigLoader.Parse($$"""
            static_resources:
              listeners:
              - name: l
                address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
                filter_chains:
                - filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: s, codec_type: HTTP2,
                      http2_protocol_options: {{All.ReplaceLineEndings(" ")}}, route_config: {}, http_filters: [ { name: envoy.filters.http.router } ] }
            """).OrThrow();
        var manager = (HttpConnectionManagerOptions)config.Listeners[0].FilterChains[0].Filters[0].Options;
        Assert.That((manager.CodecType, manager.Http2), Is.EqualTo((HttpCodecType.Http2, Expected)));
    }

    [TestCase("http2_protocol_options: #", UpstreamHttpProtocol.Http2)]
    [TestCase("""typed_extension_protocol_options: { x: { "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: { http2_protocol_options: # } } }""", UpstreamHttpProtocol.Http2)]
    [TestCase("""typed_extension_protocol_options: { x: { "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, use_downstream_protocol_config: { http2_protocol_options: # } } }""", UpstreamHttpProtocol.Downstream)]
    public void Upstream_EqualsCode(string field, UpstreamHttpProtocol protocol)
    {
        var cluster = EnvoyConfigLoader.Parse($"static_resources:\n  clusters:\n  - name: c\n    {field.Replace("#", All.ReplaceLineEndings(" "), StringComparison.Ordinal)}").OrThrow().Clusters[0];
        Assert.That((cluster.HttpProtocol, cluster.Http2), Is.EqualTo((protocol, Expected)));
    }

    [TestCase("max_concurrent_streams: 0", "must be a whole number from 1 to 2147483647, not '0'")]
    [TestCase("initial_stream_window_size: 65534", "must be a whole number from 65535 to 2147483647, not '65534'")]
    [TestCase("max_outbound_frames: 0", "must be a whole number from 1 to 4294967295, not '0'")]
    [TestCase("connection_keepalive: { interval: 1s }", "KeepaliveSettings needs 'timeout'")]
    [TestCase("connection_keepalive: { timeout: 1s, interval_jitter: { value: 101 } }", "must be within 0 and 100")]
    [TestCase("allow_metadata: true", "which is not supported yet")]
    public void OutOfBounds_IsSaid(string field, string message)
    {
        var result = EnvoyConfigLoader.Parse($"static_resources:\n  clusters:\n  - name: c\n    http2_protocol_options: {{ {field} }}");
        Assert.That(result.Errors.Select(e => e.ToString()).Single(), Does.Contain("static_resources.clusters[0].http2_protocol_options." + field.Split(':')[0]).And.Contain(message).Or.Contain(message));
    }
}
