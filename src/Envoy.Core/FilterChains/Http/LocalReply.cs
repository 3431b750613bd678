using Envoy.Formatting;
using Envoy.Http.Headers;

namespace Envoy.FilterChains.Http;

/// <summary>An answer that the proxy gives itself. Immutable.</summary>
/// <param name="Status">200 to 599.</param>
/// <param name="Details">Envoy's response-code details, such as <c>route_not_found</c>.</param>
public readonly record struct LocalReply(int Status, string Details)
{
    /// <summary>The body as text, UTF-8; empty (default): none.</summary>
    public string Body { get; init; } = "";

    /// <summary>The body as bytes, instead of <see cref="Body"/>.</summary>
    public ReadOnlyMemory<byte> BodyBytes { get; init; }

    /// <summary>Flags to add.</summary>
    public ResponseFlags Flags { get; init; }

    /// <summary>Adds or changes headers before they are sent; null (default): nothing.</summary>
    public Action<HeaderMap>? ModifyHeaders { get; init; }

    /// <summary>What a gRPC client is told as its status; null (default): what the HTTP status amounts to.</summary>
    public int? GrpcStatus { get; init; }

    /// <summary>The connection cannot be used again.</summary>
    internal bool CloseConnection { get; init; }
}
