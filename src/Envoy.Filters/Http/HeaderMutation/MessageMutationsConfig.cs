using Envoy.Extensions;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>What is changed of a request and its response (<c>Mutations</c>), each list in its order. Immutable.</summary>
public sealed record MessageMutationsConfig
{
    /// <summary>No change.</summary>
    public static MessageMutationsConfig None { get; } = new();

    /// <summary>Of the request's headers. Default: none.</summary>
    public ValueList<HeaderMutationConfig> Request { get; init; } = [];

    /// <summary>Of the query of the request's path, after its headers. Default: none.</summary>
    public ValueList<QueryParameterMutationConfig> QueryParameters { get; init; } = [];

    /// <summary>Of the response's headers. Default: none.</summary>
    public ValueList<HeaderMutationConfig> Response { get; init; } = [];

    /// <summary>Of the request's trailers. Default: none.</summary>
    public ValueList<HeaderMutationConfig> RequestTrailers { get; init; } = [];

    /// <summary>Of the response's trailers. Default: none.</summary>
    public ValueList<HeaderMutationConfig> ResponseTrailers { get; init; } = [];
}
