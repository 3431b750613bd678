namespace Envoy.Http.Http1;

/// <summary>What a response's framing depends on: the request it answers (RFC 9112 section 6.3). Immutable.</summary>
/// <param name="IsHead">The request was HEAD: the response has no body whatever its headers say.</param>
/// <param name="IsConnect">The request was CONNECT: a 2xx begins a tunnel.</param>
/// <param name="IsUpgrade">The request asked for an upgrade: 101 may come.</param>
internal readonly record struct Http1ResponseContext(bool IsHead, bool IsConnect, bool IsUpgrade);
