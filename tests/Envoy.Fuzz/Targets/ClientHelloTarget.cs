using Envoy.Fuzz.Engine;
using Envoy.Net.Tls;

namespace Envoy.Fuzz.Targets;

/// <summary>
/// First messages of TLS of any bytes: a beginning says the same as the whole or asks for more, and what was found does not change with more behind it. Used
/// by one thread.
/// </summary>
internal sealed class ClientHelloTarget : IFuzzTarget
{
    private const int Most = 600;

    public string Name => "hello";

    // A client's hello with a name and protocols; the same in two records.
    public IReadOnlyList<byte[]> Seeds { get; } = [Hello(), Split(Hello(), 60), "GET / HTTP/1.1\r\n\r\n"u8.ToArray()];

    public IReadOnlyList<byte[]> Words { get; } = [[22, 3, 1], [1, 0, 0], [0, 0], [0, 16], [0, 43], [0, 13], [0, 10], [0, 0, 1, (byte)'a']];

    public int MostBytes => 800;

    public ulong Run(ReadOnlySpan<byte> input)
    {
        var status = ClientHelloReader.Read(input, Most, out var hello);
        if (status == ClientHelloStatus.Found != hello is not null)
            throw new InvalidOperationException("A message was found and is not there, or the other way round.");
        var settled = false;
        for (var length = 0; length <= input.Length; length += 1 + (length / 16))
        {
            var part = ClientHelloReader.Read(input[..length], Most, out _);
            if (settled && part == ClientHelloStatus.NeedMore)
                throw new InvalidOperationException("What had been decided is open again.");
            if (part == ClientHelloStatus.Found && status != ClientHelloStatus.Found)
                throw new InvalidOperationException("More bytes made a message go away.");
            settled |= part != ClientHelloStatus.NeedMore;
        }

        if (hello is null)
            return (ulong)status;
        if (hello.Ja3().Length != 32 || hello.Ja4().Split('_') is not [{ Length: 10 }, { Length: 12 }, { Length: 12 }])
            throw new InvalidOperationException("A fingerprint has not its form: " + hello.Ja4());
        return 16 + ((ulong)hello.Extensions.Length << 8) + ((ulong)hello.ApplicationProtocols.Count << 16) + (hello.ServerName is null ? 0ul : 1 << 24) + ((ulong)hello.SupportedVersions.Length << 25);
    }

    private static byte[] Hello()
    {
        byte[] extensions =
        [
            0, 0, 0, 14, 0, 12, 0, 0, 9, .. "a.example"u8,
            0, 16, 0, 5, 0, 3, 2, .. "h2"u8,
            0, 43, 0, 5, 4, 3, 4, 3, 3,
            0, 10, 0, 4, 0, 2, 0, 29,
            0, 13, 0, 4, 0, 2, 4, 3,
            0, 11, 0, 2, 1, 0,
        ];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 4, 0x13, 1, 0x0a, 0x0a, 1, 0, (byte)(extensions.Length >> 8), (byte)extensions.Length, .. extensions];
        return [22, 3, 1, (byte)((body.Length + 4) >> 8), (byte)(body.Length + 4), 1, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    private static byte[] Split(byte[] record, int first) =>
    [
        22, 3, 1, 0, (byte)first, .. record.AsSpan(5, first),
        22, 3, 1, 0, (byte)(record.Length - 5 - first), .. record.AsSpan(5 + first),
    ];
}
