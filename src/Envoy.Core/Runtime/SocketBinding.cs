using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Envoy.Runtime;

/// <summary>Binds listening sockets, the same way for every engine.</summary>
internal static class SocketBinding
{
    // Beyond what any system allows: the kernel cuts it down to its own maximum (somaxconn).
    private const int LargestBacklog = 65535;

    /// <summary>Makes a bound, listening, non-blocking socket.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public static Socket Bind(ListenOptions options, Action<Socket>? beforeBind = null, Action<Socket>? afterBind = null)
    {
        var unix = options.EndPoint is UnixDomainSocketEndPoint;
        var socket = new Socket(options.EndPoint.AddressFamily, SocketType.Stream, unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            socket.Blocking = false;
            if (!unix)
            {
                // Accepted sockets inherit it on Linux; elsewhere it is set again.
                socket.NoDelay = true;
                if (OperatingSystem.IsLinux())
                    socket.SetRawSocketOption(1 /* SOL_SOCKET */, 2 /* SO_REUSEADDR: a restart need not wait for TIME_WAIT */, [1, 0, 0, 0]);
                else if (OperatingSystem.IsMacOS())
                    socket.SetRawSocketOption(0xffff /* SOL_SOCKET */, 4 /* SO_REUSEADDR */, [1, 0, 0, 0]);
                else if (OperatingSystem.IsWindows())
                    socket.ExclusiveAddressUse = true; // There a second process could otherwise take the port over.
                if (options.EndPoint.AddressFamily == AddressFamily.InterNetworkV6)
                    socket.DualMode = options.DualStack;
            }

            beforeBind?.Invoke(socket);
            if (unix)
                BindPath(socket, options);
            else
                socket.Bind(options.EndPoint);
            afterBind?.Invoke(socket);
            socket.Listen(options.Backlog > 0 ? options.Backlog : LargestBacklog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [SuppressMessage("Interoperability", "CA1416", Justification = "A file mode is only asked for where there are file modes.")]
    private static void BindPath(Socket socket, ListenOptions options)
    {
        var path = options.EndPoint.ToString()!;
        var named = path.Length > 0 && path[0] != '@' && path[0] != '\0';
        if (named && File.Exists(path) && IsDeadSocket(options.EndPoint))
            File.Delete(path);
        socket.Bind(options.EndPoint);
        if (named && options.PipeMode != 0)
            File.SetUnixFileMode(path, (UnixFileMode)options.PipeMode);
    }

    /// <summary>A socket file that a process left behind refuses connections; one in use, or no socket at all, is not ours to remove.</summary>
    private static bool IsDeadSocket(EndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
