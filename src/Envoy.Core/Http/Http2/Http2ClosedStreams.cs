namespace Envoy.Http.Http2;

/// <summary>
/// Streams that were reset before their peer had ended them, for what may still come for them (RFC 9113 section 5.1). All others that are over were ended
/// by their peer, and nothing may come. Remembers the last ones only, in a kilobyte that is there once it is needed. Worker-owned.
/// </summary>
internal sealed class Http2ClosedStreams
{
    private const int Most = 256;

    // Streams have 31 bits.
    private const uint ByUs = 1u << 31;

    private uint[]? _ring;
    private int _next;

    /// <summary>Some have been forgotten: of an older one nobody knows how it ended.</summary>
    public bool HasForgotten { get; private set; }

    public void Add(uint id, bool byUs)
    {
        if (Find(id) >= 0)
            return;
        _ring ??= new uint[Most];
        HasForgotten |= _ring[_next] != 0;
        _ring[_next] = byUs ? id | ByUs : id;
        _next = (_next + 1) % Most;
    }

    /// <summary>The peer has been told that it is over: once is enough.</summary>
    public void LetPass(uint id)
    {
        if (Find(id) is >= 0 and var place)
            _ring![place] = id | ByUs;
    }

    /// <summary>The peer's end of it has come: what comes now is a fault.</summary>
    public void OnPeerEnded(uint id)
    {
        if (Find(id) is >= 0 and var place)
            _ring![place] = 0;
    }

    /// <summary>Whether it was reset, and by whom.</summary>
    public bool TryGet(uint id, out bool byUs)
    {
        var place = Find(id);
        byUs = place >= 0 && (_ring![place] & ByUs) != 0;
        return place >= 0;
    }

    private int Find(uint id)
    {
        if (_ring is null)
            return -1;
        var place = Array.IndexOf(_ring, id | ByUs);
        return place >= 0 ? place : Array.IndexOf(_ring, id);
    }
}
