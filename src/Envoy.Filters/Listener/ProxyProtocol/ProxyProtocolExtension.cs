using Envoy.Extensions;
using Envoy.Listeners.Filters;

namespace Envoy.Filters.Listener.ProxyProtocol;

/// <summary><c>envoy.filters.listener.proxy_protocol</c> in the catalogue. Immutable.</summary>
internal sealed class ProxyProtocolExtension : ListenerFilterExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.filters.listener.proxy_protocol";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["envoy.listener.proxy_protocol"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls =>
        ["envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol", "envoy.config.filter.listener.proxy_protocol.v2.ProxyProtocol"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(ProxyProtocolOptions);

    /// <inheritdoc/>
    public override ListenerFilterOptions Read(ConfigNode node, ConfigReadContext context) => ProxyProtocolOptions.Fields.Read(node, context);
}
