using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.TransportSockets.ProxyProtocol;

/// <summary><c>envoy.transport_sockets.upstream_proxy_protocol</c> of clusters. Immutable.</summary>
public sealed class UpstreamProxyProtocolExtension : UpstreamTransportSocketExtension
{
    private static readonly FieldTable<UpstreamProxyProtocolOptions> Fields = new FieldTable<UpstreamProxyProtocolOptions>(
            "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport", new UpstreamProxyProtocolOptions())
        .Message("config", o => o.Config, (o, v) => o with { Config = v }, ProxyProtocolConfigReader.Fields)
        .Message(
            "transport_socket", "TransportSocket", o => o.TransportSocket, (o, v) => o with { TransportSocket = v }, TransportSocketReader.TryReadUpstream, required: true)
        .Bool("allow_unspecified_address", o => o.AllowUnspecifiedAddress, (o, v) => o with { AllowUnspecifiedAddress = v })

        // They always are.
        .Inert("tlv_as_pool_key");

    /// <inheritdoc/>
    public override string Name => "envoy.transport_sockets.upstream_proxy_protocol";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => [Fields.Message];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(UpstreamProxyProtocolOptions);

    internal override UpstreamTransportSocketOptions Read(ConfigNode node, ConfigReadContext context) => Fields.Read(node, context);
}
