namespace Envoy.Formatting;

/// <summary>
/// Text or JSON with <c>%OPERATORS%</c> in it (<c>core.v3.SubstitutionFormatString</c>). Exactly one of <see cref="Text"/> and
/// <see cref="Json"/>. Immutable.
/// </summary>
public sealed record SubstitutionFormatConfig
{
    /// <summary>The text; null (default): it is JSON.</summary>
    public string? Text { get; init; }

    /// <summary>
    /// A JSON object whose strings may hold operators; one that is an operator and nothing else becomes a number where its value is one. Null
    /// (default): it is text.
    /// </summary>
    public string? Json { get; init; }

    /// <summary>An operator without a value writes nothing instead of <c>-</c>. Default false.</summary>
    public bool OmitEmptyValues { get; init; }

    /// <summary>The content type of a body made with it; empty (default): text/plain, or application/json.</summary>
    public string ContentType { get; init; } = "";
}
