using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.Cors;

/// <summary>
/// Options of <c>envoy.filters.http.cors</c>, which tells browsers which other sites may use a response: it has none of its own, the route
/// table's <see cref="CorsPolicyOptions"/> say everything. Immutable.
/// </summary>
public sealed record CorsOptions : HttpFilterOptions
{
    internal static readonly FieldTable<CorsOptions> Fields = new("envoy.extensions.filters.http.cors.v3.Cors", new CorsOptions());

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new CorsFilter.Snapshot();
}
