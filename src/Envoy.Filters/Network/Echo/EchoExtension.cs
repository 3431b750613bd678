using Envoy.Extensions;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.Echo;

/// <summary><c>envoy.filters.network.echo</c> in the catalogue. Immutable.</summary>
internal sealed class EchoExtension : NetworkFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.network.echo";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.echo"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.filters.network.echo.v3.Echo", "envoy.config.filter.network.echo.v2.Echo"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(EchoOptions);

    /// <inheritdoc/>
    public override NetworkFilterOptions Read(ConfigNode node, ConfigReadContext context) => EchoOptions.Fields.Read(node, context);
}
