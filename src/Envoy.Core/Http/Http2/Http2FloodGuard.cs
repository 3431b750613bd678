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

    // Where the output ended when it was last looked at, and how many of the counted frames were before that.
    private long _mark;
    private uint _beforeMark;
    private uint _controlBeforeMark;

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

    /// <summary>
    /// A frame is about to be added to the output. Frames that have gone are taken off together, when all have that were there at one moment: so a few
    /// too many are counted, of one that takes what it is sent never more than twice what waits.
    /// </summary>
    /// <param name="isControl">It is one that a peer can make us send.</param>
    /// <param name="sent">Bytes of the output that have gone so far.</param>
    /// <param name="written">Bytes of the output so far.</param>
    public Http2Count? OnOutbound(bool isControl, long sent, long written)
    {
        if (sent >= _mark)
        {
            _outbound -= _beforeMark;
            _outboundControl -= _controlBeforeMark;
            if (sent == written)
                _outbound = _outboundControl = 0;
            (_mark, _beforeMark, _controlBeforeMark) = (written, _outbound, _outboundControl);
        }

        if (++_outbound > options.MaxOutboundFrames)
            return Http2Count.OutboundFlood;
        return isControl && ++_outboundControl > options.MaxOutboundControlFrames ? Http2Count.OutboundControlFlood : null;
    }
}
