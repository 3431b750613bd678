using System.Buffers.Text;

namespace Envoy.Http.Headers;

/// <summary>The <c>:status</c> header as a number.</summary>
internal static class StatusHeader
{
    /// <summary>The status; 500 where a filter has left something else than three digits.</summary>
    public static int Read(HeaderMap headers)
    {
        var digits = headers.Get(HeaderId.Status);
        return digits.Length == 3 && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            ? ((digits[0] - '0') * 100) + ((digits[1] - '0') * 10) + (digits[2] - '0')
            : 500;
    }

    /// <summary>Sets a status of three digits.</summary>
    public static void Write(HeaderMap headers, int status)
    {
        Span<byte> digits = stackalloc byte[3];
        _ = Utf8Formatter.TryFormat(status, digits, out _);
        headers.SetUnchecked(HeaderId.Status, digits);
    }
}
