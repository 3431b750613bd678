using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>One change to a message's headers or trailers (<c>HeaderMutation</c>): exactly one of its members is set. Immutable.</summary>
public sealed record HeaderMutationConfig
{
    /// <summary>The header that goes; null: none. Not one that begins with a colon.</summary>
    public string? Remove { get; init; }

    /// <summary>The header that comes; null: none. Unlike in a route, <c>:path</c> and the like may be set.</summary>
    public HeaderValueOptionConfig? Append { get; init; }

    /// <summary>All headers whose lower-case names match go, those that begin with a colon excepted; null: none.</summary>
    public StringMatcherConfig? RemoveOnMatch { get; init; }
}
