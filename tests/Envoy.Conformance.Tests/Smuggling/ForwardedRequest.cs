using System.Security.Cryptography;

namespace Envoy.Conformance.Tests.Smuggling;

/// <summary>A whole request as the proxy sent it on, and what it holds by our own reading. Immutable.</summary>
internal sealed record ForwardedRequest(byte[] Bytes, string Method, string Path, byte[] Body)
{
    /// <summary>What a peer says of a request that it has read as we do.</summary>
    public string Seen => $"{Method} {Path} {Body.Length} {Digest(Body)}";

    /// <summary>The first bytes of the body's SHA-256, as peers report it.</summary>
    public static string Digest(byte[] body) => Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 8));
}
