using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.Clusters;

/// <summary>
/// The address that a cluster's connections come from (<c>envoy.config.core.v3.BindConfig</c>). A connection that cannot come from it fails, and is
/// counted in <c>bind_errors</c>. Unix sockets and connections inside the process are not bound. Immutable.
/// </summary>
/// <param name="SourceAddress">An IP literal; port 0 lets the system choose (<c>source_address</c>).</param>
public sealed record UpstreamBindConfig(SocketAddressConfig SourceAddress)
{
    /// <summary>The address need not be there yet (IP_FREEBIND); Linux only. Default false (<c>freebind</c>).</summary>
    public bool FreeBind { get; init; }

    /// <summary>For hosts of the other family: at most one, of another family than <see cref="SourceAddress"/> (<c>extra_source_addresses</c>). Default: none.</summary>
    public ValueList<SocketAddressConfig> ExtraSourceAddresses { get; init; } = [];
}

/// <summary>
/// Probes of connections on which nothing moves (<c>envoy.config.core.v3.TcpKeepalive</c>); what is 0, the default, is as the system has it. Immutable.
/// </summary>
/// <param name="Probes">So many without an answer end the connection, 0 to 2^31 - 1 (<c>keepalive_probes</c>).</param>
/// <param name="TimeSeconds">Silence before the first one, in seconds, 0 to 2^31 - 1 (<c>keepalive_time</c>).</param>
/// <param name="IntervalSeconds">Between two of them, in seconds, 0 to 2^31 - 1 (<c>keepalive_interval</c>).</param>
public sealed record TcpKeepaliveConfig(int Probes = 0, int TimeSeconds = 0, int IntervalSeconds = 0);
