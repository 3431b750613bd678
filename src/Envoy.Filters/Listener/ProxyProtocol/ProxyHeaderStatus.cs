namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary>What the first bytes of a connection are.</summary>
internal enum ProxyHeaderStatus
{
    /// <summary>The beginning of a header, perhaps; its version may be known already.</summary>
    NeedMore,

    /// <summary>A whole header.</summary>
    Found,

    /// <summary>No header, of either version.</summary>
    NotFound,

    /// <summary>A header, and a wrong one.</summary>
    Malformed,
}
