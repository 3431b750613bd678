using Envoy.Runtime.Timers;

namespace Envoy.Clusters.Pools;

/// <summary>How long a pooled connection lives: its idle timeout, its duration and the number of its requests. Worker-owned.</summary>
internal sealed class ConnectionLifetime : ITimerHandler
{
    private readonly Cluster _cluster;
    private readonly IPooledConnection _connection;
    private readonly TimerNode? _idleTimer;
    private readonly TimerNode? _durationTimer;
    private long _requests;

    public ConnectionLifetime(Cluster cluster, IPooledConnection connection)
    {
        _cluster = cluster;
        _connection = connection;
        if (cluster.Snapshot.Config.IdleTimeout > TimeSpan.Zero)
            _idleTimer = new TimerNode(this);
        if (cluster.Snapshot.Config.MaxConnectionDuration > TimeSpan.Zero)
            _durationTimer = new TimerNode(this);
    }

    /// <summary>It takes no request any more.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>When it became idle, by the worker's clock.</summary>
    public long IdleSince { get; private set; }

    /// <summary>How many requests it may still have.</summary>
    public long RequestsLeft => IsSpent ? 0 : _cluster.Snapshot.Config.MaxRequestsPerConnection is > 0 and var most ? most - _requests : long.MaxValue;

    public void OnConnected()
    {
        if (_durationTimer is not null)
            _cluster.Worker.Arm(_durationTimer, _cluster.Snapshot.Config.MaxConnectionDuration);
    }

    public void OnRequest()
    {
        if (++_requests != _cluster.Snapshot.Config.MaxRequestsPerConnection)
            return;
        IsSpent = true;
        _cluster.Stats.UpstreamCxMaxRequests.Inc();
    }

    public void OnIdle()
    {
        IdleSince = _cluster.Worker.Now;
        // One that is armed finds out for itself how long it has to wait: a request costs no timer.
        if (_idleTimer is { IsArmed: false })
            _cluster.Worker.Arm(_idleTimer, _cluster.Snapshot.Config.IdleTimeout);
    }

    public void OnClosed()
    {
        if (_idleTimer is not null)
            _cluster.Worker.Disarm(_idleTimer);
        if (_durationTimer is not null)
            _cluster.Worker.Disarm(_durationTimer);
        _cluster.Stats.UpstreamRqPerCx.Record(_requests);
    }

    public void OnTimer(TimerNode timer)
    {
        if (ReferenceEquals(timer, _durationTimer))
        {
            IsSpent = true;
            _cluster.Stats.UpstreamCxMaxDurationReached.Inc();
            _connection.OnDurationReached();
            return;
        }

        if (!_connection.IsIdle)
            return;
        var left = (long)_cluster.Snapshot.Config.IdleTimeout.TotalMilliseconds - (_cluster.Worker.Now - IdleSince);
        if (left > 0)
        {
            _cluster.Worker.Arm(timer, left);
            return;
        }

        _cluster.Stats.UpstreamCxIdleTimeout.Inc();
        _connection.OnIdleTimeout();
    }
}
