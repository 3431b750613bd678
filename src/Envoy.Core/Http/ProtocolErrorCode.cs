namespace Envoy.Http;

/// <summary>The kind of a peer's fault, apart from the codec that found it.</summary>
internal enum ProtocolErrorCode
{
    /// <summary>There was none.</summary>
    None,

    /// <summary>The bytes are not a message.</summary>
    Malformed,

    /// <summary>The message's framing is ambiguous: it could be read as two different messages.</summary>
    AmbiguousFraming,

    /// <summary>A limit of ours was passed.</summary>
    LimitExceeded,

    /// <summary>Well-formed, and not supported.</summary>
    NotSupported,
}
