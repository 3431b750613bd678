using System.Buffers.Text;
using System.Text;
using Envoy.FilterChains.Http;
using Envoy.Http;
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

    // A gRPC client reads its status from grpc-status: HTTP says 200 and there is no body (trailers-only).
    private static void WriteGrpc(HeaderMap headers, in LocalReply reply, ReadOnlySpan<byte> message)
    {
        headers.SetUnchecked(HeaderId.Status, "200"u8);
        headers.SetUnchecked(HeaderId.ContentType, "application/grpc"u8);
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(GrpcStatusMapping.FromHttp(reply.Status), digits, out var written);
        headers.SetUnchecked(HeaderId.GrpcStatus, digits[..written]);
        if (!message.IsEmpty)
            headers.Set("grpc-message", PercentEncode(message));
        reply.ModifyHeaders?.Invoke(headers);
    }

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
