using System.Buffers.Text;
using System.Text;
using Envoy.FilterChains.Http;
using Envoy.Http.Headers;

namespace Envoy.ConnectionManager.Streams;

/// <summary>Writes the answers that the proxy gives itself, as Envoy words them.</summary>
internal static class LocalReplies
{
    /// <summary>Fills <paramref name="headers"/> and returns the body.</summary>
    public static ReadOnlyMemory<byte> Write(HeaderMap headers, in LocalReply reply, bool isGrpc)
    {
        headers.Clear();
        // RFC 9110 sections 15.3.5 and 15.4.5: these statuses end with their headers, whatever was configured.
        var body = reply.Status is 204 or 304 ? default : reply.BodyBytes.IsEmpty ? Encoding.UTF8.GetBytes(reply.Body) : reply.BodyBytes;
        if (isGrpc)
        {
            WriteGrpc(headers, reply, body.Span);
            return default;
        }

        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(reply.Status, digits, out var written);
        headers.SetUnchecked(HeaderId.Status, digits[..written]);
        if (!body.IsEmpty)
        {
            Utf8Formatter.TryFormat(body.Length, digits, out written);
            headers.SetUnchecked(HeaderId.ContentLength, digits[..written]);
            headers.SetUnchecked(HeaderId.ContentType, "text/plain"u8);
        }

        reply.ModifyHeaders?.Invoke(headers);
        return body;
    }

    /// <summary>Whether a request's content type is gRPC's own (grpc-web, for one, is not): Envoy's rule.</summary>
    public static bool IsGrpc(ReadOnlySpan<byte> contentType)
        => contentType.StartsWith("application/grpc"u8) && (contentType.Length == 16 || contentType[16] == (byte)'+');

    // A gRPC client reads its status from grpc-status: HTTP says 200 and there is no body (trailers-only).
    private static void WriteGrpc(HeaderMap headers, in LocalReply reply, ReadOnlySpan<byte> message)
    {
        headers.SetUnchecked(HeaderId.Status, "200"u8);
        headers.SetUnchecked(HeaderId.ContentType, "application/grpc"u8);
        headers.Set("grpc-status", GrpcStatus(reply.Status));
        if (!message.IsEmpty)
            headers.Set("grpc-message", PercentEncode(message));
        reply.ModifyHeaders?.Invoke(headers);
    }

    // gRPC's own mapping from HTTP (doc/http-grpc-status-mapping.md of grpc), as Envoy uses it.
    private static string GrpcStatus(int status) => status switch
    {
        400 => "13",
        401 => "16",
        403 => "7",
        404 => "12",
        429 or 502 or 503 or 504 => "14",
        _ => "2",
    };

    private static string PercentEncode(ReadOnlySpan<byte> text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var b in text)
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
                encoded.Append((char)b);
            else
                encoded.Append(System.Globalization.CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return encoded.ToString();
    }
}
