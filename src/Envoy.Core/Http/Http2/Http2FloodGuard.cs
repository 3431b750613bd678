namespace Envoy.Http.Http2;

/// <summary>
/// Counts what costs a peer little and us much, against Envoy's limits; each is a reason to end the connection. Worker-owned.
/// </summary>
internal sealed class Http2FloodGuard(Http2ProtocolOptions options)
{
    private long _streams;
    private long _dataSent;
    private long _priorities;
    private long _windowUpdates;
    private uint _empty;
    private uint _outbound;
    private uint _outboundControl;

    public void OnStreamBegun() => _streams++;

    public void OnDataSent() => _dataSent++;

    /// <summary>A frame of HEADERS, CONTINUATION or DATA; false: too many of them were empty.</summary>
    public bool OnPayload(int length, bool endsStream)
    {
        if (length > 0 || endsStream)
        {
            _empty = 0;
            return true;
        }

        return ++_empty <= options.MaxConsecutiveInboundFramesWithEmptyPayload;
    }

    public bool OnPriority() => ++_priorities <= options.MaxInboundPriorityFramesPerStream * (1 + _streams);

    // Envoy's formula: some at the beginning, two for each stream, and some for each DATA frame.
    public bool OnWindowUpdate() => ++_windowUpdates <= 5 + (2 * (_streams + (options.MaxInboundWindowUpdateFramesPerDataFrameSent * _dataSent)));

    /// <summary>A frame is about to be added to the output; the count begins anew whenever all of it has gone.</summary>
    public Http2Count? OnOutbound(bool isControl, bool outputIsEmpty)
    {
        if (outputIsEmpty)
            _outbound = _outboundControl = 0;
        if (++_outbound > options.MaxOutboundFrames)
            return Http2Count.OutboundFlood;
        return isControl && ++_outboundControl > options.MaxOutboundControlFrames ? Http2Count.OutboundControlFlood : null;
    }
}
