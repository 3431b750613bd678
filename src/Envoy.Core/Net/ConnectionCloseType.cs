namespace Envoy.Net;

/// <summary>How a connection is closed by our side.</summary>
public enum ConnectionCloseType
{
    /// <summary>At once; what has not been written is dropped.</summary>
    NoFlush,

    /// <summary>After what was written has been handed to the system.</summary>
    FlushWrite,

    /// <summary>
    /// As <see cref="FlushWrite"/>, then our direction ends and the connection waits for the peer's end, at most for the delayed close
    /// timeout: a peer that is still sending would otherwise get a reset and lose the last bytes.
    /// </summary>
    FlushWriteAndDelay,

    /// <summary>At once and with a reset (RST) where the transport can.</summary>
    Abort,
}
