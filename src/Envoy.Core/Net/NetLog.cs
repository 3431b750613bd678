using Microsoft.Extensions.Logging;

namespace Envoy.Net;

/// <summary>Log messages of connections.</summary>
internal static partial class NetLog
{
    [LoggerMessage(100, LogLevel.Error, "A filter or handler failed; its connection is closed.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception);
}
