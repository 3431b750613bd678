using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.Filters.Http.Fault;

/// <summary>
/// Lets a response's body through at a rate: a bucket of sixteen slices of a second, one of them at the beginning, as Envoy has it. Holds
/// what waits, and the upstream when that is more than the stream may hold. Worker-owned.
/// </summary>
internal sealed class ResponseLimiter : ITimerHandler
{
    // Of a second; a slice's bytes are written at once.
    private const int Slices = 16;
    private const long SliceMilliseconds = 63;

    private readonly Worker _worker;
    private readonly HttpFilterCallbacks _callbacks;
    private readonly TimerNode _timer;
    private readonly ByteQueue _waiting;
    private readonly ByteQueue _out;
    private readonly ulong _sliceBytes;
    private double _tokens = 1;
    private long _filledAt;
    private ulong _leftOver;
    private bool _ends;
    private bool _trailersWait;
    private bool _holds;

    public ResponseLimiter(Worker worker, HttpFilterCallbacks callbacks, ulong kibPerSecond)
    {
        _worker = worker;
        _callbacks = callbacks;
        _timer = new TimerNode(this);
        _waiting = new ByteQueue(worker);
        _out = new ByteQueue(worker);
        _sliceBytes = Math.Max(1, Math.Min(kibPerSecond, ulong.MaxValue / 1024) * 1024 / Slices);
        _filledAt = worker.Now;
    }

    public FilterStatus Take(ByteQueue data, bool endStream)
    {
        _waiting.Append(data);
        _ends = endStream;
        Hold(_callbacks.BufferLimit > 0 && _waiting.Length > _callbacks.BufferLimit);
        // Written in a later turn even where it may be at once: a hook must not inject.
        if (!_timer.IsArmed)
            _worker.Arm(_timer, 0);
        return FilterStatus.Take;
    }

    public FilterStatus OnTrailers()
    {
        if (_waiting.IsEmpty)
            return FilterStatus.Continue;
        _trailersWait = true;
        return FilterStatus.Hold;
    }

    public void OnTimer(TimerNode timer)
    {
        var now = _worker.Now;
        _tokens = Math.Min(Slices, _tokens + ((now - _filledAt) * Slices / 1000.0));
        _filledAt = now;
        var needed = Math.Ceiling(_waiting.Length / (double)_sliceBytes);
        var granted = Math.Min(Math.Floor(_tokens), needed);
        _tokens -= granted;
        var allowed = ((ulong)granted * _sliceBytes) + _leftOver;
        var write = Math.Min(allowed, (ulong)_waiting.Length);
        _leftOver = allowed - write;
        _out.MoveFrom(_waiting, (long)write);
        Hold(_holds && _waiting.Length > _callbacks.BufferLimit / 2);
        var done = _waiting.IsEmpty;
        if (!done)
            _worker.Arm(_timer, SliceMilliseconds);
        if (write > 0 || (done && _ends))
            _callbacks.InjectResponseData(_out, done && _ends);
        if (done && _trailersWait)
            _callbacks.ResumeResponse();
    }

    /// <summary>The stream is over.</summary>
    public void End()
    {
        _worker.Disarm(_timer);
        _waiting.Clear();
        _out.Clear();
    }

    private void Hold(bool hold)
    {
        if (_holds == hold)
            return;
        _holds = hold;
        _callbacks.HoldResponse(hold);
    }
}
