namespace Envoy.Http.Http2;

/// <summary>HTTP/2 on one side of the proxy (<c>core.v3.Http2ProtocolOptions</c>), with Envoy's defaults. Immutable.</summary>
public sealed record Http2ProtocolOptions
{
    /// <summary>The largest HPACK table, in bytes, on both sides: 0 to 16 MiB, and more is taken for that. Default 4096.</summary>
    public uint HpackTableSize { get; init; } = 4096;

    /// <summary>Streams under way at the same time, 1 to 2^31-1: what the peer is told (downstream), or what is used at most (upstream). Default 1024.</summary>
    public uint MaxConcurrentStreams { get; init; } = 1024;

    /// <summary>How much of one stream's body a peer may send before it is taken, 65535 to 2^31-1 bytes. Default 16 MiB.</summary>
    public uint InitialStreamWindowSize { get; init; } = 16 * 1024 * 1024;

    /// <summary>The same over all streams of a connection, 65535 to 2^31-1 bytes. Default 24 MiB.</summary>
    public uint InitialConnectionWindowSize { get; init; } = 24 * 1024 * 1024;

    /// <summary>CONNECT with <c>:protocol</c> (RFC 8441), by which WebSocket comes over HTTP/2. Default false.</summary>
    public bool AllowConnect { get; init; }

    /// <summary>Frames of any kind that may wait to be sent; beyond it the peer is taken for an attacker. Default 10000, at least 1.</summary>
    public uint MaxOutboundFrames { get; init; } = 10_000;

    /// <summary>The same for PING, SETTINGS and RST_STREAM, which a peer can make us send. Default 1000, at least 1.</summary>
    public uint MaxOutboundControlFrames { get; init; } = 1000;

    /// <summary>HEADERS, CONTINUATION and DATA without any payload in a row, that do not end a stream. Default 1.</summary>
    public uint MaxConsecutiveInboundFramesWithEmptyPayload { get; init; } = 1;

    /// <summary>PRIORITY frames for each stream there was. Default 100.</summary>
    public uint MaxInboundPriorityFramesPerStream { get; init; } = 100;

    /// <summary>WINDOW_UPDATE frames for each DATA frame that was sent. Default 10, at least 1.</summary>
    public uint MaxInboundWindowUpdateFramesPerDataFrameSent { get; init; } = 10;

    /// <summary>How many streams a client may reset at once. Default 1000.</summary>
    public uint StreamResetBurst { get; init; } = 1000;

    /// <summary>How many more streams a client may reset for each second that has passed, up to <see cref="StreamResetBurst"/> at once. Default 33.</summary>
    public uint StreamResetRate { get; init; } = 33;

    /// <summary>
    /// A malformed message ends its stream (true) or its connection (false). Default null: what the connection manager says of both
    /// protocols, and with an upstream the connection.
    /// </summary>
    public bool? StreamErrorOnInvalidHttpMessaging { get; init; }

    /// <summary>Signs of life. Default null: none are asked for.</summary>
    public Http2KeepaliveOptions? Keepalive { get; init; }
}
