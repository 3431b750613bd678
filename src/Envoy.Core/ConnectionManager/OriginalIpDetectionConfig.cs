using Envoy.Extensions;
using Envoy.Net;

namespace Envoy.ConnectionManager;

/// <summary>
/// A way to find the client's address (<c>envoy.http.original_ip_detection</c>), instead of the connection manager's own; the first that
/// finds one counts. Immutable.
/// </summary>
public abstract record OriginalIpDetectionConfig;

/// <summary>By <c>x-forwarded-for</c> (<c>xff.v3.XffConfig</c>). Immutable.</summary>
public sealed record XffDetectionConfig : OriginalIpDetectionConfig
{
    /// <summary>How many addresses from the right are trusted proxies'; the one before them is the client's. Default 0.</summary>
    public uint TrustedHops { get; init; }

    /// <summary>Networks of trusted proxies: the client's is the first from the right that is in none. Default none; not beside <see cref="TrustedHops"/>.</summary>
    public ValueList<CidrRangeConfig> TrustedCidrs { get; init; } = [];

    /// <summary>The connection's own address is not appended. Default true.</summary>
    public bool SkipXffAppend { get; init; } = true;
}

/// <summary>By a header of one's own (<c>custom_header.v3.CustomHeaderConfig</c>). Immutable.</summary>
/// <param name="HeaderName">The header, which holds one address.</param>
public sealed record CustomHeaderDetectionConfig(string HeaderName) : OriginalIpDetectionConfig
{
    /// <summary>The address may make the client an internal one. Default false.</summary>
    public bool AllowExtensionToSetAddressAsTrusted { get; init; }

    /// <summary>Requests without a good address are refused with this status, 400 or above; another one means 403. Default null: the connection's address counts.</summary>
    public int? RejectWithStatus { get; init; }
}
