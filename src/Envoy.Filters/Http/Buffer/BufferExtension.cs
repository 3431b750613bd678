using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Routing;

namespace Envoy.Filters.Http.Buffer;

/// <summary><c>envoy.filters.http.buffer</c> in the catalogue. Immutable.</summary>
internal sealed class BufferExtension : HttpFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.http.buffer";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.buffer"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.http.buffer.v3.Buffer", "envoy.config.filter.http.buffer.v2.Buffer"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> RouteTypeUrls =>
        ["envoy.extensions.filters.http.buffer.v3.BufferPerRoute", "envoy.config.filter.http.buffer.v2.BufferPerRoute"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(BufferOptions);

    /// <inheritdoc/>
    public override HttpFilterOptions Read(ConfigNode node, ConfigReadContext context) => BufferOptions.Fields.Read(node, context);

    /// <inheritdoc/>
    public override RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context) => BufferRouteOptions.Fields.Read(node, context);
}
