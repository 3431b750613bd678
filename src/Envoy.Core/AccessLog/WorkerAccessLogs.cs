using System.Diagnostics.CodeAnalysis;
using Envoy.Formatting;
using Envoy.Runtime;
using Envoy.RuntimeSettings;

namespace Envoy.AccessLog;

/// <summary>One worker's part of an <see cref="AccessLogSet"/>. Worker-owned.</summary>
internal sealed class WorkerAccessLogs
{
    private readonly (AccessLogFilter? Filter, IAccessLogWriter Log)[] _logs;
    private readonly AccessLogFilter.Room _room;
    private readonly Worker _worker;

    public WorkerAccessLogs(AccessLogSet set, Worker worker, RuntimeLoader runtime)
    {
        _worker = worker;
        _room = new AccessLogFilter.Room(worker, runtime);
        _logs = Array.ConvertAll(set.Logs, entry => (entry.Filter, entry.Log.CreateWriter(worker)));
        foreach (var (filter, _) in _logs)
            filter?.Warm(_room.Scratch);
    }

    /// <summary>There are none.</summary>
    public bool IsEmpty => _logs.Length == 0;

    /// <summary>
    /// Tells each log, unless its filter minds, of what has taken <paramref name="duration"/> milliseconds up to now; one that fails is
    /// reported and does not keep the others, or the exchange, from ending.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "A log's exception must not reach the stream whose end it reports.")]
    public void Write(FormatContext context, AccessLogType type, long duration)
    {
        context.AccessLogType = AccessLogTypeNames.Of(type);
        context.Info.DurationMilliseconds = duration;
        foreach (var (filter, log) in _logs)
        {
            try
            {
                if (filter is null || filter.Passes(context, _room))
                    log.Log(context);
            }
            catch (Exception e)
            {
                AccessLogLog.LogFailed(_worker.Logger, e);
            }
        }
    }
}
