using Envoy.Extensions;
using Envoy.FilterChains.Network;

namespace Envoy.ConnectionManager;

/// <summary><c>envoy.filters.network.http_connection_manager</c> in the catalogue. Immutable.</summary>
internal sealed class HttpConnectionManagerExtension : NetworkFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.network.http_connection_manager";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.http_connection_manager"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
    [
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "envoy.config.filter.network.http_connection_manager.v2.HttpConnectionManager",
    ];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(HttpConnectionManagerOptions);

    /// <inheritdoc/>
    public override NetworkFilterOptions Read(ConfigNode node, ConfigReadContext context) => HttpConnectionManagerReader.Fields.Read(node, context);
}
