using Envoy.RuntimeSettings;
using Envoy.Stats;

namespace Envoy.FilterChains;

/// <summary>What a filter's options are compiled with. Main-owned.</summary>
public sealed class FilterCompileContext
{
    internal FilterCompileContext(StatsStore stats, RuntimeLoader runtime)
    {
        Stats = stats;
        Runtime = runtime;
    }

    /// <summary>The proxy's statistics.</summary>
    internal StatsStore Stats { get; }

    /// <summary>The proxy's runtime keys.</summary>
    internal RuntimeLoader Runtime { get; }
}
