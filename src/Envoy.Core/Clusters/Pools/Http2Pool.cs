using Envoy.Clusters.Hosts;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>
/// One worker's HTTP/2 connections to one host: requests share a connection as long as it takes more streams. One that goes away (GOAWAY) takes nothing
/// new and ends with its last stream. Worker-owned.
/// </summary>
internal sealed class Http2Pool(Cluster cluster, Host host, ClusterLimits limits, UpstreamSocketOptions? options) : HostPool(cluster, host, limits, options)
{
    private readonly List<Http2ClientConnection> _connections = [];

    public override long Provision
    {
        get
        {
            var sum = (long)Active;
            foreach (var connection in _connections)
                sum += connection.Room;
            return sum;
        }
    }

    protected override int ConnectionCount => _connections.Count;

    /// <summary>A connection is made.</summary>
    public void OnConnected(Http2ClientConnection connection)
    {
        OnConnectionMade();
        OnRoom(connection);
        if (IsDraining)
            connection.CloseIfIdle();
    }

    /// <summary>A connection has room for another stream, perhaps.</summary>
    public void OnRoom(Http2ClientConnection connection)
    {
        while (connection.HasRoom && Pending.First is { } request)
        {
            Pending.Remove(request);
            if (TryBegin(request))
                Attach(connection, request);
        }

        ConnectForWaiting();
    }

    /// <summary>A connection takes no more streams: those that wait need another one.</summary>
    public void OnGoingAway() => ConnectForWaiting();

    /// <summary>A connection could not be made.</summary>
    public void OnConnectFailed(Http2ClientConnection connection, bool timedOut, string why)
    {
        _connections.Remove(connection);
        OnConnectionFailed(timedOut, why);
    }

    /// <summary>A connection that was made is gone.</summary>
    public void OnClosed(Http2ClientConnection connection)
    {
        _connections.Remove(connection);
        OnConnectionClosed();
    }

    protected override bool TryAttach(StreamRequest request)
    {
        foreach (var connection in _connections)
        {
            if (!connection.HasRoom)
                continue;
            if (TryBegin(request))
                Attach(connection, request);
            return true;
        }

        return false;
    }

    protected override void OpenConnection() => Add(new UpstreamConnectionAccount(Cluster, Host, Limits)).Open();

    protected override void AdoptConnection(UpstreamConnectionAccount account) => Add(account).Adopt();

    protected override void CloseIdle()
    {
        foreach (var connection in _connections.ToArray())
            connection.CloseIfIdle();
    }

    private Http2ClientConnection Add(UpstreamConnectionAccount account)
    {
        Cluster.Stats.UpstreamCxHttp2Total.Inc();
        var connection = new Http2ClientConnection(this, account);
        _connections.Add(connection);
        return connection;
    }

    private void Attach(Http2ClientConnection connection, StreamRequest request) =>
        request.Requester.OnStreamReady(connection.Begin(request.Requester.ResponseHandler), Host, connection.Connection);
}
