using Envoy.Extensions;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.GrpcHttp1Bridge;

/// <summary><c>envoy.filters.http.grpc_http1_bridge</c> in the catalogue. Immutable.</summary>
internal sealed class GrpcHttp1BridgeExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.grpc_http1_bridge";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.grpc_http1_bridge"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.grpc_http1_bridge.v3.Config", "envoy.config.filter.http.grpc_http1_bridge.v2.Config"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(GrpcHttp1BridgeOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => GrpcHttp1BridgeOptions.Fields.Read(node, context);
}
