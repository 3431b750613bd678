namespace Envoy.ConnectionManager;

/// <summary>Makes values of <c>x-request-id</c>: random UUIDs of version 4, whose version digit 4 says "not traced" to Envoy.</summary>
internal static class RequestIds
{
    public const int Length = 36;

    public static void Write(Random random, Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        // RFC 9562 section 5.4: version 4, variant 10.
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        var digits = "0123456789abcdef"u8;
        var at = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (i is 4 or 6 or 8 or 10)
                destination[at++] = (byte)'-';
            destination[at++] = digits[bytes[i] >> 4];
            destination[at++] = digits[bytes[i] & 15];
        }
    }
}
