using System.Buffers;
using Envoy.Buffers;
using Envoy.Net;
using Envoy.Runtime.Timers;

namespace Envoy.Listeners.Filters;

/// <summary>
/// A connection whose listener filters are not done: they run one after the other, each until it has seen enough of the connection's first bytes. Their
/// time is bounded, and so is what is received for them. Worker-owned.
/// </summary>
internal sealed class PendingConnection : IConnectionHandler, ITimerHandler
{
    private readonly WorkerListener _listener;
    private readonly ListenerFilterCallbacks _callbacks;
    private readonly TimerNode _timer;
    private IListenerFilter? _filter;
    private int _next;
    private bool _inFilter;
    private bool _isOver;

    public PendingConnection(WorkerListener listener, Connection connection)
    {
        _listener = listener;
        Connection = connection;
        _callbacks = new ListenerFilterCallbacks(this);
        _timer = new TimerNode(this);
    }

    public Connection Connection { get; }

    /// <summary>Another listener handed it over, and nobody hands it over twice.</summary>
    public bool CameFromAnother { get; init; }

    /// <summary>Runs the filters as far as they go without waiting.</summary>
    public void Start()
    {
        if (_listener.Config.ListenerFiltersTimeout > TimeSpan.Zero)
            Connection.Worker.Arm(_timer, _listener.Config.ListenerFiltersTimeout);
        Connection.Guard(RunNext);
    }

    public void Continue()
    {
        Connection.Worker.AssertOwned();
        if (_inFilter || _isOver || _filter is null)
            return;
        Connection.Guard(RunNext);
    }

    public void Close()
    {
        if (!_isOver)
            Connection.Close(ConnectionCloseType.NoFlush);
    }

    public void OnData(ByteQueue input, bool endOfStream)
    {
        if (!_isOver && _filter is { MostBytes: > 0 } && Act(Look()))
            RunNext();
    }

    public void OnEvent(ConnectionEvent connectionEvent)
    {
        if (_isOver)
            return;
        if (connectionEvent == ConnectionEvent.RemoteClose)
            _listener.OnPendingLost(Connection.WasReset);
        End();
        _listener.OnPendingEnded(this);
    }

    public void OnAboveWriteHighWatermark()
    {
        // Nobody writes yet.
    }

    public void OnBelowWriteLowWatermark()
    {
        // Nobody writes yet.
    }

    public void OnTimer(TimerNode timer)
    {
        if (_isOver)
            return;
        _listener.OnPendingTimeout();
        if (_listener.Config.ContinueOnListenerFiltersTimeout)
            Connection.Guard(Finish);
        else
            Connection.Close(ConnectionCloseType.NoFlush);
    }

    private void RunNext()
    {
        while (_listener.NextFilter(Connection, ref _next) is { } filter)
        {
            _filter = filter;
            _inFilter = true;
            ListenerFilterStatus status;
            try
            {
                status = filter.OnAccept(_callbacks);
            }
            finally
            {
                _inFilter = false;
            }

            if (status == ListenerFilterStatus.Wait && filter.MostBytes > 0)
                status = Look();
            if (!Act(status))
                return;
        }

        Finish();
    }

    /// <summary>Shows the filter what there is; more than once where it asks for more than it wanted and that is there.</summary>
    private ListenerFilterStatus Look()
    {
        var input = Connection.Input;
        for (var seen = 0; ;)
        {
            var count = (int)Math.Min(input.Length, _filter!.MostBytes);
            if (count <= seen)
                return ListenerFilterStatus.Wait;
            seen = count;
            var status = Show(input, count);
            if (status != ListenerFilterStatus.Wait)
                return status;
        }
    }

    private ListenerFilterStatus Show(ByteQueue input, int count)
    {
        byte[]? copy = null;
        _inFilter = true;
        try
        {
            if (input.FirstSpan.Length >= count)
                return _filter!.OnData(input.FirstSpan[..count]);
            copy = ArrayPool<byte>.Shared.Rent(count);
            input.CopyTo(copy.AsSpan(0, count));
            return _filter!.OnData(copy.AsSpan(0, count));
        }
        finally
        {
            _inFilter = false;
            if (copy is not null)
                ArrayPool<byte>.Shared.Return(copy);
        }
    }

    /// <summary>True where the next filter is to run.</summary>
    private bool Act(ListenerFilterStatus status)
    {
        if (_isOver || Connection.IsClosed)
            return false;
        switch (status)
        {
            case ListenerFilterStatus.Continue:
                // Its own: it is not told of what comes after it.
                _filter = null;
                return true;
            case ListenerFilterStatus.Close:
                _filter = null;
                Connection.Close(ConnectionCloseType.NoFlush);
                return false;
            default:
                Connection.Peek(_filter!.MostBytes);
                return false;
        }
    }

    private void Finish()
    {
        End();
        _listener.OnPendingDone(this);
    }

    private void End()
    {
        _isOver = true;
        Connection.Worker.Disarm(_timer);
        var waiting = _filter;
        _filter = null;
        waiting?.OnClose();
    }
}
