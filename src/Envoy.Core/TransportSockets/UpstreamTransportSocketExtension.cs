using Envoy.Extensions;

namespace Envoy.TransportSockets;

/// <summary>A cluster's transport socket as the catalogue knows it. Immutable.</summary>
public abstract class UpstreamTransportSocketExtension : Extension
{
    internal const string CategoryName = "envoy.transport_sockets.upstream";

    private protected UpstreamTransportSocketExtension()
    {
    }

    /// <inheritdoc/>
    public sealed override string Category => CategoryName;

    /// <inheritdoc/>
    public sealed override string Noun => DownstreamTransportSocketExtension.NounInWords;

    internal abstract UpstreamTransportSocketOptions Read(ConfigNode node, ConfigReadContext context);
}
