using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Buffers;
using Envoy.Extensions;

namespace Envoy.Net;

/// <summary>Writes the header that tells the next hop who the client is (HAProxy's PROXY protocol, sections 2.1 and 2.2). Thread-safe.</summary>
internal static class ProxyProtocolHeader
{
    private const byte ProxyCommand = 0x21;
    private const byte LocalCommand = 0x20;
    private const byte Unspecified = 0x00;
    private const byte StreamOverV4 = 0x11;
    private const byte StreamOverV6 = 0x21;
    private const int FixedSize = 16;
    private const int TlvHead = 3;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Appends the header of a client at <paramref name="source"/> that came to <paramref name="destination"/>.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="config">Its version and extensions.</param>
    /// <param name="source">The client; one without an address of the Internet is told of as unknown.</param>
    /// <param name="destination">Where it wanted to go.</param>
    /// <param name="received">The extensions of the client's own header, of which those that the configuration names are passed on.</param>
    /// <param name="ofHost">Extensions of the host that the header goes to; they come before the configuration's of the same type.</param>
    /// <param name="allowUnspecified">With version 2, the extensions of a client without an address are told all the same.</param>
    /// <returns>False: some extensions were left out, since a header has no more than 65,535 bytes.</returns>
    public static bool Write(
        ByteQueue output, ProxyProtocolConfig config, EndPoint? source, EndPoint? destination, ValueList<ProxyProtocolTlv> received,
        ValueList<ProxyProtocolTlv>? ofHost = null, bool allowUnspecified = false)
    {
        var known = TryAddresses(source, destination, out var from, out var to);
        if (config.Version == ProxyProtocolHeaderVersion.V1)
        {
            WriteText(output, known, from, to);
            return true;
        }

        if (!known && !allowUnspecified)
        {
            WriteLocal(output);
            return true;
        }

        Span<byte> header = stackalloc byte[FixedSize + 36];
        Signature.CopyTo(header);
        header[12] = ProxyCommand;
        header[13] = Unspecified;
        var length = FixedSize;
        if (known)
        {
            header[13] = from.Address.AddressFamily == AddressFamily.InterNetwork ? StreamOverV4 : StreamOverV6;
            length += Put(from.Address, header[length..]);
            length += Put(to.Address, header[length..]);
            BinaryPrimitives.WriteUInt16BigEndian(header[length..], (ushort)from.Port);
            BinaryPrimitives.WriteUInt16BigEndian(header[(length + 2)..], (ushort)to.Port);
            length += 4;
        }

        var tlvs = Choose(config, received, ofHost ?? [], ushort.MaxValue - (length - FixedSize), out var size, out var complete);
        BinaryPrimitives.WriteUInt16BigEndian(header[14..], (ushort)(length - FixedSize + size));
        output.Append(header[..length]);
        foreach (var tlv in tlvs)
        {
            header[0] = tlv.Type;
            BinaryPrimitives.WriteUInt16BigEndian(header[1..], (ushort)tlv.Value.Count);
            output.Append(header[..TlvHead]);
            output.Append(tlv.Value.AsSpan());
        }

        return complete;
    }

    /// <summary>Appends the header, of version 2, of a connection that no client asked for.</summary>
    public static void WriteLocal(ByteQueue output)
    {
        Span<byte> header = stackalloc byte[FixedSize];
        Signature.CopyTo(header);
        header[12] = LocalCommand;
        header[13] = Unspecified;
        BinaryPrimitives.WriteUInt16BigEndian(header[14..], 0);
        output.Append(header);
    }

    private static void WriteText(ByteQueue output, bool known, (IPAddress Address, int Port) from, (IPAddress Address, int Port) to)
    {
        if (!known)
        {
            output.Append("PROXY UNKNOWN\r\n"u8);
            return;
        }

        var family = from.Address.AddressFamily == AddressFamily.InterNetwork ? "TCP4" : "TCP6";
        output.Append(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"PROXY {family} {from.Address} {to.Address} {from.Port} {to.Port}\r\n")));
    }

    // What a socket of both families calls ::ffff:192.0.2.1 is 192.0.2.1; a header has one family for both ends.
    private static bool TryAddresses(EndPoint? source, EndPoint? destination, out (IPAddress Address, int Port) from, out (IPAddress Address, int Port) to)
    {
        from = to = default;
        if (source is not IPEndPoint client || destination is not IPEndPoint server)
            return false;
        from = (Plain(client.Address), client.Port);
        to = (Plain(server.Address), server.Port);
        if (from.Address.AddressFamily != to.Address.AddressFamily)
        {
            from.Address = from.Address.MapToIPv6();
            to.Address = to.Address.MapToIPv6();
        }

        return true;
    }

    private static IPAddress Plain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        // A zone means something on this machine only.
        return address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } ? new IPAddress(address.GetAddressBytes()) : address;
    }

    private static int Put(IPAddress address, Span<byte> place)
    {
        _ = address.TryWriteBytes(place, out var written);
        return written;
    }

    /// <summary>The host's extensions, the configuration's of other types, then what is passed on of types that neither has.</summary>
    private static List<ProxyProtocolTlv> Choose(
        ProxyProtocolConfig config, ValueList<ProxyProtocolTlv> received, ValueList<ProxyProtocolTlv> ofHost, int most, out int size, out bool complete)
    {
        Span<bool> taken = stackalloc bool[256];
        var chosen = new List<ProxyProtocolTlv>();
        size = 0;
        complete = true;
        foreach (var tlv in ofHost)
            complete &= TryTake(tlv, chosen, most, ref size);
        Mark(ofHost, taken);
        foreach (var tlv in config.AddedTlvs)
            complete &= taken[tlv.Type] || TryTake(tlv, chosen, most, ref size);
        Mark(config.AddedTlvs, taken);
        if (config.PassThrough is not { } passed)
            return chosen;
        foreach (var tlv in received)
            complete &= taken[tlv.Type] || !passed.Includes(tlv.Type) || TryTake(tlv, chosen, most, ref size);
        return chosen;
    }

    private static void Mark(ValueList<ProxyProtocolTlv> tlvs, Span<bool> taken)
    {
        foreach (var tlv in tlvs)
            taken[tlv.Type] = true;
    }

    // One that does not fit leaves its place to a smaller one after it.
    private static bool TryTake(ProxyProtocolTlv tlv, List<ProxyProtocolTlv> chosen, int most, ref int size)
    {
        if (size + TlvHead + tlv.Value.Count > most)
            return false;
        size += TlvHead + tlv.Value.Count;
        chosen.Add(tlv);
        return true;
    }
}
