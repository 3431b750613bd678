using Envoy.AccessLog;
using Envoy.Formatting;

namespace Envoy.Testing;

/// <summary>Keeps a record of every finished exchange. Thread-safe.</summary>
public sealed class RecordingAccessLog : IAccessLog
{
    private readonly Journal<AccessLogRecord> _records = new("access log record");
    private int _taken;

    /// <summary>All records so far, in the order in which the exchanges ended.</summary>
    public IReadOnlyList<AccessLogRecord> Records => _records.ToList();

    /// <summary>The next record that no call has returned yet; waits for it if need be.</summary>
    /// <exception cref="TimeoutException">It did not come within 30 s.</exception>
    public Task<AccessLogRecord> NextAsync(CancellationToken cancellationToken = default) =>
        _records.AtAsync(Interlocked.Increment(ref _taken), cancellationToken);

    /// <inheritdoc/>
    public void Log(StreamInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        _records.Add(new AccessLogRecord(info));
    }
}
