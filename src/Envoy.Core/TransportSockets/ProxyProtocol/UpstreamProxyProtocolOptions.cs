using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.TransportSockets.ProxyProtocol;

/// <summary>
/// A PROXY protocol header before everything else that goes over a cluster's connections (<c>proxy_protocol.v3.ProxyProtocolUpstreamTransport</c>), so
/// that the host learns who the client is. Each connection then serves one client only. Immutable.
/// </summary>
public sealed record UpstreamProxyProtocolOptions : UpstreamTransportSocketOptions
{
    /// <summary>What the header holds. Default: version 1.</summary>
    public ProxyProtocolConfig Config { get; init; } = new();

    /// <summary>What comes after the header; required in files. Default: the bytes as they are.</summary>
    public UpstreamTransportSocketConfig TransportSocket { get; init; } = new("envoy.transport_sockets.raw_buffer", new UpstreamRawBufferOptions());

    /// <summary>
    /// A client without an IP address (one that came over a Unix socket) is told of as one, without an address, so that extensions can be told. Default
    /// false: as if there were no client. Of version 2 only.
    /// </summary>
    public bool AllowUnspecifiedAddress { get; init; }

    internal override bool SupportsAlpn => TransportSocket.Options.SupportsAlpn;

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        validation.In("transport_socket.typed_config", () => TransportSocket.Options.Validate(validation));
    }

    internal override IUpstreamTransportSocketSnapshot Compile(TransportSocketContext context) =>
        new UpstreamProxyProtocolSnapshot(this, TransportSocket.Options.Compile(context));
}
