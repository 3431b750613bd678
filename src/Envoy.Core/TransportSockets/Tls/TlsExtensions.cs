using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary><c>envoy.transport_sockets.tls</c> of filter chains. Immutable.</summary>
public sealed class DownstreamTlsExtension : DownstreamTransportSocketExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.transport_sockets.tls";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["tls"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", "envoy.api.v2.auth.DownstreamTlsContext"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(DownstreamTlsOptions);

    internal override DownstreamTransportSocketOptions Read(ConfigNode node, ConfigReadContext context) => TlsContextReader.Downstream.Read(node, context);
}

/// <summary><c>envoy.transport_sockets.tls</c> of clusters. Immutable.</summary>
public sealed class UpstreamTlsExtension : UpstreamTransportSocketExtension
{
    /// <inheritdoc/>
    public override string Name => "envoy.transport_sockets.tls";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["tls"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> TypeUrls => ["envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", "envoy.api.v2.auth.UpstreamTlsContext"];

    /// <inheritdoc/>
    public override Type OptionsType => typeof(UpstreamTlsOptions);

    internal override UpstreamTransportSocketOptions Read(ConfigNode node, ConfigReadContext context) => TlsContextReader.Upstream.Read(node, context);
}
