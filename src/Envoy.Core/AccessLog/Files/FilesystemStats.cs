using Envoy.Stats;

namespace Envoy.AccessLog.Files;

/// <summary>Envoy's <c>filesystem.</c> statistics, and what is dropped, which Envoy never does. Thread-safe.</summary>
internal sealed class FilesystemStats
{
    private readonly StatsScope _scope;

    public FilesystemStats(StatsStore store)
    {
        _scope = store.Scope("filesystem");
        WriteCompleted = _scope.SharedCounter("write_completed");
        WriteFailed = _scope.SharedCounter("write_failed");
        FlushedByTimer = _scope.SharedCounter("flushed_by_timer");
        ReopenFailed = _scope.SharedCounter("reopen_failed");
        WriteTotalBuffered = _scope.SharedGauge("write_total_buffered");
    }

    /// <summary>Pages that have been written.</summary>
    public SharedCounter WriteCompleted { get; }

    /// <summary>Pages whose writing failed; their lines are lost.</summary>
    public SharedCounter WriteFailed { get; }

    /// <summary>Pages handed over because it was time, before they were full.</summary>
    public SharedCounter FlushedByTimer { get; }

    /// <summary>Files that could not be opened again.</summary>
    public SharedCounter ReopenFailed { get; }

    /// <summary>Bytes that wait to be written.</summary>
    public SharedGauge WriteTotalBuffered { get; }

    /// <summary>Lines taken, of one worker.</summary>
    public CounterCell WriteBuffered(int shard) => _scope.Counter("write_buffered", shard);

    /// <summary>Lines dropped because the file did not keep up, of one worker.</summary>
    public CounterCell WriteDropped(int shard) => _scope.Counter("write_dropped", shard);

    /// <summary>One worker's part of <see cref="WriteTotalBuffered"/>.</summary>
    public GaugeCell Buffered(int shard) => _scope.Gauge("write_total_buffered", shard);
}
