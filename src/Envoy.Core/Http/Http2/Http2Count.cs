namespace Envoy.Http.Http2;

/// <summary>What a codec's owner counts; Envoy's statistics under <c>http2.</c></summary>
internal enum Http2Count
{
    HeaderOverflow,

    /// <summary>Envoy's count of a bug of its own codec; a header block here always has its stream, or is refused. Stays 0.</summary>
    HeadersCbNoStream,
    InboundEmptyFramesFlood,
    InboundPriorityFramesFlood,
    InboundWindowUpdateFramesFlood,
    OutboundFlood,
    OutboundControlFlood,
    RxMessagingError,
    RxReset,
    TxReset,
    Trailers,
    GoAwaySent,
    KeepaliveTimeout,
    TxFlushTimeout,
}
