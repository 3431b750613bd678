using Envoy.Buffers;
using Envoy.Clusters.Hosts;
using Envoy.Http.Headers;
using Envoy.Http.Streams;
using Envoy.Net;
using Envoy.Routing;

namespace Envoy.Clusters.Pools;

/// <summary>
/// A plain connection to a host for one request that is a tunnel: where others get a stream of a pooled connection, it gets this one, and what it
/// carries goes on as it is. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  Request ─► connecting ─► connected: the requester sends its headers, which stay here, and is answered with 200
///                 │              ├─► the request ends ─► our direction of the connection ends
///                 │              └─► the host ends its direction ─► the response ends, and the connection with it (as in Envoy)
///                 └─► failed: no stream
/// </code>
/// </remarks>
internal sealed class TcpTunnel : IHttpPool, IClientStream, IConnectionHandler
{
    // Envoy's default of delayed_close_timeout: how long a host may take nothing of what its client has left behind.
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

    private readonly Cluster _cluster;
    private readonly ClusterLimits _limits;
    private readonly ConnectConfig _config;
    private readonly Connection? _client;
    private readonly bool _tellsClient;
    private readonly ServerName? _name;
    private readonly UpstreamConnectionAccount _account;
    private readonly HostStatsPart _hostStats;
    private readonly ByteQueue _data;
    private StreamRequest? _request;
    private IClientStreamHandler? _handler;
    private bool _active;
    private bool _asked;

    public TcpTunnel(Cluster cluster, Host host, ClusterLimits limits, ConnectConfig config, Connection? client, bool tellsClient, ServerName? name)
    {
        _cluster = cluster;
        _limits = limits;
        _config = config;
        _client = client;
        _tellsClient = tellsClient;
        _name = name;
        _hostStats = host.Stats.Of(cluster.Worker);
        _account = new UpstreamConnectionAccount(cluster, host, limits);
        _data = new ByteQueue(cluster.Worker);
    }

    public bool IsEmpty => _request is null && _handler is null;

    public Action? Emptied { get; set; }

    public bool IsAboveWriteHighWatermark => Connection.IsAboveWriteHighWatermark;

    private Connection Connection => _account.Connection;

    public void Request(StreamRequest request)
    {
        // There is no connection that could become free, so that nobody waits at the limit.
        var stats = _cluster.Stats;
        if (!_limits.PendingRequests.CanCreate || !_limits.Connections.CanCreate)
        {
            (_limits.PendingRequests.CanCreate ? stats.UpstreamCxOverflow : stats.UpstreamRqPendingOverflow).Inc();
            request.Requester.OnStreamFailed(StreamResetReason.Overflow, "");
            return;
        }

        _request = request;
        request.Pool = this;
        _limits.PendingRequests.Inc();
        stats.UpstreamRqPendingTotal.Inc();
        stats.UpstreamRqPendingActive.Inc();
        var connection = _account.Open(this, _cluster.SocketOptionsOf(_account.Host, _tellsClient ? _client?.Client : null, _name, _client?.UpstreamSource));
        connection.EnableHalfClose(true);
        connection.DelayedCloseTimeout = FlushTimeout;
    }

    public void Cancel(StreamRequest request)
    {
        Leave();
        _cluster.Stats.UpstreamRqCancelled.Inc();
        Connection.Close(ConnectionCloseType.NoFlush);
    }

    /// <summary>The tunnel lasts as long as its client wants it.</summary>
    public void Drain()
    {
    }

    public void SendHeaders(HeaderMap headers, bool endStream, bool upgrades)
    {
        _asked = true;
        if (_config.ProxyProtocol is { } header)
            _ = ProxyProtocolHeader.Write(_data, header, _client?.Client.Source, _client?.Client.Destination, _client?.Client.Tlvs ?? [], _account.Host.ProxyProtocolTlvs);
        if (!_data.IsEmpty || endStream)
            Connection.Write(_data, endStream);
    }

    public void SendData(ByteQueue data, bool endStream) => Connection.Write(data, endStream);

    public void SendTrailers(HeaderMap trailers) => Connection.Write(_data, endOfStream: true);

    public void Reset(StreamResetReason reason)
    {
        _handler = null;
        Release();
        // What the client sent before it left still belongs to the host (RFC 9110 section 9.3.6).
        Connection.Close(ConnectionCloseType.FlushWrite);
    }

    public void ReadDisable(bool disable)
    {
        if (!Connection.IsClosed)
            Connection.ReadDisable(disable);
    }

    public void OnData(ByteQueue input, bool endOfStream)
    {
        _data.Append(input);
        if (_handler is not { } handler)
        {
            _data.Clear();
            return;
        }

        if (endOfStream)
        {
            _handler = null;
            Release();
        }

        handler.OnResponseData(_data, endOfStream);
        _data.Clear();
        if (endOfStream)
            Connection.Close(ConnectionCloseType.FlushWrite);
    }

    public void OnEvent(ConnectionEvent connectionEvent)
    {
        if (connectionEvent == ConnectionEvent.Connected)
        {
            _account.OnConnected();
            Join();
            return;
        }

        _account.OnClosed(connectionEvent, _active);
        Release();
        if (_request is { } request)
        {
            Leave();
            _cluster.Stats.UpstreamRqPendingFailureEject.Inc();
            var timedOut = _account.TimedOut;
            request.Requester.OnStreamFailed(
                timedOut ? StreamResetReason.ConnectionTimeout : StreamResetReason.RemoteConnectionFailure, timedOut ? "" : _account.FailureReason);
        }
        else if (_handler is { } handler)
        {
            _handler = null;
            _cluster.Stats.UpstreamRqRxReset.Inc();
            handler.OnReset(StreamResetReason.ConnectionTermination, "");
        }
    }

    public void OnAboveWriteHighWatermark()
    {
        _cluster.Stats.UpstreamFlowControlBackedUpTotal.Inc();
        _handler?.OnAboveWriteHighWatermark();
    }

    public void OnBelowWriteLowWatermark()
    {
        _cluster.Stats.UpstreamFlowControlDrainedTotal.Inc();
        _handler?.OnBelowWriteLowWatermark();
    }

    private void Join()
    {
        var request = _request!;
        Leave();
        var stats = _cluster.Stats;
        stats.UpstreamRqTotal.Inc();
        stats.UpstreamRqActive.Inc();
        _hostStats.RqTotal++;
        _hostStats.RqActive++;
        _limits.Requests.Inc();
        _active = true;
        _handler = request.Requester.ResponseHandler;
        request.Requester.OnStreamReady(this, _account.Host, Connection);
        // The answer that the client waits for is ours: the host knows nothing of HTTP.
        if (!_asked || _handler is not { } handler)
            return;
        handler.ResponseHeaders.Clear();
        handler.ResponseHeaders.SetUnchecked(HeaderId.Status, "200"u8);
        handler.OnResponseHeaders(200, endStream: false);
    }

    private void Leave()
    {
        _request!.Pool = null;
        _request = null;
        _limits.PendingRequests.Dec();
        _cluster.Stats.UpstreamRqPendingActive.Dec();
    }

    private void Release()
    {
        if (!_active)
            return;
        _active = false;
        _cluster.Stats.UpstreamRqActive.Dec();
        _hostStats.RqActive--;
        _limits.Requests.Dec();
    }
}
