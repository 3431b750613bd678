using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.Listeners.Matching;

/// <summary>
/// Which connections a filter chain is for (<c>envoy.config.listener.v3.FilterChainMatch</c>). What is empty matches everything. The properties
/// are looked at in the order they have here, the most specific value first, and never a second time: a connection whose port, say, some
/// chain names goes to no chain without a port. Immutable.
/// </summary>
public sealed record FilterChainMatchConfig
{
    /// <summary>The port that the client wanted, 1 to 65535; null (default): any.</summary>
    public int? DestinationPort { get; init; }

    /// <summary>Networks of the address that the client wanted.</summary>
    public ValueList<CidrRangeConfig> PrefixRanges { get; init; } = [];

    /// <summary>Server names asked for (SNI), in any case; <c>*.example.com</c> for all below one.</summary>
    public ValueList<string> ServerNames { get; init; } = [];

    /// <summary><c>tls</c> or <c>raw_buffer</c>; empty (default): any.</summary>
    public string TransportProtocol { get; init; } = "";

    /// <summary>Protocols of which the client offers one, such as <c>h2</c>.</summary>
    public ValueList<string> ApplicationProtocols { get; init; } = [];

    /// <summary>Networks of whoever is connected.</summary>
    public ValueList<CidrRangeConfig> DirectSourcePrefixRanges { get; init; } = [];

    /// <summary>Where it comes from. Default: anywhere.</summary>
    public ConnectionSourceType SourceType { get; init; }

    /// <summary>Networks of the client, which a proxy before us may have told.</summary>
    public ValueList<CidrRangeConfig> SourcePrefixRanges { get; init; } = [];

    /// <summary>The client's ports, each 1 to 65535.</summary>
    public ValueList<int> SourcePorts { get; init; } = [];
}
