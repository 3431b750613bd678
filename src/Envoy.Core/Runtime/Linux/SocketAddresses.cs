using System.Net;
using System.Net.Sockets;

namespace Envoy.Runtime.Linux;

/// <summary>The kernel's socket addresses to and from end points.</summary>
internal static unsafe class SocketAddresses
{
    /// <summary>Room for any address that is used: sockaddr_un is the largest with 110 bytes.</summary>
    public const int MaxLength = 112;

    /// <summary>The end point of a raw address; null for an unnamed Unix socket or another family.</summary>
    public static EndPoint? Read(ReadOnlySpan<byte> raw)
    {
        if (raw.Length < 2)
            return null;
        switch (BitConverter.ToUInt16(raw))
        {
            case Interop.AfInet when raw.Length >= 8:
                return new IPEndPoint(new IPAddress(raw.Slice(4, 4)), (raw[2] << 8) | raw[3]);
            case Interop.AfInet6 when raw.Length >= 28:
                var address = new IPAddress(raw.Slice(8, 16), BitConverter.ToUInt32(raw[24..]));
                // A dual-stack listener shows IPv4 peers as ::ffff:a.b.c.d.
                return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, (raw[2] << 8) | raw[3]);
            case Interop.AfUnix when raw.Length > 3 && raw[2] == 0:
                return new UnixDomainSocketEndPoint("\0" + System.Text.Encoding.UTF8.GetString(raw[3..]));
            case Interop.AfUnix when raw.Length > 2:
                var path = raw[2..];
                var end = path.IndexOf((byte)0);
                return new UnixDomainSocketEndPoint(System.Text.Encoding.UTF8.GetString(end < 0 ? path : path[..end]));
            default:
                return null;
        }
    }

    /// <summary>Where a connection was going before a packet filter redirected it; null where it was not, or where the kernel does not know.</summary>
    public static EndPoint? OriginalDestinationOf(int socket, EndPoint? local)
    {
        if (local is not IPEndPoint ip)
            return null;
        var raw = stackalloc byte[MaxLength];
        var length = MaxLength;

        // A dual-stack socket shows an IPv4 connection as one, and is asked as one.
        var level = ip.AddressFamily == AddressFamily.InterNetwork ? Interop.SolIp : Interop.SolIpv6;
        return Interop.GetSocketOption(socket, level, Interop.SoOriginalDst, raw, &length) == 0 ? Read(new ReadOnlySpan<byte>(raw, Math.Min(length, MaxLength))) : null;
    }

    public static EndPoint? LocalOf(int socket)
    {
        var raw = stackalloc byte[MaxLength];
        var length = MaxLength;
        return Interop.GetSocketName(socket, raw, &length) == 0 ? Read(new ReadOnlySpan<byte>(raw, Math.Min(length, MaxLength))) : null;
    }
}
