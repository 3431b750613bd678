using Envoy.Extensions;

namespace Envoy.TransportSockets;

/// <summary>A filter chain's transport socket as the catalogue knows it. Immutable.</summary>
public abstract class DownstreamTransportSocketExtension : Extension
{
    internal const string CategoryName = "envoy.transport_sockets.downstream";

    internal const string NounInWords = "transport socket";

    private protected DownstreamTransportSocketExtension()
    {
    }

    /// <inheritdoc/>
    public sealed override string Category => CategoryName;

    /// <inheritdoc/>
    public sealed override string Noun => NounInWords;

    internal abstract DownstreamTransportSocketOptions Read(ConfigNode node, ConfigReadContext context);
}
