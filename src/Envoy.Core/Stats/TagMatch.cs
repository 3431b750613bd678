namespace Envoy.Stats;

/// <summary>Where a tag stands in a name; the default is not found. Immutable.</summary>
internal readonly struct TagMatch
{
    public TagMatch(Range value, Range cut)
    {
        Value = value;
        Cut = cut;
        Success = true;
    }

    public bool Success { get; }

    /// <summary>The tag's value.</summary>
    public Range Value { get; }

    /// <summary>What is taken out of the name: the value and the dot that sets it apart.</summary>
    public Range Cut { get; }
}
