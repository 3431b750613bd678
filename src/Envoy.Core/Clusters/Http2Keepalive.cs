using Envoy.Http.Http2;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.Clusters;

/// <summary>Asks an HTTP/2 peer for signs of life, and tells when none comes. Worker-owned.</summary>
internal sealed class Http2Keepalive : ITimerHandler
{
    private readonly Worker _worker;
    private readonly Http2Connection _connection;
    private readonly Http2KeepaliveOptions _options;
    private readonly Action _onDead;
    private readonly TimerNode _interval;
    private readonly TimerNode _timeout;

    /// <summary>Begins, if an interval is set.</summary>
    public Http2Keepalive(Worker worker, Http2Connection connection, Http2KeepaliveOptions options, Action onDead)
    {
        _worker = worker;
        _connection = connection;
        _options = options;
        _onDead = onDead;
        _interval = new TimerNode(this);
        _timeout = new TimerNode(this);
        ArmInterval();
    }

    /// <summary>Asks now, unless an answer is being waited for already.</summary>
    public void Ask()
    {
        if (_timeout.IsArmed)
            return;
        _worker.Disarm(_interval);
        _connection.Ping();
        _worker.Arm(_timeout, _options.Timeout);
    }

    public void OnPong()
    {
        if (!_timeout.IsArmed)
            return;
        _worker.Disarm(_timeout);
        ArmInterval();
    }

    public void Stop()
    {
        _worker.Disarm(_interval);
        _worker.Disarm(_timeout);
    }

    public void OnTimer(TimerNode timer)
    {
        if (ReferenceEquals(timer, _timeout))
            _onDead();
        else
            Ask();
    }

    // A little longer at random, so that connections that began together do not ask together.
    private void ArmInterval()
    {
        var interval = (long)_options.Interval.TotalMilliseconds;
        if (interval > 0)
            _worker.Arm(_interval, interval + (long)(_worker.Random.NextDouble() * _options.IntervalJitterPercent / 100 * interval));
    }
}
