using Microsoft.Extensions.Logging;

namespace Envoy.Proxy;

/// <summary>Log messages of the proxy as a whole.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(600, LogLevel.Error, "A step of stopping the proxy failed.")]
    public static partial void StopStepFailed(ILogger logger, Exception exception);
}
