using System.Buffers.Text;
using Envoy.Http.Headers;

namespace Envoy.Http;

/// <summary>The <c>grpc-timeout</c> header: up to eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    private const int MostDigits = 8;
    private const long MostNumber = 99_999_999;

    /// <summary>Reads the header in milliseconds, rounded up; null: there is none, or none that can be read.</summary>
    public static long? Read(HeaderMap headers)
    {
        if (!headers.TryGet(HeaderId.GrpcTimeout, out var text) || text.Length is < 2 or > MostDigits + 1)
            return null;
        if (!Utf8Parser.TryParse(text[..^1], out uint number, out var read) || read != text.Length - 1)
            return null;
        return text[^1] switch
        {
            (byte)'H' => number * 3_600_000L,
            (byte)'M' => number * 60_000L,
            (byte)'S' => number * 1000L,
            (byte)'m' => number,
            (byte)'u' => (number + 999L) / 1000,
            (byte)'n' => (number + 999_999L) / 1_000_000,
            _ => null,
        };
    }

    /// <summary>Writes the header, in the finest unit in which eight digits are enough.</summary>
    public static void Write(HeaderMap headers, long milliseconds)
    {
        var (number, unit) = (milliseconds, (byte)'m');
        if (number > MostNumber)
            (number, unit) = (milliseconds / 1000, (byte)'S');
        if (number > MostNumber)
            (number, unit) = (milliseconds / 60_000, (byte)'M');
        if (number > MostNumber)
            (number, unit) = (Math.Min(milliseconds / 3_600_000, MostNumber), (byte)'H');
        Span<byte> value = stackalloc byte[MostDigits + 1];
        _ = Utf8Formatter.TryFormat(number, value, out var written);
        value[written] = unit;
        headers.SetUnchecked(HeaderId.GrpcTimeout, value[..(written + 1)]);
    }
}
