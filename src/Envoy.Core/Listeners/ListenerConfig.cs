using Envoy.Extensions;
using Envoy.FilterChains.Network;
using Envoy.Listeners.Filters;
using Envoy.Listeners.Matching;
using Envoy.Net;
using Envoy.TransportSockets;

namespace Envoy.Listeners;

/// <summary>One listener (<c>envoy.config.listener.v3.Listener</c>). Immutable.</summary>
public sealed record ListenerConfig
{
    /// <summary>Unique among listeners; empty is given a generated one at load, as in Envoy.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where it listens.</summary>
    public required AddressConfig Address { get; init; }

    /// <summary>Prefix of its statistics; empty (default) uses the address.</summary>
    public string StatPrefix { get; init; } = "";

    /// <summary>What looks at each connection before its filter chain is chosen, first to last.</summary>
    public ValueList<ListenerFilterConfig> ListenerFilters { get; init; } = [];

    /// <summary>Time for the listener filters together. Default 15 s; <see cref="TimeSpan.Zero"/>: no limit.</summary>
    public TimeSpan ListenerFiltersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>When that time is up, go on with what was found out so far instead of closing the connection. Default false.</summary>
    public bool ContinueOnListenerFiltersTimeout { get; init; }

    /// <summary>
    /// A connection whose original destination a listener filter has restored goes to the listener of that address, if there is one. Default false. In
    /// YAML it also adds the filter <c>original_dst</c>, as in Envoy.
    /// </summary>
    public bool UseOriginalDst { get; init; }

    /// <summary>The filter chains, of which the one whose <see cref="FilterChainConfig.Match"/> is the most specific gets a connection.</summary>
    public ValueList<FilterChainConfig> FilterChains { get; init; } = [];

    /// <summary>The filter chain of connections that no other one matches; null (default): they are closed.</summary>
    public FilterChainConfig? DefaultFilterChain { get; init; }

    /// <summary>Soft limit of a connection's buffers in bytes. Default 1 MiB.</summary>
    public uint PerConnectionBufferLimitBytes { get; init; } = 1024 * 1024;

    /// <summary>Length of the accept queue; 0 (default) takes the system's maximum (somaxconn).</summary>
    public int TcpBacklogSize { get; init; }

    /// <summary>One listening socket per worker where the engine supports it. Default true.</summary>
    public bool EnableReusePort { get; init; } = true;

    /// <summary>False: the listener is known but opens no socket. Default true.</summary>
    public bool BindToPort { get; init; } = true;
}

/// <summary>A chain of network filters (<c>envoy.config.listener.v3.FilterChain</c>). Immutable.</summary>
public sealed record FilterChainConfig
{
    /// <summary>A name for logs and later updates; may be empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Which connections it is for; null (default): all. The default filter chain's is ignored.</summary>
    public FilterChainMatchConfig? Match { get; init; }

    /// <summary>The filters, first to last; the last one is terminal. None: connections are closed at once.</summary>
    public ValueList<NetworkFilterConfig> Filters { get; init; } = [];

    /// <summary>What lies between the connection and the filters, such as TLS; null (default): nothing.</summary>
    public DownstreamTransportSocketConfig? TransportSocket { get; init; }

    /// <summary>Time for the transport socket to be ready, such as for a TLS handshake. <see cref="TimeSpan.Zero"/> (default): no limit.</summary>
    public TimeSpan TransportSocketConnectTimeout { get; init; }
}
