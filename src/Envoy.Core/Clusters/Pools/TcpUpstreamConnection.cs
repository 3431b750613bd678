using Envoy.Buffers;
using Envoy.Clusters.Hosts;
using Envoy.FilterChains.Network;
using Envoy.Net;

namespace Envoy.Clusters.Pools;

/// <summary>A plain connection to a host, for one user. Worker-owned.</summary>
internal sealed class TcpUpstreamConnection : IUpstreamConnection, IConnectionHandler
{
    private readonly IUpstreamConnectionHandler _handler;
    private readonly UpstreamConnectionAccount _account;

    public TcpUpstreamConnection(Cluster cluster, Host host, ClientAddresses? client, IUpstreamConnectionHandler handler)
    {
        _handler = handler;
        _account = new UpstreamConnectionAccount(cluster, host, cluster.Limits);
        Connection = _account.Open(this, cluster.SocketOptionsOf(host, client, name: null, client?.UpstreamSource));
        Connection.EnableHalfClose(true);
    }

    public Connection Connection { get; }

    public string HostAddress => _account.Host.Address;

    public bool ConnectTimedOut => _account.TimedOut;

    public bool WasReset => Connection.WasReset;

    public long WriteBuffered => Connection.WriteBuffered;

    public long LastSentAt => Connection.LastSentAt;

    public void Write(ByteQueue data, bool endOfStream) => Connection.Write(data, endOfStream);

    public void ReadDisable(bool disable) => Connection.ReadDisable(disable);

    public void Close(ConnectionCloseType type) => Connection.Close(type);

    public void OnData(ByteQueue input, bool endOfStream) => _handler.OnData(input, endOfStream);

    public void OnEvent(ConnectionEvent connectionEvent)
    {
        if (connectionEvent == ConnectionEvent.Connected)
            _account.OnConnected();
        else
            _account.OnClosed(connectionEvent, hasActiveRequest: _account.IsConnected);
        _handler.OnEvent(connectionEvent);
    }

    public void OnAboveWriteHighWatermark() => _handler.OnAboveWriteHighWatermark();

    public void OnBelowWriteLowWatermark() => _handler.OnBelowWriteLowWatermark();
}
