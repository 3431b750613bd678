using Envoy.Extensions;

namespace Envoy.ConnectionManager;

/// <summary>
/// Which clients are inside (<c>http_connection_manager.v3.InternalAddressConfig</c>): what they ask for in <c>x-envoy-</c> headers is heeded.
/// Immutable.
/// </summary>
public sealed record InternalAddressConfig
{
    /// <summary>Clients on a Unix socket are. Default false.</summary>
    public bool UnixSockets { get; init; }

    /// <summary>Clients of these networks are. Default: none.</summary>
    public ValueList<CidrRangeConfig> CidrRanges { get; init; } = [];
}

/// <summary>A network (<c>core.v3.CidrRange</c>). Immutable.</summary>
/// <param name="AddressPrefix">An IPv4 or IPv6 address.</param>
/// <param name="PrefixLength">How many of its bits count, 0 to 32 or to 128.</param>
public sealed record CidrRangeConfig(string AddressPrefix, uint PrefixLength);
