using Envoy.Extensions;

namespace Envoy.TransportSockets;

/// <summary>Base of what lies between a cluster's connections and their users. Immutable.</summary>
public abstract record UpstreamTransportSocketOptions
{
    private protected UpstreamTransportSocketOptions()
    {
    }

    /// <summary>Checks what only shows beside the rest of the configuration. Default: nothing.</summary>
    public virtual void Validate(ConfigValidation validation)
    {
    }

    /// <summary>Its handshake can agree on the protocol that is spoken.</summary>
    internal virtual bool SupportsAlpn => false;

    /// <summary>Compiles the options once for all workers; null: connections are used as they are. On the main thread.</summary>
    internal abstract IUpstreamTransportSocketSnapshot? Compile(TransportSocketContext context);
}
