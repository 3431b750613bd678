using System.Diagnostics.CodeAnalysis;
using Envoy.Runtime;
using Microsoft.Extensions.Logging;

namespace Envoy.AccessLog.Files;

/// <summary>
/// One file that lines are appended to, by a thread of its own, since writing may block; the thread begins with the first page. Thread-safe.
/// </summary>
/// <remarks>
/// <code>
///  worker: line ─► its page ──full, or time──► queue ─► thread ─► file
///            ▲                                              │
///            └───────────────── free pages ◄────────────────┘
/// </code>
/// </remarks>
internal sealed class LogFile
{
    /// <summary>How many pages may be in use: 4 MiB, filled by workers or waiting for the file.</summary>
    public const int MostPages = 64;

    private readonly object _gate = new();
    private readonly Queue<LogPage> _queue = new();
    private readonly Stack<LogPage> _free = new();
    private readonly List<TaskCompletionSource> _flushes = [];
    private readonly WorkerLogBuffer?[] _buffers;
    private readonly Func<Stream> _open;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream _stream;
    private Thread? _thread;
    private int _pages;
    private bool _reopen;
    private bool _closing;
    private bool _failed;

    /// <param name="path">For messages.</param>
    /// <param name="open">Opens the file; called by the constructor, and by the file's thread to open it again.</param>
    /// <param name="workers">How many loops there are.</param>
    /// <param name="flushInterval">How long lines wait for a page to become full.</param>
    /// <param name="stats">Shared by all files.</param>
    /// <param name="logger">Told once of a file that cannot be written.</param>
    public LogFile(string path, Func<Stream> open, int workers, TimeSpan flushInterval, FilesystemStats stats, ILogger logger)
    {
        Path = path;
        _open = open;
        _logger = logger;
        _buffers = new WorkerLogBuffer?[workers];
        FlushInterval = flushInterval;
        Stats = stats;
        _stream = open();
    }

    public string Path { get; }

    public TimeSpan FlushInterval { get; }

    public FilesystemStats Stats { get; }

    /// <summary>A worker's buffer; on that worker, or before it runs.</summary>
    public WorkerLogBuffer BufferOf(Worker worker) => _buffers[worker.Index] ??= new WorkerLogBuffer(this, worker, Stats);

    /// <summary>On a worker: hands over what the worker has for this file.</summary>
    public void HandOver(Worker worker) => _buffers[worker.Index]?.HandOver();

    /// <summary>An empty page with room for a line; null: the file does not keep up.</summary>
    public LogPage? TryRent(int least)
    {
        lock (_gate)
        {
            if (least <= LogPage.Size && _free.TryPop(out var page))
                return page;
            if (_pages >= MostPages)
                return null;
            _pages++;
        }

        return new LogPage(Math.Max(least, LogPage.Size));
    }

    /// <summary>Takes a page that is to be written.</summary>
    public void Enqueue(LogPage page)
    {
        lock (_gate)
        {
            _queue.Enqueue(page);
            Wake();
        }
    }

    /// <summary>Opens the file again before the next write, for whoever has moved it away.</summary>
    public void Reopen()
    {
        lock (_gate)
        {
            _reopen = true;
            Wake();
        }
    }

    /// <summary>Completes when all that has been handed over is written.</summary>
    public Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_thread is null || _closing)
                return Task.CompletedTask;
            _flushes.Add(done);
            Wake();
        }

        return done.Task;
    }

    /// <summary>Once all loops are over: writes what is left and ends the thread.</summary>
    public Task CloseAsync()
    {
        foreach (var buffer in _buffers)
            buffer?.HandOver();
        lock (_gate)
        {
            if (_closing)
                return _stopped.Task;
            _closing = true;
            if (_thread is not null)
                Monitor.Pulse(_gate);
        }

        if (_thread is null)
        {
            _stream.Dispose();
            _stopped.TrySetResult();
        }

        return _stopped.Task;
    }

    private void Wake()
    {
        if (_thread is not null)
        {
            Monitor.Pulse(_gate);
            return;
        }

        if (_closing)
            return;
        _thread = new Thread(Run) { IsBackground = true, Name = "access-log" };
        // Without the context of whoever happened to write first.
        _thread.UnsafeStart();
    }

    private void Run()
    {
        while (Next(out var page, out var reopen, out var flushed))
        {
            if (reopen)
                OpenAgain();
            if (page is not null)
            {
                Write(page);
                Return(page);
            }

            foreach (var flush in flushed)
                flush.TrySetResult();
        }

        TryDispose(_stream);
        _stopped.TrySetResult();
    }

    private bool Next(out LogPage? page, out bool reopen, out TaskCompletionSource[] flushed)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_reopen && _flushes.Count == 0 && !_closing)
                Monitor.Wait(_gate);
            _ = _queue.TryDequeue(out page);
            reopen = _reopen;
            _reopen = false;
            flushed = [];
            if (_queue.Count == 0 && _flushes.Count > 0)
            {
                flushed = [.. _flushes];
                _flushes.Clear();
            }

            return page is not null || reopen || flushed.Length > 0 || !_closing;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a file throws, the proxy serves on without it.")]
    private void Write(LogPage page)
    {
        try
        {
            _stream.Write(page.Bytes, 0, page.Length);
            _stream.Flush();
            Stats.WriteCompleted.Inc();
            _failed = false;
        }
        catch (Exception e)
        {
            Stats.WriteFailed.Inc();
            if (!_failed)
                AccessLogLog.WriteFailed(_logger, e, Path);
            _failed = true;
        }
    }

    private void Return(LogPage page)
    {
        Stats.WriteTotalBuffered.Add(-page.Length);
        page.Length = 0;
        lock (_gate)
        {
            if (page.IsRegular)
                _free.Push(page);
            else
                _pages--;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a file throws, the proxy serves on; the old file stays in use.")]
    private void OpenAgain()
    {
        try
        {
            var fresh = _open();
            TryDispose(_stream);
            _stream = fresh;
        }
        catch (Exception e)
        {
            Stats.ReopenFailed.Inc();
            AccessLogLog.ReopenFailed(_logger, e, Path);
        }
    }

    private static void TryDispose(Stream stream)
    {
        try
        {
            stream.Dispose();
        }
        catch (IOException)
        {
            // Its last bytes were flushed, or counted as failed.
        }
    }
}
