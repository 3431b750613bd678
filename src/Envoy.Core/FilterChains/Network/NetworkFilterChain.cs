using System.Diagnostics.CodeAnalysis;
using Envoy.Buffers;
using Envoy.Net;
using Envoy.Runtime.Timers;

namespace Envoy.FilterChains.Network;

/// <summary>
/// The filters of one connection and the loop that runs them: reads first to last, writes last to first. A read that was stopped starts
/// with the first filter again when more arrives, and with the filter after the stopper when that one continues (Envoy's rule).
/// Worker-owned.
/// </summary>
internal sealed class NetworkFilterChain : IConnectionHandler, ITimerHandler
{
    private readonly IConnectionObserver? _observer;
    private INetworkFilter[] _filters = [];
    private INetworkWriteFilter?[]? _writeFilters;
    private int _attached;
    private int _initialised;
    private bool _inRead;
    private TimerNode? _secureTimer;

    public NetworkFilterChain(IConnectionObserver? observer, Connection connection)
    {
        _observer = observer;
        Connection = connection;
    }

    /// <summary>Links of the observer's list.</summary>
    public NetworkFilterChain? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    public NetworkFilterChain? Next { get; set; }

    public Connection Connection { get; }

    /// <summary>The cluster that a filter has chosen for the one that forwards; null: none has.</summary>
    public string? ChosenCluster { get; set; }

    /// <summary>Why a filter ends the connection; null: none has said.</summary>
    public string? TerminationDetails { get; set; }

    /// <summary>Puts a transport socket under the filters, before they start; it is to be ready within <paramref name="timeout"/>, unless that is zero.</summary>
    public void Secure(IDownstreamTransportSocket socket, TimeSpan timeout)
    {
        Connection.Secure(socket);
        if (timeout > TimeSpan.Zero)
            Connection.Worker.Arm(_secureTimer = new TimerNode(this), timeout);
    }

    /// <summary>Attaches the filters and tells them of the new connection.</summary>
    public void Start(ReadOnlySpan<INetworkFilterFactory> factories)
    {
        _filters = new INetworkFilter[factories.Length];
        for (var i = 0; i < factories.Length; i++)
        {
            var filter = factories[i].Create();
            _filters[i] = filter;
            if (filter is INetworkWriteFilter writer)
                (_writeFilters ??= new INetworkWriteFilter?[factories.Length])[i] = writer;
        }

        for (var i = 0; i < _filters.Length && !Connection.IsClosed; i++)
        {
            _filters[i].Attach(new NetworkFilterCallbacks(this, i));
            _attached = i + 1;
        }

        Read(0, Connection.Input, endOfStream: false, injected: false);
    }

    public void OnData(ByteQueue input, bool endOfStream) => Read(0, input, endOfStream, injected: false);

    public void OnEvent(ConnectionEvent connectionEvent)
    {
        if (_secureTimer is not null)
            Connection.Worker.Disarm(_secureTimer);
        if (connectionEvent == ConnectionEvent.Connected)
        {
            for (var i = 0; i < _attached && Connection.IsOpen; i++)
                _filters[i].OnSecured();
            return;
        }

        for (var i = 0; i < _attached; i++)
            Tell(_filters[i], connectionEvent);
        _observer?.OnClosed(this);
    }

    public void OnTimer(TimerNode timer)
    {
        _observer?.OnSecureTimeout();
        Connection.Close(ConnectionCloseType.NoFlush);
    }

    /// <summary>The listener is going away: filters that can, finish what is under way and close.</summary>
    public void OnDrain()
    {
        Connection.Guard(() =>
        {
            for (var i = 0; i < _attached && Connection.IsOpen; i++)
                _filters[i].OnDrain();
        });
    }

    public void OnAboveWriteHighWatermark()
    {
        foreach (var filter in _filters)
            (filter as INetworkReadFilter)?.OnAboveWriteHighWatermark();
    }

    public void OnBelowWriteLowWatermark()
    {
        foreach (var filter in _filters)
            (filter as INetworkReadFilter)?.OnBelowWriteLowWatermark();
    }

    public void ContinueReading(int index)
    {
        if (Connection.IsClosed)
            return;
        // From inside a read hook the running loop would see the bytes twice: the return value of the hook decides there.
        if (_inRead)
        {
            Connection.RedeliverInput();
            return;
        }

        Connection.Guard(() => Read(index + 1, Connection.Input, Connection.ReadEnded, injected: false));
        Connection.ResumeReading();
    }

    public void InjectRead(int index, ByteQueue data, bool endOfStream)
        => Connection.Guard(() => Read(index + 1, data, endOfStream, injected: true));

    public void InjectWrite(int index, ByteQueue data, bool endOfStream) => WriteFrom(index - 1, data, endOfStream);

    public void Write(ByteQueue data, bool endOfStream) => WriteFrom(_filters.Length - 1, data, endOfStream);

    private void Read(int from, ByteQueue data, bool endOfStream, bool injected)
    {
        var outer = _inRead;
        _inRead = true;
        try
        {
            RunReadFilters(from, data, endOfStream);
        }
        finally
        {
            _inRead = outer;
            if (injected)
                data.Clear();
        }
    }

    private void RunReadFilters(int from, ByteQueue data, bool endOfStream)
    {
        for (var i = from; i < _filters.Length && Connection.IsOpen; i++)
        {
            if (_filters[i] is not INetworkReadFilter filter)
            {
                _initialised = Math.Max(_initialised, i + 1);
                continue;
            }

            if (_initialised <= i)
            {
                _initialised = i + 1;
                if (filter.OnNewConnection() == NetworkFilterStatus.Stop || !Connection.IsOpen)
                    break;
            }

            if ((!data.IsEmpty || endOfStream) && filter.OnData(data, endOfStream) == NetworkFilterStatus.Stop)
                break;
        }
    }

    /// <summary>Each filter hears of the end whatever another one does; nothing is left to close.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "One filter's exception must not keep the others from ending.")]
    private void Tell(INetworkFilter filter, ConnectionEvent connectionEvent)
    {
        try
        {
            filter.OnClose(connectionEvent);
        }
        catch (Exception e)
        {
            NetLog.HandlerFailed(Connection.Worker.Logger, e);
        }
    }

    private void WriteFrom(int from, ByteQueue data, bool endOfStream)
    {
        if (_writeFilters is { } writers)
        {
            for (var i = from; i >= 0; i--)
            {
                if (writers[i] is { } writer && writer.OnWrite(data, endOfStream) == NetworkFilterStatus.Stop)
                    return;
            }
        }

        Connection.Write(data, endOfStream);
    }
}
