using Envoy.Runtime;
using Envoy.Runtime.Timers;
using Envoy.Stats;

namespace Envoy.AccessLog.Files;

/// <summary>
/// One worker's lines for one file: gathered until a page is full or some time has passed, then handed over. Never waits; what the file
/// cannot take is dropped and counted. Worker-owned, until the worker's loop is over.
/// </summary>
internal sealed class WorkerLogBuffer : ITimerHandler
{
    private readonly LogFile _file;
    private readonly Worker _worker;
    private readonly TimerNode _timer;
    private readonly CounterCell _lines;
    private readonly CounterCell _dropped;
    private readonly GaugeCell _buffered;
    private LogPage? _page;

    public WorkerLogBuffer(LogFile file, Worker worker, FilesystemStats stats)
    {
        _file = file;
        _worker = worker;
        _timer = new TimerNode(this);
        _lines = stats.WriteBuffered(worker.Index);
        _dropped = stats.WriteDropped(worker.Index);
        _buffered = stats.Buffered(worker.Index);
    }

    /// <summary>Takes a line, which stays in one piece.</summary>
    public void Append(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
            return;
        if (_page is { } full && full.Bytes.Length - full.Length < line.Length)
            HandOver();
        if (_page is null && (_page = _file.TryRent(line.Length)) is null)
        {
            _dropped.Inc();
            return;
        }

        if (!_timer.IsArmed)
            _worker.Arm(_timer, _file.FlushInterval);
        line.CopyTo(_page.Bytes.AsSpan(_page.Length));
        _page.Length += line.Length;
        _lines.Inc();
        _buffered.Add(line.Length);
        if (_page.Length >= LogPage.Size)
            HandOver();
    }

    /// <summary>Gives the file what there is.</summary>
    public void HandOver()
    {
        if (_page is not { } page)
            return;
        _page = null;
        _file.Enqueue(page);
    }

    public void OnTimer(TimerNode timer)
    {
        if (_page is null)
            return;
        _file.Stats.FlushedByTimer.Inc();
        HandOver();
    }
}
