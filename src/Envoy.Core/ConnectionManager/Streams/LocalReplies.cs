using System.Buffers.Text;
using System.Text;
using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Http;
using Envoy.Http.Headers;

namespace Envoy.ConnectionManager.Streams;

/// <summary>Writes the answers that the proxy gives itself, as Envoy words them and as <c>local_reply_config</c> changes them.</summary>
internal static class LocalReplies
{
    /// <summary>Fills the context's response headers and returns the body.</summary>
    public static ReadOnlyMemory<byte> Write(in LocalReply reply, bool isGrpc, FormatContext context, HttpConnectionManagerFactory shared)
    {
        var headers = context.ResponseHeaders!;
        headers.Clear();
        SetNumber(headers, HeaderId.Status, reply.Status);
        ReadOnlyMemory<byte> body = reply.BodyBytes.IsEmpty ? Encoding.UTF8.GetBytes(reply.Body) : reply.BodyBytes;
        context.Info.ResponseCode = reply.Status;
        reply.ModifyHeaders?.Invoke(headers);
        var contentType = shared.Snapshot.LocalReplies?.Apply(context, shared.FilterRoom, shared.Value, ref body);
        var status = context.Info.ResponseCode;
        if (isGrpc)
        {
            WriteGrpc(headers, reply.GrpcStatus ?? GrpcStatusMapping.FromHttp(status), body.Span, shared.Value);
            return default;
        }

        // RFC 9110 sections 15.3.5 and 15.4.5: these statuses end with their headers, whatever was configured.
        if (body.IsEmpty || status is 204 or 304)
        {
            headers.Remove(HeaderId.ContentType);
            headers.Remove(HeaderId.ContentLength);
            return default;
        }

        SetNumber(headers, HeaderId.ContentLength, body.Length);
        if (contentType is not null)
            headers.Set("content-type", contentType);
        else if (!headers.Contains(HeaderId.ContentType))
            headers.SetUnchecked(HeaderId.ContentType, "text/plain"u8);
        return body;
    }

    // A gRPC client reads its status from grpc-status: HTTP says 200 and there is no body (trailers-only).
    private static void WriteGrpc(HeaderMap headers, int status, ReadOnlySpan<byte> message, ByteSink value)
    {
        headers.SetUnchecked(HeaderId.Status, "200"u8);
        headers.SetUnchecked(HeaderId.ContentType, "application/grpc"u8);
        SetNumber(headers, HeaderId.GrpcStatus, status);
        if (message.IsEmpty)
            return;
        // The message may lie in the same room.
        var start = value.Length;
        GrpcMessage.Encode(message, value);
        headers.SetUnchecked(HeaderId.GrpcMessage, value.Written[start..]);
        value.Truncate(start);
    }

    private static void SetNumber(HeaderMap headers, HeaderId id, int number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var written);
        headers.SetUnchecked(id, digits[..written]);
    }
}
