using Envoy.Extensions;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.HealthCheck;

/// <summary><c>envoy.filters.http.health_check</c> in the catalogue. Immutable.</summary>
internal sealed class HealthCheckExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.health_check";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.health_check"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.http.health_check.v3.HealthCheck", "envoy.config.filter.http.health_check.v2.HealthCheck"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(HealthCheckOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => HealthCheckOptions.Fields.Read(node, context);
}
