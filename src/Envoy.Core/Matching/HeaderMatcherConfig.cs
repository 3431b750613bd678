namespace Envoy.Matching;

/// <summary>
/// A condition on a header (<c>route.v3.HeaderMatcher</c>): on its value, on the number in it, or on its presence (what it is without
/// either). A repeated header is its values joined by commas. Immutable.
/// </summary>
/// <param name="Name">The header, in any case; <c>:path</c> and the like are headers too.</param>
public sealed record HeaderMatcherConfig(string Name)
{
    /// <summary>The condition on the value; null (default): none.</summary>
    public StringMatcherConfig? StringMatch { get; init; }

    /// <summary>The value is a whole number within this range; null (default): none.</summary>
    public Int64RangeConfig? RangeMatch { get; init; }

    /// <summary>Without a condition on the value: the header is there (true, the default) or is not.</summary>
    public bool PresentMatch { get; init; } = true;

    /// <summary>The opposite counts. A header that is not there does not meet a condition on its value either way. Default false.</summary>
    public bool InvertMatch { get; init; }

    /// <summary>A header that is not there counts as an empty one. Default false.</summary>
    public bool TreatMissingHeaderAsEmpty { get; init; }
}

/// <summary>Whole numbers from a start, included, to an end, which is not (<c>envoy.type.v3.Int64Range</c>). Immutable.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">Behind the last.</param>
public sealed record Int64RangeConfig(long Start, long End);
