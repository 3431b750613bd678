using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Routing;

namespace Envoy.Filters.Http.Fault;

/// <summary><c>envoy.filters.http.fault</c> in the catalogue. Immutable.</summary>
internal sealed class FaultExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.fault";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.fault"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.fault.v3.HTTPFault", "envoy.config.filter.http.fault.v2.HTTPFault"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RouteTypeUrls => TypeUrls;

    /// <inheritdoc/>
    public override Type OptionsType => typeof(FaultOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => FaultOptions.Fields.Read(node, context);

    /// <inheritdoc/>
    public override RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context) =>
        new FaultRouteOptions(FaultOptions.Fields.Read(node, context));
}
