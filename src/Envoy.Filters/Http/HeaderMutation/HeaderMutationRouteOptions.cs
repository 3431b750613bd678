using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>The header mutation filter's options for a part of a route table. Every level's count, not only the most specific one's. Immutable.</summary>
public sealed record HeaderMutationRouteOptions : RouteFilterOptions
{
    internal static readonly FieldTable<HeaderMutationRouteOptions> Fields = new FieldTable<HeaderMutationRouteOptions>(
            "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", new HeaderMutationRouteOptions())
        .Message("mutations", o => o.Mutations, (o, v) => o with { Mutations = v }, HeaderMutationReader.Fields);

    /// <summary>Default: none.</summary>
    public MessageMutationsConfig Mutations { get; init; } = MessageMutationsConfig.None;

    /// <inheritdoc/>
    protected internal override object Compile()
    {
        var errors = new List<string>();
        var compiled = MessageMutations.Compile(Mutations, (path, message) => errors.Add($"mutations.{path}: {message}"));
        return errors.Count == 0 ? compiled : throw new ArgumentException(string.Join("; ", errors));
    }
}
