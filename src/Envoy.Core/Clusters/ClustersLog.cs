using System.Net;
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

    [LoggerMessage(304, LogLevel.Warning, "Cluster {Cluster}: a connection could not come from {Source}: {Reason}. Addresses of other machines need CAP_NET_ADMIN. Said once for each worker.")]
    public static partial void BindFailed(ILogger logger, string cluster, EndPoint source, string reason);
}
