namespace Envoy.Http.Streams;

/// <summary>Why a stream ended before its time (Envoy's <c>StreamResetReason</c>).</summary>
internal enum StreamResetReason
{
    /// <summary>No connection could be made, for a reason on our side.</summary>
    LocalConnectionFailure,

    /// <summary>The peer refused the connection.</summary>
    RemoteConnectionFailure,

    /// <summary>The connect timeout passed.</summary>
    ConnectionTimeout,

    /// <summary>The connection ended while the stream was under way.</summary>
    ConnectionTermination,

    /// <summary>Our side reset it.</summary>
    LocalReset,

    /// <summary>A limit was reached.</summary>
    Overflow,

    /// <summary>The peer reset it.</summary>
    RemoteReset,

    /// <summary>The peer did not begin to serve it (REFUSED_STREAM, or above the last stream of its GOAWAY): it may be sent again.</summary>
    RemoteRefused,

    /// <summary>The peer broke the protocol.</summary>
    ProtocolError,

    /// <summary>The connection that a tunnel stands for failed (CONNECT_ERROR).</summary>
    ConnectError,
}
