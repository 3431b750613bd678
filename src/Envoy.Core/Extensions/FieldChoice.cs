namespace Envoy.Extensions;

/// <summary>Fields of which at most one may be set (protobuf's oneof), or at least one must. Immutable.</summary>
/// <param name="Required">One of them must be set.</param>
/// <param name="Members">Their slots.</param>
internal sealed record FieldChoice(bool Required, int[] Members)
{
    /// <summary>They exclude each other.</summary>
    public bool Exclusive { get; init; } = true;
}
