using Envoy.Extensions;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.GrpcStats;

/// <summary><c>envoy.filters.http.grpc_stats</c> in the catalogue. Immutable.</summary>
internal sealed class GrpcStatsExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.grpc_stats";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.grpc_stats.v3.FilterConfig", "envoy.config.filter.http.grpc_stats.v2alpha.FilterConfig"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(GrpcStatsOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => GrpcStatsOptions.Fields.Read(node, context);
}
