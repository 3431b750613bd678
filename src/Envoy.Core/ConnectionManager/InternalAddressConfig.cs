using Envoy.Extensions;
using Envoy.Net;

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
