using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.Testing;

/// <summary>
/// A PROXY protocol header that a <see cref="FakeUpstream"/> was sent, read from the specification alone and not by the proxy's own reader. Immutable.
/// </summary>
public sealed record ReceivedProxyHeader
{
    /// <summary>1 or 2.</summary>
    public required int Version { get; init; }

    /// <summary>The proxy connected for itself (LOCAL), or does not know for whom (UNKNOWN).</summary>
    public bool IsLocal { get; init; }

    /// <summary>The client; null: there is no address.</summary>
    public IPEndPoint? Source { get; init; }

    /// <summary>Where the client wanted to go; null: there is no address.</summary>
    public IPEndPoint? Destination { get; init; }

    /// <summary>The extensions.</summary>
    public ValueList<ProxyProtocolTlv> Tlvs { get; init; } = [];

    /// <summary>Reads the header and nothing after it.</summary>
    /// <exception cref="IOException">There is none.</exception>
    internal static async Task<ReceivedProxyHeader> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        // Version 1 has at least so many, version 2 exactly so many before the addresses.
        var head = new byte[12];
        await stream.ReadExactlyAsync(head, cancellationToken).ConfigureAwait(false);
        if (!head.AsSpan().SequenceEqual("\r\n\r\n\0\r\nQUIT\n"u8))
            return ReadText(await ReadLineAsync(stream, head, cancellationToken).ConfigureAwait(false));
        var rest = new byte[4];
        await stream.ReadExactlyAsync(rest, cancellationToken).ConfigureAwait(false);
        var body = new byte[BinaryPrimitives.ReadUInt16BigEndian(rest.AsSpan(2))];
        await stream.ReadExactlyAsync(body, cancellationToken).ConfigureAwait(false);
        return ReadBinary(rest[0], rest[1], body);
    }

    private static async Task<string> ReadLineAsync(Stream stream, byte[] head, CancellationToken cancellationToken)
    {
        var line = new StringBuilder(Encoding.Latin1.GetString(head));
        var one = new byte[1];
        while (line.Length < 108 && !line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, cancellationToken).ConfigureAwait(false);
            line.Append((char)one[0]);
        }

        return line.ToString();
    }

    private static ReceivedProxyHeader ReadText(string line)
    {
        var parts = line.TrimEnd('\r', '\n').Split(' ');
        return parts switch
        {
            ["PROXY", "UNKNOWN", ..] => new ReceivedProxyHeader { Version = 1, IsLocal = true },
            ["PROXY", "TCP4" or "TCP6", var source, var destination, var from, var to] => new ReceivedProxyHeader
            {
                Version = 1,
                Source = new IPEndPoint(IPAddress.Parse(source), int.Parse(from, CultureInfo.InvariantCulture)),
                Destination = new IPEndPoint(IPAddress.Parse(destination), int.Parse(to, CultureInfo.InvariantCulture)),
            },
            _ => throw new InvalidDataException($"No PROXY protocol header: {line}"),
        };
    }

    private static ReceivedProxyHeader ReadBinary(byte command, byte family, ReadOnlySpan<byte> body)
    {
        var size = (family >> 4) switch
        {
            0 => 0,
            1 => 4,
            2 => 16,
            _ => throw new InvalidDataException($"Family {family:x2}"),
        };
        var header = new ReceivedProxyHeader { Version = command >> 4, IsLocal = (command & 0xF) == 0 };
        if (size > 0)
        {
            header = header with
            {
                Source = new IPEndPoint(new IPAddress(body[..size]), BinaryPrimitives.ReadUInt16BigEndian(body[(2 * size)..])),
                Destination = new IPEndPoint(new IPAddress(body[size..(2 * size)]), BinaryPrimitives.ReadUInt16BigEndian(body[((2 * size) + 2)..])),
            };
            body = body[((2 * size) + 4)..];
        }

        var tlvs = new List<ProxyProtocolTlv>();
        while (!body.IsEmpty)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(body[1..]);
            tlvs.Add(new ProxyProtocolTlv(body[0], ValueList.Create(body.Slice(3, length))));
            body = body[(3 + length)..];
        }

        return header with { Tlvs = ValueList.From(tlvs) };
    }
}
