namespace Envoy.Http;

/// <summary>A peer's fault, as a value: no exception is thrown for what a peer sends. Immutable.</summary>
/// <param name="Scope">What it takes down.</param>
/// <param name="Code">Its kind.</param>
/// <param name="Details">Envoy's response-code details, such as <c>http1.codec_error</c>.</param>
/// <param name="HttpStatus">The status to answer with when a request was at fault, before any answer has begun.</param>
/// <param name="Message">The rule that was broken, for logs.</param>
internal sealed record ProtocolError(ProtocolErrorScope Scope, ProtocolErrorCode Code, string Details, int HttpStatus, string Message);
