namespace Envoy.Matching;

/// <summary>
/// A condition on a query parameter's first value, as it stands in the request (<c>route.v3.QueryParameterMatcher</c>): on the value, or on
/// its presence. Immutable.
/// </summary>
/// <param name="Name">The parameter; its case counts.</param>
public sealed record QueryParameterMatcherConfig(string Name)
{
    /// <summary>The condition on the value; null (default): none.</summary>
    public StringMatcherConfig? StringMatch { get; init; }

    /// <summary>Without a condition on the value: the parameter is there (true, the default) or is not.</summary>
    public bool PresentMatch { get; init; } = true;
}
