using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Buffers;

namespace Envoy.Net;

/// <summary>Writes the header that tells the next hop who the client is (HAProxy's PROXY protocol, sections 2.1 and 2.2).</summary>
internal static class ProxyProtocolHeader
{
    private const byte ProxyCommand = 0x21;
    private const byte LocalCommand = 0x20;
    private const byte StreamOverV4 = 0x11;
    private const byte StreamOverV6 = 0x21;
    private const int FixedSize = 16;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Appends the header of a client at <paramref name="source"/> that came to <paramref name="destination"/>.</summary>
    public static void Write(ByteQueue output, ProxyProtocolHeaderVersion version, EndPoint? source, EndPoint? destination)
    {
        if (version == ProxyProtocolHeaderVersion.V1)
            WriteText(output, source as IPEndPoint, destination as IPEndPoint);
        else
            WriteBinary(output, source as IPEndPoint, destination as IPEndPoint);
    }

    private static void WriteText(ByteQueue output, IPEndPoint? source, IPEndPoint? destination)
    {
        if (source is null || destination is null)
        {
            output.Append("PROXY UNKNOWN\r\n"u8);
            return;
        }

        var family = source.AddressFamily == AddressFamily.InterNetwork ? "TCP4" : "TCP6";
        output.Append(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"PROXY {family} {source.Address} {destination.Address} {source.Port} {destination.Port}\r\n")));
    }

    private static void WriteBinary(ByteQueue output, IPEndPoint? source, IPEndPoint? destination)
    {
        Span<byte> header = stackalloc byte[FixedSize + 36];
        Signature.CopyTo(header);
        if (source is null || destination is null)
        {
            // Not an address of the Internet, such as a Unix socket's.
            header[12] = LocalCommand;
            header[13] = 0;
            BinaryPrimitives.WriteUInt16BigEndian(header[14..], 0);
            output.Append(header[..FixedSize]);
            return;
        }

        var size = source.AddressFamily == AddressFamily.InterNetwork ? 4 : 16;
        header[12] = ProxyCommand;
        header[13] = size == 4 ? StreamOverV4 : StreamOverV6;
        BinaryPrimitives.WriteUInt16BigEndian(header[14..], (ushort)((2 * size) + 4));
        source.Address.TryWriteBytes(header[FixedSize..], out _);
        destination.Address.TryWriteBytes(header[(FixedSize + size)..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(header[(FixedSize + (2 * size))..], (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(header[(FixedSize + (2 * size) + 2)..], (ushort)destination.Port);
        output.Append(header[..(FixedSize + (2 * size) + 4)]);
    }
}
