using Envoy.Filters.Listener.ProxyProtocol;
using Envoy.Fuzz.Engine;

namespace Envoy.Fuzz.Targets;

/// <summary>PROXY headers of any bytes: a beginning asks for more or says the same as the whole, and a header is never longer than what is there. Used by one thread.</summary>
internal sealed class ProxyHeaderTarget : IFuzzTarget
{
    public string Name => "proxyheader";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        "PROXY TCP4 192.0.2.1 198.51.100.2 1000 443\r\nGET"u8.ToArray(),
        "PROXY TCP6 2001:db8::1 ::1 1 2\r\n"u8.ToArray(),
        "PROXY UNKNOWN\r\n"u8.ToArray(),
        [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 16, 192, 0, 2, 1, 198, 51, 100, 2, 3, 232, 1, 187, 4, 0, 1, 7],
        [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x20, 0, 0, 0],
    ];

    public IReadOnlyList<byte[]> Words { get; } = ["PROXY "u8.ToArray(), "\r\n"u8.ToArray(), "TCP6"u8.ToArray(), "UNKNOWN"u8.ToArray(), "::ffff:1.2.3.4"u8.ToArray(), [0x21, 0x21, 0, 36], [0x20, 0]];

    public int MostBytes => 300;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        var status = ProxyHeaderReader.Read(input, out var header);
        for (var length = 0; length < input.Length; length++)
        {
            var part = ProxyHeaderReader.Read(input[..length], out var beginning);
            if (part == ProxyHeaderStatus.NeedMore)
                continue;
            if (part != status || beginning.Length != header.Length || !Equals(beginning.Source, header.Source))
                throw new InvalidOperationException($"{length} bytes say {part}, all say {status}.");
        }

        if (status == ProxyHeaderStatus.Found && (header.Length <= 0 || header.Length > input.Length || header.TlvStart > header.Length || header.Version is null))
            throw new InvalidOperationException("The header is not within its bytes.");
        if (header.Source is null != header.Destination is null)
            throw new InvalidOperationException("There is one address without the other.");
        return ((ulong)status << 8) + ((ulong)(header.Version ?? 0) << 4) + (header.Source is null ? 0ul : (ulong)header.Source.AddressFamily);
    }
}
