using Envoy.AccessLog;
using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>
/// What becomes of answers that the proxy gives itself (<c>http_connection_manager.v3.LocalReplyConfig</c>): the first mapper whose filter
/// lets the exchange through changes the answer, then the body is written. Immutable.
/// </summary>
public sealed record LocalReplyConfig
{
    /// <summary>The mappers, tried in their order. Default: none.</summary>
    public ValueList<LocalReplyMapperConfig> Mappers { get; init; } = [];

    /// <summary>What bodies are written with; <c>%LOCAL_REPLY_BODY%</c> is the text there would have been. Default null: that text.</summary>
    public SubstitutionFormatConfig? BodyFormat { get; init; }
}

/// <summary>One change to the proxy's own answers (<c>ResponseMapper</c>). Immutable.</summary>
/// <param name="Filter">Which answers it changes.</param>
public sealed record LocalReplyMapperConfig(AccessLogFilterConfig Filter)
{
    /// <summary>Another status, 200 to 599. Default null: it stays.</summary>
    public uint? StatusCode { get; init; }

    /// <summary>Another text, UTF-8. Default null: it stays.</summary>
    public ValueList<byte>? Body { get; init; }

    /// <summary>What the body is written with instead. Default null: the format that counts for all.</summary>
    public SubstitutionFormatConfig? BodyFormatOverride { get; init; }

    /// <summary>Headers that the answer gets, in their order. Default: none.</summary>
    public ValueList<HeaderValueOptionConfig> HeadersToAdd { get; init; } = [];
}
