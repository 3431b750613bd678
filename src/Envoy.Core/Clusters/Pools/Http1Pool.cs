using Envoy.Clusters.Hosts;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>
/// One worker's HTTP/1 connections to one host, each for one request at a time: idle ones are used last in, first out (the warmest first, so that a lull
/// lets the others grow old). Worker-owned.
/// </summary>
internal sealed class Http1Pool(Cluster cluster, Host host, ClusterLimits limits, UpstreamSocketOptions? options) : HostPool(cluster, host, limits, options)
{
    private readonly Stack<Http1ClientConnection> _idle = new();
    private int _connections;

    public override long Provision => Active + Connecting + _idle.Count;

    protected override int ConnectionCount => _connections;

    /// <summary>A connection is made.</summary>
    public void OnConnected(Http1ClientConnection connection)
    {
        OnConnectionMade();
        OnIdle(connection);
    }

    /// <summary>A connection is free for the next request.</summary>
    public void OnIdle(Http1ClientConnection connection)
    {
        while (Pending.First is { } request)
        {
            Pending.Remove(request);
            if (!TryBegin(request))
                continue;
            Attach(connection, request);
            ConnectForWaiting();
            return;
        }

        if (IsDraining)
        {
            connection.Close();
            return;
        }

        _idle.Push(connection);
        connection.BecomeIdle();
    }

    /// <summary>A connection could not be made.</summary>
    public void OnConnectFailed(bool timedOut, string why)
    {
        _connections--;
        OnConnectionFailed(timedOut, why);
    }

    /// <summary>A connection that was made is gone.</summary>
    public void OnClosed(Http1ClientConnection connection)
    {
        _connections--;
        if (connection.IsInIdleStack)
            RemoveIdle(connection);
        OnConnectionClosed();
    }

    protected override bool TryAttach(StreamRequest request)
    {
        while (_idle.TryPeek(out var idle))
        {
            if (!idle.IsUsable)
            {
                _idle.Pop();
                continue;
            }

            if (!TryBegin(request))
                return true;
            _idle.Pop();
            Attach(idle, request);
            return true;
        }

        return false;
    }

    protected override void OpenConnection()
    {
        Count();
        new Http1ClientConnection(this, new UpstreamConnectionAccount(Cluster, Host, Limits)).Open();
    }

    protected override void AdoptConnection(UpstreamConnectionAccount account)
    {
        Count();
        new Http1ClientConnection(this, account).Adopt();
    }

    protected override void CloseIdle()
    {
        while (_idle.TryPop(out var idle))
            idle.Close();
    }

    private void Count()
    {
        _connections++;
        Cluster.Stats.UpstreamCxHttp1Total.Inc();
    }

    private void Attach(Http1ClientConnection connection, StreamRequest request)
    {
        connection.Attach(request.Requester.ResponseHandler);
        request.Requester.OnStreamReady(connection, Host, connection.Connection);
    }

    private void RemoveIdle(Http1ClientConnection gone)
    {
        // Rare (an upstream ended an idle connection), and a pool is small: the stack is rebuilt without it.
        var kept = _idle.ToArray();
        _idle.Clear();
        for (var i = kept.Length - 1; i >= 0; i--)
        {
            if (!ReferenceEquals(kept[i], gone))
                _idle.Push(kept[i]);
        }
    }
}
