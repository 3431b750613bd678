using Microsoft.Extensions.Logging;

namespace Envoy.AccessLog;

/// <summary>Log messages of access logs.</summary>
internal static partial class AccessLogLog
{
    [LoggerMessage(500, LogLevel.Error, "An access log failed.")]
    public static partial void LogFailed(ILogger logger, Exception exception);
}
