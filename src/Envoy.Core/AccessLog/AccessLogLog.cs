using Microsoft.Extensions.Logging;

namespace Envoy.AccessLog;

/// <summary>Log messages of access logs.</summary>
internal static partial class AccessLogLog
{
    [LoggerMessage(500, LogLevel.Error, "An access log failed.")]
    public static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(501, LogLevel.Error, "The access log '{Path}' cannot be written; its lines are lost until it can.")]
    public static partial void WriteFailed(ILogger logger, Exception exception, string path);

    [LoggerMessage(502, LogLevel.Error, "The access log '{Path}' cannot be opened again; the old file stays in use.")]
    public static partial void ReopenFailed(ILogger logger, Exception exception, string path);
}
