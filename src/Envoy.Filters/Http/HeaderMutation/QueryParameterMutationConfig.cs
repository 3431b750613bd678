using Envoy.Routing;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>One change to the query of a request's path (<c>KeyValueMutation</c>). Immutable.</summary>
/// <param name="Key">The parameter, decoded.</param>
public sealed record QueryParameterMutationConfig(string Key)
{
    /// <summary>The value that comes, a format; null: the parameter goes.</summary>
    public string? Value { get; init; }

    /// <summary>What happens where the parameter is there already. Default append.</summary>
    public HeaderAppendAction Action { get; init; }
}
