using Envoy.Buffers;
using Envoy.Net;

namespace Envoy.FilterChains.Network;

/// <summary>
/// A filter of one connection. Implement <see cref="INetworkReadFilter"/>, <see cref="INetworkWriteFilter"/> or both: a side that is not
/// implemented costs nothing. All calls are on the connection's worker; an exception closes that connection only. Worker-owned.
/// </summary>
public interface INetworkFilter
{
    /// <summary>Called once, before anything else.</summary>
    void Attach(NetworkFilterCallbacks callbacks);

    /// <summary>
    /// The connection's TLS handshake is done: what it established is in <see cref="Connection.Tls"/>. Never called where there is no TLS; no byte
    /// arrives before.
    /// </summary>
    void OnSecured()
    {
    }

    /// <summary>The listener is draining: end the connection at the next good moment. By default it goes on until a side ends it.</summary>
    void OnDrain()
    {
    }

    /// <summary>The connection is over; nothing else follows. Timers and upstream connections of the filter end here.</summary>
    void OnClose(ConnectionEvent connectionEvent)
    {
    }
}

/// <summary>Sees what the peer sends, first to last in the chain's order.</summary>
public interface INetworkReadFilter : INetworkFilter
{
    /// <summary>The connection is new; called before the first <see cref="OnData"/>, also when nothing has arrived yet.</summary>
    NetworkFilterStatus OnNewConnection() => NetworkFilterStatus.Continue;

    /// <summary>Bytes have arrived. The last filter of a chain drains them; others may look, change or drain.</summary>
    /// <param name="data">All that has not been taken yet.</param>
    /// <param name="endOfStream">The peer will send no more.</param>
    NetworkFilterStatus OnData(ByteQueue data, bool endOfStream);

    /// <summary>More than the buffer limit waits to be sent to the peer: stop producing.</summary>
    void OnAboveWriteHighWatermark()
    {
    }

    /// <summary>The peer has taken enough: go on.</summary>
    void OnBelowWriteLowWatermark()
    {
    }
}

/// <summary>Sees what is sent to the peer, in the reverse of the chain's order.</summary>
public interface INetworkWriteFilter : INetworkFilter
{
    /// <summary>Bytes are about to be sent; they may be changed. With <see cref="NetworkFilterStatus.Stop"/> they are not sent, and the
    /// filter, which should have moved them to a queue of its own, injects them later.</summary>
    NetworkFilterStatus OnWrite(ByteQueue data, bool endOfStream);
}
