using Envoy.Extensions;
using Envoy.FilterChains.Http;

namespace Envoy.Filters.Http.Router;

/// <summary><c>envoy.filters.http.router</c> in the catalogue. Immutable.</summary>
internal sealed class RouterExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.router";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.router"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.router.v3.Router", "envoy.config.filter.http.router.v2.Router"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(RouterOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => RouterOptions.Fields.Read(node, context);
}
