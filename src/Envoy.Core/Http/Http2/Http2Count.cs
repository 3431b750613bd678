namespace Envoy.Http.Http2;

/// <summary>What a codec's owner counts; Envoy's statistics under <c>http2.</c></summary>
internal enum Http2Count
{
    HeaderOverflow,
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
