using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Net;

namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary>
/// Reads a header of the PROXY protocol, either version (the specification is HAProxy's proxy-protocol.txt), from a connection's first bytes, of which it
/// takes none. They may come in any pieces. Thread-safe.
/// </summary>
internal static class ProxyHeaderReader
{
    /// <summary>The longest line of version 1: 107 and, as Envoy counts, one more.</summary>
    internal const int MostV1 = 108;

    private const int V2Fixed = 16;
    private const int V2AddressesV4 = 12;
    private const int V2AddressesV6 = 36;

    private static ReadOnlySpan<byte> V1Signature => "PROXY "u8;

    private static ReadOnlySpan<byte> V2Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    public static ProxyHeaderStatus Read(ReadOnlySpan<byte> received, out ProxyHeader header)
    {
        header = default;
        if (BeginsAs(received, V2Signature))
        {
            if (received.Length < V2Signature.Length)
                return ProxyHeaderStatus.NeedMore;
            header = new ProxyHeader { Version = ProxyProtocolVersion.V2 };
            return received.Length < V2Fixed ? ProxyHeaderStatus.NeedMore : ReadV2(received, ref header);
        }

        if (!BeginsAs(received, V1Signature))
            return ProxyHeaderStatus.NotFound;
        if (received.Length >= V1Signature.Length)
            header = new ProxyHeader { Version = ProxyProtocolVersion.V1 };
        var end = received[..Math.Min(received.Length, MostV1)].IndexOf("\r\n"u8);
        if (end < 0)
            return received.Length < MostV1 ? ProxyHeaderStatus.NeedMore : ProxyHeaderStatus.Malformed;
        header = header with { Length = end + 2, TlvStart = end + 2 };
        return ReadV1(received[..end], ref header) ? ProxyHeaderStatus.Found : ProxyHeaderStatus.Malformed;
    }

    private static bool BeginsAs(ReadOnlySpan<byte> received, ReadOnlySpan<byte> signature)
    {
        var common = Math.Min(received.Length, signature.Length);
        return received[..common].SequenceEqual(signature[..common]);
    }

    /// <summary><c>PROXY TCP4 source destination source-port destination-port</c></summary>
    private static bool ReadV1(ReadOnlySpan<byte> line, ref ProxyHeader header)
    {
        var parts = Encoding.Latin1.GetString(line).TrimEnd(' ').Split(' ');
        if (parts.Length < 2)
            return false;

        // Section 2.1: whatever follows UNKNOWN is ignored.
        if (parts[1] == "UNKNOWN")
            return true;
        if (parts.Length != 6 || parts[1] is not ("TCP4" or "TCP6"))
            return false;
        var family = parts[1] == "TCP4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        if (!TryReadEndPoint(parts[2], parts[4], family, out var source) || !TryReadEndPoint(parts[3], parts[5], family, out var destination))
            return false;
        header = header with { Source = source, Destination = destination };
        return true;
    }

    private static bool TryReadEndPoint(string address, string port, AddressFamily family, out IPEndPoint endPoint)
    {
        endPoint = null!;
        if (!AddressReader.IsIPLiteral(address) || address.Contains('%', StringComparison.Ordinal)
            || !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        endPoint = new IPEndPoint(IPAddress.Parse(address), number);
        return endPoint.AddressFamily == family && IsUnicast(endPoint.Address);
    }

    private static ProxyHeaderStatus ReadV2(ReadOnlySpan<byte> received, ref ProxyHeader header)
    {
        var (version, command) = (received[12] >> 4, received[12] & 0x0f);
        var (family, transport) = (received[13] >> 4, received[13] & 0x0f);
        var length = BinaryPrimitives.ReadUInt16BigEndian(received[14..]);
        if (version != 2)
            return ProxyHeaderStatus.Malformed;
        header = header with { Length = V2Fixed + length, TlvStart = V2Fixed + length };

        // LOCAL: the proxy speaks for itself, and whatever addresses and extensions follow are skipped.
        if (command == 0)
            return received.Length < header.Length ? ProxyHeaderStatus.NeedMore : ProxyHeaderStatus.Found;

        // PROXY, for IPv4 or IPv6, over a stream or (Envoy takes it too) datagrams.
        if (command != 1 || family is not (1 or 2) || transport is not (1 or 2))
            return ProxyHeaderStatus.Malformed;
        var addresses = family == 1 ? V2AddressesV4 : V2AddressesV6;
        if (length < addresses)
            return ProxyHeaderStatus.Malformed;
        if (received.Length < header.Length)
            return ProxyHeaderStatus.NeedMore;
        var size = family == 1 ? 4 : 16;
        var at = received[V2Fixed..];
        var ports = at[(2 * size)..];
        header = header with
        {
            TlvStart = V2Fixed + addresses,
            Source = new IPEndPoint(new IPAddress(at[..size]), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            Destination = new IPEndPoint(new IPAddress(at.Slice(size, size)), BinaryPrimitives.ReadUInt16BigEndian(ports[2..])),
        };
        return IsUnicast(header.Source.Address) && IsUnicast(header.Destination.Address) ? ProxyHeaderStatus.Found : ProxyHeaderStatus.Malformed;
    }

    private static bool IsUnicast(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !address.Equals(IPAddress.IPv6Any) && !address.IsIPv6Multicast;
        Span<byte> bytes = stackalloc byte[4];
        _ = address.TryWriteBytes(bytes, out _);
        return !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.Broadcast) && bytes[0] is not (>= 224 and <= 239);
    }
}
