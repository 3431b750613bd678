using System.Net;

namespace Envoy.Runtime.Linux;

/// <summary>An accepted descriptor on its way to a worker.</summary>
internal sealed class EpollAcceptedSocket(int descriptor, EndPoint? remote) : AcceptedSocket
{
    private int _descriptor = descriptor;

    public override Transport Adopt(Worker worker, ITransportHandler handler)
    {
        var transport = new EpollTransport((EpollPoller)worker.Poller, handler);
        transport.Adopt(_descriptor, remote);
        _descriptor = -1;
        return transport;
    }

    public override void Dispose()
    {
        if (_descriptor >= 0)
            _ = Interop.Close(_descriptor);
        _descriptor = -1;
    }
}
