using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Runtime.Timers;

namespace Envoy.Filters.Http.Fault;

/// <summary>
/// Lets a response's body out at so many bytes a second: a token bucket that fills with time, looked at every 50 ms as in Envoy, from a
/// queue that stops its source when it is full. Serves one response after another. Worker-owned.
/// </summary>
internal sealed class ResponseLimiter : ITimerHandler
{
    private const int IntervalMilliseconds = 50;

    private readonly HttpFilterCallbacks _callbacks;
    private readonly TimerNode _timer;
    private readonly ByteQueue _waiting;
    private readonly ByteQueue _passing;
    private double _rate;
    private double _tokens;
    private long _filledAt;
    private bool _sawEnd;
    private bool _sawTrailers;
    private bool _holdsSource;

    public ResponseLimiter(HttpFilterCallbacks callbacks)
    {
        _callbacks = callbacks;
        _timer = new TimerNode(this);
        _waiting = new ByteQueue(callbacks.Worker);
        _passing = new ByteQueue(callbacks.Worker);
    }

    public bool IsActive { get; private set; }

    public void Start(ulong kbps)
    {
        IsActive = true;
        _rate = kbps * 1024.0;
        // The first look finds what one interval brings, so that a response does not begin with a whole second's worth.
        _tokens = _rate * IntervalMilliseconds / 1000;
        _filledAt = _callbacks.Worker.Now;
    }

    public FilterStatus OnData(ByteQueue data, bool endStream)
    {
        _waiting.Append(data);
        _sawEnd = endStream;
        // What passes is injected outside of this hook, as soon as the wheel can: only there can a part of it go on without the end.
        if (!_timer.IsArmed)
            _callbacks.Worker.Arm(_timer, 1);
        if (!_holdsSource && _callbacks.BufferLimit is > 0 and var limit && _waiting.Length > limit)
            HoldSource(true);
        return FilterStatus.Take;
    }

    public FilterStatus OnTrailers()
    {
        if (_waiting.IsEmpty)
            return FilterStatus.Continue;
        _sawTrailers = true;
        return FilterStatus.Hold;
    }

    public void OnTimer(TimerNode timer)
    {
        var now = _callbacks.Worker.Now;
        _tokens = Math.Min(_tokens + (_rate * (now - _filledAt) / 1000), _rate);
        _filledAt = now;
        var count = Math.Min((long)_tokens, _waiting.Length);
        _tokens -= count;
        _passing.MoveFrom(_waiting, count);
        if (!_waiting.IsEmpty)
            _callbacks.Worker.Arm(_timer, IntervalMilliseconds);
        if (_holdsSource && _waiting.Length <= _callbacks.BufferLimit / 2)
            HoldSource(false);
        // Letting the source go may have brought more, or the end of everything.
        if (!IsActive)
            return;
        _callbacks.InjectResponseData(_passing, _sawEnd && _waiting.IsEmpty);
        if (IsActive && _sawTrailers && _waiting.IsEmpty)
            _callbacks.ResumeResponse();
    }

    public void Stop()
    {
        _callbacks.Worker.Disarm(_timer);
        _waiting.Clear();
        _passing.Clear();
        IsActive = _sawEnd = _sawTrailers = _holdsSource = false;
    }

    private void HoldSource(bool hold)
    {
        _holdsSource = hold;
        _callbacks.HoldResponse(hold);
    }
}
