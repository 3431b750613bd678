using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Routing;

namespace Envoy.Filters.Http.HeaderMutation;

/// <summary><c>envoy.filters.http.header_mutation</c> in the catalogue. Immutable.</summary>
internal sealed class HeaderMutationExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.header_mutation";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RouteTypeUrls => ["envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(HeaderMutationOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => HeaderMutationOptions.Fields.Read(node, context);

    /// <inheritdoc/>
    public override RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context) =>
        HeaderMutationRouteOptions.Fields.Read(node, context);
}
