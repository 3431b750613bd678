using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Routing;

namespace Envoy.Filters.Http.GrpcJsonTranscoder;

/// <summary><c>envoy.filters.http.grpc_json_transcoder</c> in the catalogue. Immutable.</summary>
internal sealed class GrpcJsonTranscoderExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.grpc_json_transcoder";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.grpc_json_transcoder"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder", "envoy.config.filter.http.transcoder.v2.GrpcJsonTranscoder"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RouteTypeUrls => TypeUrls;

    /// <inheritdoc/>
    public override Type OptionsType => typeof(GrpcJsonTranscoderOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => GrpcJsonTranscoderOptions.Fields.Read(node, context);

    /// <inheritdoc/>
    public override RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context) => GrpcJsonTranscoderRouteOptions.Read(node, context);
}
