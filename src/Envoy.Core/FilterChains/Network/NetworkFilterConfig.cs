namespace Envoy.FilterChains.Network;

/// <summary>A named filter with its options (<c>envoy.config.listener.v3.Filter</c>). Immutable.</summary>
/// <param name="Name">The configured name, shown in messages; the options' type decides which filter it is.</param>
/// <param name="Options">The filter's own record.</param>
public sealed record NetworkFilterConfig(string Name, NetworkFilterOptions Options);
