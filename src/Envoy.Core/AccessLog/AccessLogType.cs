namespace Envoy.AccessLog;

/// <summary>Why an entry is written (<c>envoy.data.accesslog.v3.AccessLogType</c>).</summary>
public enum AccessLogType
{
    /// <summary>No reason is known.</summary>
    NotSet,

    /// <summary>A TCP session has got its upstream connection.</summary>
    TcpUpstreamConnected,

    /// <summary>A TCP session goes on.</summary>
    TcpPeriodic,

    /// <summary>A TCP session is over.</summary>
    TcpConnectionEnd,

    /// <summary>A request's headers have come.</summary>
    DownstreamStart,

    /// <summary>An exchange goes on.</summary>
    DownstreamPeriodic,

    /// <summary>An exchange is over.</summary>
    DownstreamEnd,
}
