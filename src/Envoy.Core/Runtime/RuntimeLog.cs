using Microsoft.Extensions.Logging;

namespace Envoy.Runtime;

/// <summary>Log messages of the runtime.</summary>
internal static partial class RuntimeLog
{
    [LoggerMessage(1, LogLevel.Error, "Work posted to {Worker} failed.")]
    public static partial void PostedWorkFailed(ILogger logger, Exception exception, string worker);

    [LoggerMessage(10, LogLevel.Error, "A caller of the resolver failed on its answer.")]
    public static partial void ResolverCallbackFailed(ILogger logger, Exception exception);

    [LoggerMessage(11, LogLevel.Critical, "The loop of {Worker} failed; its connections are gone.")]
    public static partial void LoopFailed(ILogger logger, Exception exception, string worker);
}
