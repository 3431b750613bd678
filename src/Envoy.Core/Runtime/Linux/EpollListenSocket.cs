using System.Net;
using System.Net.Sockets;

namespace Envoy.Runtime.Linux;

/// <summary>A listening socket of the epoll engine. Thread-safe.</summary>
internal sealed class EpollListenSocket : ListenSocket
{
    private readonly Socket _socket;
    private readonly string? _pathToRemove;

    public EpollListenSocket(Socket socket)
    {
        _socket = socket;
        LocalEndPoint = socket.LocalEndPoint!;
        Descriptor = (int)socket.Handle;
        var path = LocalEndPoint is UnixDomainSocketEndPoint ? LocalEndPoint.ToString() : null;
        _pathToRemove = path is { Length: > 0 } && path[0] is not ('@' or '\0') ? path : null;
    }

    public override EndPoint LocalEndPoint { get; }

    public int Descriptor { get; }

    public override void Dispose()
    {
        _socket.Dispose();
        // The framework removes the file of a Unix socket that it bound; asking again for a missing file is harmless.
        if (_pathToRemove is not null)
            File.Delete(_pathToRemove);
    }
}
