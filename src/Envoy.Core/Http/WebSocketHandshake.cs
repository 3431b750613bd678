using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Envoy.Http.Headers;

namespace Envoy.Http;

/// <summary>
/// What HTTP/1 says beside <c>upgrade</c> when a WebSocket begins (RFC 6455 section 4) and HTTP/2 does not (RFC 8441 section 5): put in, and taken
/// out, where one side speaks the one and the other side the other.
/// </summary>
internal static class WebSocketHandshake
{
    private static ReadOnlySpan<byte> Key => "sec-websocket-key"u8;

    private static ReadOnlySpan<byte> Accept => "sec-websocket-accept"u8;

    /// <summary>Gives a request a key that it lacks; whether it did.</summary>
    public static bool AddKey(HeaderMap request, Random random)
    {
        if (!AsciiBytes.EqualsIgnoreCase(request.Get(HeaderId.Upgrade), "websocket"u8) || request.Contains(Key))
            return false;
        Span<byte> nonce = stackalloc byte[16];
        random.NextBytes(nonce);
        Span<byte> text = stackalloc byte[24];
        Base64.EncodeToUtf8(nonce, text, out _, out _);
        request.Set(Key, text);
        return true;
    }

    /// <summary>The answer to a key that the client has not sent means nothing to it.</summary>
    public static void RemoveAccept(HeaderMap response) => response.Remove(Accept);

    /// <summary>Answers the client's key where the upstream, which has not seen it as one, did not.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 section 4.2.2 wants SHA-1; it protects nothing.")]
    public static void AddAccept(HeaderMap request, HeaderMap response)
    {
        if (!request.TryGet(Key, out var key) || key.Length > 64 || response.Contains(Accept))
            return;
        var suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;
        Span<byte> salted = stackalloc byte[100];
        key.CopyTo(salted);
        suffix.CopyTo(salted[key.Length..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(salted[..(key.Length + suffix.Length)], hash);
        Span<byte> text = stackalloc byte[28];
        Base64.EncodeToUtf8(hash, text, out _, out _);
        response.Set(Accept, text);
    }
}
