using System.Buffers.Text;

namespace Envoy.Http.Headers;

/// <summary>The <c>content-length</c> header as a number.</summary>
internal static class ContentLength
{
    public static void Set(HeaderMap headers, long length)
    {
        Span<byte> digits = stackalloc byte[20];
        _ = Utf8Formatter.TryFormat(length, digits, out var written);
        headers.SetUnchecked(HeaderId.ContentLength, digits[..written]);
    }
}
