using Envoy.AccessLog.Files;
using Envoy.RuntimeSettings;
using Envoy.Stats;

namespace Envoy.FilterChains;

/// <summary>What a filter's options are compiled with. Main-owned.</summary>
public sealed class FilterCompileContext
{
    internal FilterCompileContext(StatsStore stats, RuntimeLoader runtime, LogFiles logFiles)
    {
        Stats = stats;
        Runtime = runtime;
        LogFiles = logFiles;
    }

    /// <summary>This proxy's own cluster (<c>node.cluster</c>); empty: it has none.</summary>
    internal string NodeCluster { get; init; } = "";

    /// <summary>Whether the proxy is to be taken out of service.</summary>
    internal ServerHealth Health { get; init; } = new();

    /// <summary>This proxy's own name (<c>node.id</c>); empty: it has none.</summary>
    internal string NodeId { get; init; } = "";

    /// <summary>The proxy's clock.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The proxy's statistics.</summary>
    internal StatsStore Stats { get; }

    /// <summary>The proxy's runtime keys.</summary>
    internal RuntimeLoader Runtime { get; }

    /// <summary>The files of the proxy's access logs.</summary>
    internal LogFiles LogFiles { get; }
}
