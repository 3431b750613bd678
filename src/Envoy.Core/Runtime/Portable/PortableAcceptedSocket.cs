using System.Net.Sockets;

namespace Envoy.Runtime.Portable;

/// <summary>An accepted socket on its way to a worker.</summary>
internal sealed class PortableAcceptedSocket(Socket socket) : AcceptedSocket
{
    private Socket? _socket = socket;

    public override Transport Adopt(Worker worker, ITransportHandler handler)
    {
        ObjectDisposedException.ThrowIf(_socket is null, this);
        var transport = new PortableTransport((PortablePoller)worker.Poller, handler);
        var adopted = _socket;
        _socket = null;
        transport.Adopt(adopted);
        return transport;
    }

    public override void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
