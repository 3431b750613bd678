using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Envoy.Runtime.Timers;
using Microsoft.Extensions.Logging;

namespace Envoy.Runtime;

/// <summary>
/// One thread and its event loop: waits for readiness, runs timers and posted work, and ends every turn by flushing what the turn has
/// written. A connection lives and dies on one worker, with all that belongs to it. <see cref="Post(Action)"/> is thread-safe;
/// everything else is worker-owned.
/// </summary>
/// <remarks>
/// <code>
/// one turn:  poll ─► readable / writable handlers ─► resumed reads ─► timers ─► posted work ─► end-of-turn flushes ─┐
///             ▲                                                                                                     │
///             └─────────────────────────────────────────────────────────────────────────────────────────────────────┘
/// </code>
/// </remarks>
public sealed class Worker
{
    // A turn takes at most this many posted items, so that a flood of posts cannot starve the sockets.
    private const int PostedPerTurn = 1024;

    private readonly Lock _postLock = new();
    private readonly Dictionary<Type, object> _locals = [];
    private readonly TimeProvider _time;
    private readonly bool _systemTime;
    private readonly long _timeOrigin;
    private readonly TimerWheel _wheel;
    private readonly ILogger _logger;
    private readonly Random _random;
    private readonly WorkerSynchronizationContext _context;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<PostedWork> _posted = [];
    private List<PostedWork> _running = [];
    private int _runningNext;
    private ITurnEnd? _turnEndHead;
    private ITurnEnd? _turnEndTail;
    private IResumable? _resumeHead;
    private IResumable? _resumeTail;
    private Poller? _poller;
    private ITimer? _wakeTimer;
    private Thread? _thread;
    private int _threadId;
    private int _asleep;
    private volatile bool _stopping;
    private bool _closedToPosts;
    private long _now;

    internal Worker(int index, string name, WorkerOptions options)
    {
        Index = index;
        Name = name;
        _time = options.TimeProvider;
        _systemTime = ReferenceEquals(_time, TimeProvider.System);
        _logger = options.Logger;
        _random = options.Seed is { } seed ? new Random(seed + index) : new Random();
        _timeOrigin = _time.GetTimestamp();
        _wheel = new TimerWheel(0);
        _context = new WorkerSynchronizationContext(this);
        _poller = options.Engine.CreatePoller(this);
    }

    /// <summary>0 to concurrency - 1; the main loop has the number after the last worker's.</summary>
    public int Index { get; }

    /// <summary>The thread's name: <c>wrk:0</c>, <c>main</c>.</summary>
    public string Name { get; }

    /// <summary>The source of time, as given to the proxy.</summary>
    public TimeProvider TimeProvider => _time;

    /// <summary>True on this worker's own thread.</summary>
    public bool IsCurrent => Environment.CurrentManagedThreadId == Volatile.Read(ref _threadId);

    /// <summary>Milliseconds since the worker was made, as of the beginning of this turn.</summary>
    internal long Now => _now;

    /// <summary>Completes when the loop has ended; faulted if an exception escaped it.</summary>
    internal Task Stopped => _stopped.Task;

    internal Poller Poller => _poller ?? throw new ObjectDisposedException(Name);

    /// <summary>This worker's own random source; seeded when the proxy's options say so.</summary>
    internal Random Random => _random;

    internal ILogger Logger => _logger;

    /// <summary>
    /// Runs <paramref name="work"/> on the worker, in the order of the calls. What has not run when the worker stops is dropped. Thread-safe.
    /// </summary>
    public void Post(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        TryPost(static state => ((Action)state!)(), work);
    }

    /// <summary>As <see cref="Post(Action)"/>, without a closure.</summary>
    public void Post(Action<object?> work, object? state)
    {
        ArgumentNullException.ThrowIfNull(work);
        TryPost(work, state);
    }

    /// <summary>As <see cref="Post(Action{object}, object)"/>; false if the worker has stopped and the work will never run. Thread-safe.</summary>
    internal bool TryPost(Action<object?> work, object? state)
    {
        lock (_postLock)
        {
            if (_closedToPosts)
                return false;
            _posted.Add(new PostedWork(work, state));
        }

        // Only a loop that is about to sleep needs the system call. The exchange pairs with the one before the poll.
        if (Interlocked.Exchange(ref _asleep, 0) == 1)
            _poller?.Wake();
        return true;
    }

    /// <summary>
    /// Runs <paramref name="work"/> on the worker and gives its result; faulted if the worker has stopped. Before the worker's thread has been
    /// started, whoever sets it up is its owner and runs the work at once. Otherwise thread-safe.
    /// </summary>
    internal Task<T> InvokeAsync<T>(Func<T> work)
    {
        if (_thread is null && !_closedToPosts)
            return Task.FromResult(work());
        var invocation = new Invocation<T>(this, work);
        if (!TryPost(static state => ((Invocation<T>)state!).Run(), invocation))
            invocation.OnDropped();
        return invocation.Task;
    }

    /// <summary>Runs <paramref name="work"/> on the worker; faulted if the worker has stopped. Thread-safe.</summary>
    internal Task InvokeAsync(Action work)
    {
        if (_thread is null && !_closedToPosts)
        {
            work();
            return Task.CompletedTask;
        }

        return InvokeAsync(() =>
        {
            work();
            return true;
        });
    }

    /// <summary>Arms <paramref name="timer"/> to fire once after <paramref name="delay"/>, again from now if it was armed already.</summary>
    internal void Arm(TimerNode timer, TimeSpan delay) => Arm(timer, (long)Math.Ceiling(delay.TotalMilliseconds));

    /// <inheritdoc cref="Arm(TimerNode, TimeSpan)"/>
    internal void Arm(TimerNode timer, long delayMilliseconds)
    {
        AssertOwned();
        _wheel.Arm(timer, _now + delayMilliseconds);
    }

    internal void Disarm(TimerNode timer)
    {
        AssertOwned();
        _wheel.Disarm(timer);
    }

    /// <summary>Queues <paramref name="item"/> for the end of this turn; it must not be queued already.</summary>
    internal void AtTurnEnd(ITurnEnd item)
    {
        AssertOwned();
        Debug.Assert(item.NextAtTurnEnd is null && !ReferenceEquals(_turnEndTail, item), "queued twice");
        if (_turnEndTail is null)
            _turnEndHead = item;
        else
            _turnEndTail.NextAtTurnEnd = item;
        _turnEndTail = item;
    }

    /// <summary>Queues <paramref name="item"/> for the next turn, after the poll; it must not be queued already.</summary>
    internal void ResumeNextTurn(IResumable item)
    {
        AssertOwned();
        Debug.Assert(item.NextResumed is null && !ReferenceEquals(_resumeTail, item), "queued twice");
        if (_resumeTail is null)
            _resumeHead = item;
        else
            _resumeTail.NextResumed = item;
        _resumeTail = item;
    }

    /// <summary>This worker's one instance of <typeparamref name="T"/>, made when first asked for.</summary>
    internal T Local<T>(Func<Worker, T> create)
        where T : class
    {
        if (_locals.TryGetValue(typeof(T), out var existing))
            return (T)existing;
        var made = create(this);
        _locals.Add(typeof(T), made);
        return made;
    }

    /// <summary>In Debug: fails unless called on this worker (or before its thread runs).</summary>
    [Conditional("DEBUG")]
    internal void AssertOwned()
    {
        var owner = Volatile.Read(ref _threadId);
        if (owner != 0 && owner != Environment.CurrentManagedThreadId)
            throw new InvalidOperationException($"Worker-owned state of {Name} was touched on another thread.");
    }

    /// <summary>The loop has been given its thread.</summary>
    internal bool IsStarted => _thread is not null;

    internal void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = Name };
        _thread.Start();
    }

    /// <summary>Asks the loop to end after its current turn. Thread-safe.</summary>
    internal void Stop()
    {
        _stopping = true;
        if (_thread is null)
            End();
        else
            Volatile.Read(ref _poller)?.Wake();
    }

    /// <summary>One turn that waits at most <paramref name="timeoutMilliseconds"/>; for the loop itself and for tests that step it.</summary>
    internal void RunTurn(int timeoutMilliseconds)
    {
        var timeout = Math.Min(timeoutMilliseconds < 0 ? int.MaxValue : timeoutMilliseconds, TimeToNextTimer());
        if (timeout != 0)
        {
            Volatile.Write(ref _asleep, 1);
            Interlocked.MemoryBarrier();
            if (HasWork())
                timeout = 0;
        }

        Poller.Poll(timeout == int.MaxValue ? -1 : timeout);
        Volatile.Write(ref _asleep, 0);
        RunResumed();
        _wheel.Advance(_now);
        RunPosted();
        RunTurnEnds();
    }

    /// <summary>Reads the clock; every poller calls it when its wait has ended, so that handlers see the time of their event.</summary>
    internal void UpdateNow() => _now = ReadClock();

    [SuppressMessage("Design", "CA1031", Justification = "What escapes the loop is carried to the proxy through the task, never thrown on a bare thread.")]
    private void Run()
    {
        Volatile.Write(ref _threadId, Environment.CurrentManagedThreadId);
        SynchronizationContext.SetSynchronizationContext(_context);
        Exception? fault = null;
        try
        {
            UpdateNow();

            // What was posted before there was a loop, such as the clusters, is there before the first connection is taken.
            do
                RunPosted();
            while (_runningNext < _running.Count && !_stopping);
            while (!_stopping)
                RunTurn(-1);
        }
        catch (Exception e)
        {
            fault = e;
            RuntimeLog.LoopFailed(_logger, e, Name);
        }

        End(fault);
    }

    private void End(Exception? fault = null)
    {
        List<PostedWork> dropped;
        lock (_postLock)
        {
            _closedToPosts = true;
            dropped = _posted;
            _posted = [];
            Interlocked.Exchange(ref _asleep, 0);
        }

        // First what was taken from the queue but had no turn left, then what was never taken.
        for (var i = _runningNext; i < _running.Count; i++)
            (_running[i].State as IDroppable)?.OnDropped();
        foreach (var work in dropped)
            (work.State as IDroppable)?.OnDropped();
        var poller = _poller;
        _poller = null;
        poller?.Dispose();
        _wakeTimer?.Dispose();
        if (fault is null)
            _stopped.TrySetResult();
        else
            _stopped.TrySetException(fault);
    }

    private bool HasWork()
    {
        if (_stopping || _resumeHead is not null || _turnEndHead is not null || _runningNext < _running.Count)
            return true;
        lock (_postLock)
            return _posted.Count > 0;
    }

    private int TimeToNextTimer()
    {
        if (_resumeHead is not null || _turnEndHead is not null || _runningNext < _running.Count)
            return 0;
        var next = _wheel.NextWakeUp();
        if (next == long.MaxValue)
            return int.MaxValue;
        var left = next - ReadClock();
        if (left <= 0)
            return 0;
        if (_systemTime)
            return (int)Math.Min(left, int.MaxValue - 1);
        // Somebody else's clock: the operating system cannot wait for it, so the clock's own timer wakes the loop. The clock may have
        // moved between the reading and the arming: then the timer is due too late, and now is the time.
        ArmWakeTimer(TimeSpan.FromMilliseconds(left));
        return next <= ReadClock() ? 0 : int.MaxValue;
    }

    private long ReadClock() => (long)_time.GetElapsedTime(_timeOrigin).TotalMilliseconds;

    private void ArmWakeTimer(TimeSpan due)
    {
        if (_wakeTimer is null)
            _wakeTimer = _time.CreateTimer(static state => ((Worker)state!).Post(static _ => { }, null), this, due, Timeout.InfiniteTimeSpan);
        else
            _wakeTimer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void RunResumed()
    {
        var item = _resumeHead;
        _resumeHead = _resumeTail = null;
        while (item is not null)
        {
            var next = item.NextResumed;
            item.NextResumed = null;
            item.OnResumed();
            item = next;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "One caller's exception must not end everybody's loop; it is logged and counted by the caller's layer.")]
    private void RunPosted()
    {
        if (_runningNext >= _running.Count)
        {
            _running.Clear();
            _runningNext = 0;
            lock (_postLock)
                (_running, _posted) = (_posted, _running);
        }

        for (var n = 0; n < PostedPerTurn && _runningNext < _running.Count; n++)
        {
            var work = _running[_runningNext++];
            try
            {
                work.Callback(work.State);
            }
            catch (Exception e)
            {
                RuntimeLog.PostedWorkFailed(_logger, e, Name);
            }
        }
    }

    private void RunTurnEnds()
    {
        // What is queued while these run belongs to this turn too: a flush may free a peer that then writes.
        while (_turnEndHead is { } item)
        {
            _turnEndHead = item.NextAtTurnEnd;
            if (_turnEndHead is null)
                _turnEndTail = null;
            item.NextAtTurnEnd = null;
            item.OnTurnEnd();
        }
    }

    private readonly record struct PostedWork(Action<object?> Callback, object? State);

    private sealed class Invocation<T>(Worker worker, Func<T> work) : IDroppable
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _done.Task;

        [SuppressMessage("Design", "CA1031", Justification = "The exception belongs to whoever awaits.")]
        public void Run()
        {
            try
            {
                _done.SetResult(work());
            }
            catch (Exception e)
            {
                _done.SetException(e);
            }
        }

        public void OnDropped() => _done.SetException(new ObjectDisposedException(worker.Name));
    }
}
