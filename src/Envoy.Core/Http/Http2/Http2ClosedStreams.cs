namespace Envoy.Http.Http2;

/// <summary>
/// Streams that ended before their time, for what may still come for them: RFC 9113 section 5.1 tells frames of a stream that we have reset from those of
/// one that the peer has reset, and both from those of one that both sides had ended. Remembers the last ones only. Worker-owned.
/// </summary>
internal sealed class Http2ClosedStreams
{
    // As many as are under way at most by Envoy's default: what comes late for older ones is not a fault of the connection.
    private const int Most = 1024;

    private Dictionary<uint, bool>? _resetByUs;
    private Queue<uint>? _order;

    /// <summary>Some have been forgotten.</summary>
    public bool HasForgotten { get; private set; }

    public void Add(uint id, bool byUs)
    {
        _resetByUs ??= [];
        _order ??= new Queue<uint>();
        if (!_resetByUs.TryAdd(id, byUs))
        {
            // Answered once, what comes after is let pass.
            _resetByUs[id] |= byUs;
            return;
        }

        _order.Enqueue(id);
        if (_order.Count <= Most)
            return;
        _resetByUs.Remove(_order.Dequeue());
        HasForgotten = true;
    }

    /// <summary>Whether it was reset, and by whom.</summary>
    public bool TryGet(uint id, out bool byUs)
    {
        byUs = false;
        return _resetByUs is not null && _resetByUs.TryGetValue(id, out byUs);
    }
}
