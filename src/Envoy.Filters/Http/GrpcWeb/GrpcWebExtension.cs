using Envoy.Extensions;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.GrpcWeb;

/// <summary><c>envoy.filters.http.grpc_web</c> in the catalogue. Immutable.</summary>
internal sealed class GrpcWebExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.grpc_web";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.grpc_web"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.grpc_web.v3.GrpcWeb", "envoy.config.filter.http.grpc_web.v2.GrpcWeb"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(GrpcWebOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => GrpcWebOptions.Fields.Read(node, context);
}
