using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary>
/// Options of <c>envoy.filters.http.header_mutation</c>, which changes headers, trailers and query parameters: what is written here first,
/// then what the levels of the route table say. Immutable.
/// </summary>
public sealed record HeaderMutationOptions : HttpFilterOptions
{
    internal static readonly FieldTable<HeaderMutationOptions> Fields = new FieldTable<HeaderMutationOptions>(
            "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", new HeaderMutationOptions())
        .Message("mutations", o => o.Mutations, (o, v) => o with { Mutations = v }, HeaderMutationReader.Fields)
        .Bool("most_specific_header_mutations_wins", o => o.MostSpecificHeaderMutationsWins, (o, v) => o with { MostSpecificHeaderMutationsWins = v });

    /// <summary>For every request. Default: none.</summary>
    public MessageMutationsConfig Mutations { get; init; } = MessageMutationsConfig.None;

    /// <summary>The route table's levels act from the table down to the weighted cluster, so that the last word is the most specific's. Default false: the other way round.</summary>
    public bool MostSpecificHeaderMutationsWins { get; init; }

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        _ = MessageMutations.Compile(Mutations, (path, message) => validation.ErrorAt(this, "mutations." + path, message));
    }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new HeaderMutationFilter.Snapshot(this);
}
