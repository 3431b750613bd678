using Envoy.Extensions;
using Envoy.FilterChains.Network;

namespace Envoy.Filters.Network.ClientSslAuth;

/// <summary><c>envoy.filters.network.client_ssl_auth</c> in the catalogue. Immutable.</summary>
internal sealed class ClientSslAuthExtension : NetworkFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.network.client_ssl_auth";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.client_ssl_auth"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.network.client_ssl_auth.v3.ClientSSLAuth", "envoy.config.filter.network.client_ssl_auth.v2.ClientSSLAuth"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(ClientSslAuthOptions);

    /// <inheritdoc/>
    public override NetworkFilterOptions Read(ConfigNode node, ConfigReadContext context) => ClientSslAuthOptions.Fields.Read(node, context);
}
