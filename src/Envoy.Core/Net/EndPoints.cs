using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Envoy.Runtime;
using Envoy.Runtime.Memory;

namespace Envoy.Net;

/// <summary>Configured addresses as the framework's end points, and the text that Envoy shows for them.</summary>
internal static class EndPoints
{
    /// <summary>False if the address is a host name, or names no socket at all.</summary>
    public static bool TryResolve(AddressConfig address, [NotNullWhen(true)] out EndPoint? endPoint)
    {
        switch (address)
        {
            case SocketAddressConfig socket when IPAddress.TryParse(socket.Address, out var ip):
                endPoint = new IPEndPoint(ip, socket.PortValue);
                return true;
            case PipeAddressConfig { Path: ['@', .. var rest] }:
                endPoint = new UnixDomainSocketEndPoint("\0" + rest);
                return true;
            case PipeAddressConfig pipe:
                endPoint = new UnixDomainSocketEndPoint(pipe.Path);
                return true;
            case MemoryAddressConfig memory:
                endPoint = new MemoryEndPoint(memory.Name);
                return true;
            default:
                endPoint = null;
                return false;
        }
    }

    /// <summary>The end point of an address that has been validated.</summary>
    /// <exception cref="ArgumentException">It is a host name.</exception>
    public static EndPoint Resolve(AddressConfig address)
        => TryResolve(address, out var endPoint) ? endPoint : throw new ArgumentException($"{address} is not an address to bind.", nameof(address));

    /// <summary><c>127.0.0.1:80</c>, <c>[::1]:80</c>, <c>/path</c> or <c>@abstract</c>.</summary>
    public static string Format(EndPoint? endPoint) => endPoint switch
    {
        null => "",
        IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } v6 => $"[{v6.Address}]:{v6.Port}",
        UnixDomainSocketEndPoint unix => unix.ToString() is ['\0', .. var rest] ? "@" + rest : unix.ToString(),
        _ => endPoint.ToString()!,
    };
}
