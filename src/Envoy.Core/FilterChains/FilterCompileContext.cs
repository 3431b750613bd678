using Envoy.Stats;

namespace Envoy.FilterChains;

/// <summary>What a filter's options are compiled with. Main-owned.</summary>
public sealed class FilterCompileContext
{
    internal FilterCompileContext(StatsStore stats) => Stats = stats;

    /// <summary>The proxy's statistics.</summary>
    internal StatsStore Stats { get; }
}
