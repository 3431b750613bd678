using System.Net.Sockets;

namespace Envoy.Clusters.Pools;

/// <summary>Socket errors in the words of Linux's strerror, which stand in Envoy's bodies and details.</summary>
internal static class SocketErrorText
{
    public static string Of(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "Connection refused",
        SocketError.ConnectionReset => "Connection reset by peer",
        SocketError.ConnectionAborted => "Software caused connection abort",
        SocketError.HostUnreachable => "No route to host",
        SocketError.NetworkUnreachable => "Network is unreachable",
        SocketError.NetworkDown => "Network is down",
        SocketError.TimedOut => "Connection timed out",
        SocketError.AddressNotAvailable => "Cannot assign requested address",
        SocketError.AddressFamilyNotSupported => "Address family not supported by protocol",
        SocketError.AccessDenied => "Permission denied",
        SocketError.TooManyOpenSockets => "Too many open files",
        SocketError.NoBufferSpaceAvailable => "No buffer space available",
        SocketError.InvalidArgument => "Invalid argument",
        _ => error.ToString(),
    };
}
