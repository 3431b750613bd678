using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Routing;

namespace Envoy.Filters.Http.Cors;

/// <summary><c>envoy.filters.http.cors</c> in the catalogue. Immutable.</summary>
internal sealed class CorsExtension : HttpFilterExtension
{
    private const string DeprecatedType = "envoy.config.route.v3.CorsPolicy";

    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.cors";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.cors"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.cors.v3.Cors", "envoy.config.filter.http.cors.v2.Cors"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RouteTypeUrls => ["envoy.extensions.filters.http.cors.v3.CorsPolicy", DeprecatedType];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(CorsOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => CorsOptions.Fields.Read(node, context);

    /// <inheritdoc/>
    public override RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context) => type == DeprecatedType
        ? CorsPolicyOptions.DeprecatedFields.Read(node, context) with { IsDeprecatedField = true }
        : CorsPolicyOptions.Fields.Read(node, context);
}
