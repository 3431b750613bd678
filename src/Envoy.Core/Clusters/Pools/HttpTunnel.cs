using Envoy.Buffers;
using Envoy.Clusters.Hosts;
using Envoy.FilterChains.Network;
using Envoy.Http.Headers;
using Envoy.Http.Streams;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>
/// A tunnel through an upstream that speaks HTTP, which its user sees as a connection: a stream of a pool, with CONNECT or POST. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  waiting for a stream ─► request sent ─► 2xx (over HTTP/2: 200) ─► Connected ─► either side ends, or resets ─► closed
///            └──────────────────┴─ any other answer, or a reset ─► RemoteClose, as from a host that refuses a connection
/// </code>
/// The upstream's end is the tunnel's: what is written after it would have nobody who tells that it is too much.
/// </remarks>
internal sealed class HttpTunnel : IUpstreamConnection, IStreamRequester, IClientStreamHandler
{
    private readonly Cluster _cluster;
    private readonly HeaderMap _headers;
    private readonly IUpstreamConnectionHandler _handler;
    private readonly StreamRequest _place;
    private readonly ByteQueue _none;
    private IClientStream? _stream;
    private int _held;
    private bool _starting;
    private bool _granted;
    private bool _aboveHigh;
    private bool _writeEnded;
    private bool _closed;

    public HttpTunnel(Cluster cluster, Host host, HeaderMap headers, IUpstreamConnectionHandler handler)
    {
        _cluster = cluster;
        _headers = headers;
        _handler = handler;
        _place = new StreamRequest(this);
        _none = new ByteQueue(cluster.Worker);
        HostAddress = host.Address;
    }

    public Connection? Connection { get; private set; }

    public string HostAddress { get; }

    public bool ConnectTimedOut { get; private set; }

    public bool WasReset { get; private set; }

    public long WriteBuffered => 0;

    // As in Envoy: what goes out over a tunnel puts off no idle timeout, only what is given to it does.
    public long LastSentAt => 0;

    public IClientStreamHandler ResponseHandler => this;

    public HeaderMap ResponseHeaders { get; } = new();

    public HeaderMap ResponseTrailers { get; } = new();

    /// <summary>Asks the pool for a stream; false: a limit is reached.</summary>
    public bool TryStart(IHttpPool pool)
    {
        _starting = true;
        pool.Request(_place);
        _starting = false;
        return !_closed;
    }

    public void Write(ByteQueue data, bool endOfStream)
    {
        if (_stream is null)
        {
            data.Clear();
            return;
        }

        _writeEnded |= endOfStream;
        _stream.SendData(data, endOfStream);
    }

    public void ReadDisable(bool disable)
    {
        _held += disable ? 1 : -1;
        if (_stream is null || !_granted)
            return;
        var stats = _cluster.Stats;
        (disable ? stats.UpstreamFlowControlPausedReadingTotal : stats.UpstreamFlowControlResumedReadingTotal).Inc();
        _stream.ReadDisable(disable);
    }

    public void Close(ConnectionCloseType type)
    {
        if (!_closed)
            End(ConnectionEvent.LocalClose);
    }

    public void OnStreamReady(IClientStream stream, Host host, Connection connection)
    {
        Connection = connection;
        _stream = stream;
        stream.SendHeaders(_headers, endStream: false, upgrades: false);
        if (!_closed && stream.IsAboveWriteHighWatermark)
            OnAboveWriteHighWatermark();
    }

    public void OnStreamFailed(StreamResetReason reason, string details)
    {
        ConnectTimedOut = reason == StreamResetReason.ConnectionTimeout;
        // From within the asking call it is the asker who hears of it.
        _closed = true;
        if (!_starting)
            _handler.OnEvent(ConnectionEvent.RemoteClose);
    }

    public void OnInformational()
    {
    }

    public void OnResponseHeaders(int status, bool endStream)
    {
        var isHttp2 = _stream is Http.Http2.Http2ClientStream;
        if (endStream)
            _stream = null;
        if (endStream || (isHttp2 ? status != 200 : status is < 200 or > 299))
        {
            End(ConnectionEvent.RemoteClose);
            return;
        }

        _granted = true;
        for (var i = 0; i < _held; i++)
            _stream!.ReadDisable(true);
        _handler.OnEvent(ConnectionEvent.Connected);
    }

    public void OnResponseData(ByteQueue data, bool endStream)
    {
        if (_closed)
        {
            data.Clear();
            return;
        }

        _handler.OnData(data, endStream);
        if (endStream && !_closed)
            OnUpstreamEnd();
    }

    public void OnResponseTrailers()
    {
        if (_closed)
            return;
        _handler.OnData(_none, endOfStream: true);
        if (!_closed)
            OnUpstreamEnd();
    }

    public void OnReset(StreamResetReason reason, string details)
    {
        if (_closed)
            return;
        WasReset = true;
        _stream = null;
        End(ConnectionEvent.RemoteClose);
    }

    // Streams of one connection hear of it together, also one that has begun since it was full; to the tunnel's user one belongs to the other.
    public void OnAboveWriteHighWatermark()
    {
        if (_aboveHigh || _closed)
            return;
        _aboveHigh = true;
        _handler.OnAboveWriteHighWatermark();
    }

    public void OnBelowWriteLowWatermark()
    {
        if (!_aboveHigh)
            return;
        _aboveHigh = false;
        _handler.OnBelowWriteLowWatermark();
    }

    // A stream whose request has ended too is its connection's again.
    private void OnUpstreamEnd()
    {
        if (_writeEnded)
            _stream = null;
        End(ConnectionEvent.RemoteClose);
    }

    private void End(ConnectionEvent connectionEvent)
    {
        _closed = true;
        _place.Cancel();
        var stream = _stream;
        _stream = null;
        stream?.Reset(StreamResetReason.LocalReset);
        // Its user may have another one made.
        OnBelowWriteLowWatermark();
        _handler.OnEvent(connectionEvent);
    }
}
