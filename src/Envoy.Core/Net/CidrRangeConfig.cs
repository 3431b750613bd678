namespace Envoy.Net;

/// <summary>A network (<c>core.v3.CidrRange</c>). Immutable.</summary>
/// <param name="AddressPrefix">An IPv4 or IPv6 address.</param>
/// <param name="PrefixLength">How many of its bits count, 0 to 32 or to 128.</param>
public sealed record CidrRangeConfig(string AddressPrefix, uint PrefixLength);
