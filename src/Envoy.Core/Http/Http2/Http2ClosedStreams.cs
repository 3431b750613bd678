namespace Envoy.Http.Http2;

/// <summary>
/// Streams that were reset before their peer had ended them, for what may still come for them (RFC 9113 section 5.1). All others that are over were ended
/// by their peer, and nothing may come. Remembers the last ones only. Worker-owned.
/// </summary>
internal sealed class Http2ClosedStreams
{
    // As many as are under way at most by Envoy's default.
    private const int Most = 1024;

    private Dictionary<uint, bool>? _resetByUs;
    private Queue<uint>? _order;

    /// <summary>Some have been forgotten: of an older one nobody knows how it ended.</summary>
    public bool HasForgotten { get; private set; }

    public void Add(uint id, bool byUs)
    {
        _resetByUs ??= [];
        _order ??= new Queue<uint>();
        if (!_resetByUs.TryAdd(id, byUs))
            return;
        _order.Enqueue(id);
        if (_order.Count <= Most)
            return;
        _resetByUs.Remove(_order.Dequeue());
        HasForgotten = true;
    }

    /// <summary>The peer has been told that it is over: once is enough.</summary>
    public void LetPass(uint id) => _resetByUs![id] = true;

    /// <summary>The peer's end of it has come: what comes now is a fault.</summary>
    public void OnPeerEnded(uint id) => _resetByUs?.Remove(id);

    /// <summary>Whether it was reset, and by whom.</summary>
    public bool TryGet(uint id, out bool byUs)
    {
        byUs = false;
        return _resetByUs is not null && _resetByUs.TryGetValue(id, out byUs);
    }
}
