using System.Net.Sockets;

namespace Envoy.Runtime;

/// <summary>What a transport's owner is told, always on the worker and never from within a call made on the transport.</summary>
internal interface ITransportHandler
{
    /// <summary>The outcome of a connect; only for transports made by <see cref="Poller.Connect"/>.</summary>
    void OnConnected(SocketError error);

    /// <summary>Bytes, the peer's end or an error may be waiting.</summary>
    void OnReadable();

    /// <summary>A send that would have blocked may go on.</summary>
    void OnWritable();

    /// <summary>The connection broke (a reset), although nobody may be reading.</summary>
    void OnHangup();
}
