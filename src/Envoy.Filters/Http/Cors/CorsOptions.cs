using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.Cors;

/// <summary>
/// Options of <c>envoy.filters.http.cors</c>, which answers cross-origin preflights and marks cross-origin responses. What it allows is said
/// in the route table (<see cref="CorsPolicyOptions"/>); without a policy it does nothing. Immutable.
/// </summary>
public sealed record CorsOptions : HttpFilterOptions
{
    internal static readonly FieldTable<CorsOptions> Fields = new("envoy.extensions.filters.http.cors.v3.Cors", new CorsOptions());

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new CorsFilter.Snapshot();
}
