using Microsoft.Extensions.Logging;

namespace Envoy.FilterChains.Http;

/// <summary>Log messages of HTTP filter chains.</summary>
internal static partial class HttpFilterLog
{
    [LoggerMessage(400, LogLevel.Error, "HTTP filter {Filter} failed; its stream is reset.")]
    public static partial void FilterFailed(ILogger logger, Exception exception, string filter);
}
