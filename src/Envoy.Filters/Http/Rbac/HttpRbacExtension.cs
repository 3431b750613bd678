using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Routing;

namespace Envoy.Filters.Http.Rbac;

/// <summary><c>envoy.filters.http.rbac</c> in the catalogue. Immutable.</summary>
internal sealed class HttpRbacExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.rbac";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.rbac.v3.RBAC", "envoy.config.filter.http.rbac.v2.RBAC"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RouteTypeUrls => ["envoy.extensions.filters.http.rbac.v3.RBACPerRoute", "envoy.config.filter.http.rbac.v2.RBACPerRoute"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(HttpRbacOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => HttpRbacOptions.Fields.Read(node, context);

    /// <inheritdoc/>
    public override RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context) => HttpRbacRouteOptions.Fields.Read(node, context);
}
