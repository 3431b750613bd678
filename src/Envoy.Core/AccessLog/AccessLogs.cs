using System.Diagnostics.CodeAnalysis;
using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Runtime;

namespace Envoy.AccessLog;

/// <summary>Tells access logs of a finished exchange.</summary>
internal static class AccessLogs
{
    /// <summary>Tells each of them of what took <paramref name="duration"/> milliseconds and ends now; one that fails is logged and does not keep the others, or the exchange, from ending.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A log's exception must not reach the stream whose end it reports.")]
    public static void Write(ValueList<IAccessLog> logs, StreamInfo info, long duration, Worker worker)
    {
        info.StartTime = worker.TimeProvider.GetUtcNow() - TimeSpan.FromMilliseconds(duration);
        info.DurationMilliseconds = duration;
        for (var i = 0; i < logs.Count; i++)
        {
            try
            {
                logs[i].Log(info);
            }
            catch (Exception e)
            {
                AccessLogLog.LogFailed(worker.Logger, e);
            }
        }
    }
}
