using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Routing;

namespace Envoy.Filters.Http.GrpcHttp1ReverseBridge;

/// <summary><c>envoy.filters.http.grpc_http1_reverse_bridge</c> in the catalogue. Immutable.</summary>
internal sealed class GrpcHttp1ReverseBridgeExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.grpc_http1_reverse_bridge";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig", "envoy.config.filter.http.grpc_http1_reverse_bridge.v2alpha1.FilterConfig"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RouteTypeUrls => ["envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfigPerRoute", "envoy.config.filter.http.grpc_http1_reverse_bridge.v2alpha1.FilterConfigPerRoute"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(GrpcHttp1ReverseBridgeOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => GrpcHttp1ReverseBridgeOptions.Fields.Read(node, context);

    /// <inheritdoc/>
    public override RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context) => GrpcHttp1ReverseBridgeRouteOptions.Fields.Read(node, context);
}
