using Microsoft.Extensions.Logging;

namespace Envoy.Hosting;

/// <summary>Log messages of the hosted proxy.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(300, LogLevel.Information, "The proxy drains: what is under way has {Seconds} s.")]
    public static partial void Draining(ILogger logger, double seconds);

    [LoggerMessage(301, LogLevel.Warning, "The proxy is stopped with connections still open.")]
    public static partial void DrainEnded(ILogger logger);

    [LoggerMessage(302, LogLevel.Critical, "The proxy has failed; the application is stopped.")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(303, LogLevel.Information, "The admin interface was asked to stop the application.")]
    public static partial void StopRequested(ILogger logger);
}
