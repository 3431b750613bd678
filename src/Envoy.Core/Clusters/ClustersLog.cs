using Microsoft.Extensions.Logging;

namespace Envoy.Clusters;

/// <summary>Log messages of clusters.</summary>
internal static partial class ClustersLog
{
    [LoggerMessage(300, LogLevel.Debug, "Cluster {Cluster} is ready with {Hosts} hosts.")]
    public static partial void Ready(ILogger logger, string cluster, int hosts);

    [LoggerMessage(301, LogLevel.Debug, "Cluster {Cluster} now has {Hosts} hosts; {Added} came, {Removed} went.")]
    public static partial void HostsChanged(ILogger logger, string cluster, int hosts, int added, int removed);

    [LoggerMessage(302, LogLevel.Information, "Cluster {Cluster} was removed.")]
    public static partial void Removed(ILogger logger, string cluster);

    [LoggerMessage(303, LogLevel.Warning, "Cluster {Cluster}: {Name} could not be resolved, its hosts stay: {Error}")]
    public static partial void ResolveFailed(ILogger logger, string cluster, string name, string error);
}
