using Envoy.Buffers;

namespace Envoy.Http;

/// <summary>The <c>grpc-message</c> header, whose bytes outside printable ASCII are percent-encoded (grpc's doc/PROTOCOL-HTTP2.md, "Status-Message").</summary>
internal static class GrpcMessage
{
    /// <summary>Adds <paramref name="text"/> behind what <paramref name="value"/> holds.</summary>
    public static void Encode(ReadOnlySpan<byte> text, ByteSink value)
    {
        foreach (var b in text)
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
            {
                value.Append(b);
                continue;
            }

            value.Append((byte)'%');
            value.Append(Digit(b >> 4));
            value.Append(Digit(b & 15));
        }
    }

    private static byte Digit(int nibble) => "0123456789ABCDEF"u8[nibble];
}
