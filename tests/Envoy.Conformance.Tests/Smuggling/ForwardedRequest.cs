namespace Envoy.Conformance.Tests.Smuggling;

/// <summary>A whole request as the proxy sent it on, and what it holds by our own reading. Immutable.</summary>
internal sealed record ForwardedRequest(byte[] Bytes, string Method, string Path, int BodyLength);
