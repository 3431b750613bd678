using System.Net;
using System.Net.Sockets;
using Envoy.Buffers;

namespace Envoy.Formatting;

/// <summary>Writes addresses as Envoy does: <c>127.0.0.1:80</c>, <c>[::1]:80</c>, the path of a socket file.</summary>
internal static class AddressText
{
    /// <summary>Writes an address; false when there is none.</summary>
    public static bool Write(EndPoint? address, bool withPort, ByteSink output)
    {
        switch (address)
        {
            case null:
                return false;
            case IPEndPoint ip:
                WriteIp(ip, withPort, output);
                return true;
            default:
                output.Append(address.ToString());
                return true;
        }
    }

    private static void WriteIp(IPEndPoint ip, bool withPort, ByteSink output)
    {
        Span<char> text = stackalloc char[64];
        _ = ip.Address.TryFormat(text, out var written);
        var brackets = withPort && ip.AddressFamily == AddressFamily.InterNetworkV6;
        if (brackets)
            output.Append((byte)'[');
        output.Append(text[..written]);
        if (brackets)
            output.Append((byte)']');
        if (!withPort)
            return;
        output.Append((byte)':');
        output.Append((long)ip.Port);
    }
}
