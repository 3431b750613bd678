using System.Net;
using System.Net.Sockets;
using Envoy.Runtime.Memory;

namespace Envoy.Runtime.Linux;

/// <summary>The engine over Linux's epoll. Thread-safe.</summary>
internal sealed class EpollEngine(MemoryNetwork? memory = null) : Engine(memory)
{
    public override string Name => "epoll";

    public override Poller CreatePoller(Worker worker) => new EpollPoller(worker, Memory);

    protected override IReadOnlyList<ListenSocket> BindSockets(ListenOptions options)
    {
        var sockets = new List<ListenSocket>();
        try
        {
            if (!options.ReusePort || options.EndPoint is not IPEndPoint)
                return [new EpollListenSocket(SocketBinding.Bind(options))];
            // The first bind is exclusive. SO_REUSEPORT would otherwise let a second process of this user share the port in silence; it is
            // set only after this bind has found the port free, and the kernel then lets our own further sockets join.
            var first = SocketBinding.Bind(options, afterBind: static socket => socket.SetRawSocketOption(Interop.SolSocket, Interop.SoReusePort, [1, 0, 0, 0]));
            sockets.Add(new EpollListenSocket(first));
            var bound = options with { EndPoint = first.LocalEndPoint! };
            while (sockets.Count < options.Workers)
            {
                sockets.Add(new EpollListenSocket(SocketBinding.Bind(
                    bound,
                    beforeBind: static socket => socket.SetRawSocketOption(Interop.SolSocket, Interop.SoReusePort, [1, 0, 0, 0]))));
            }

            return sockets;
        }
        catch
        {
            foreach (var socket in sockets)
                socket.Dispose();
            throw;
        }
    }
}
