namespace Envoy.Clusters;

/// <summary>
/// The circuit breakers of one priority of a cluster (Envoy's resource manager): process-wide, as the configured maxima are. Thread-safe.
/// </summary>
internal sealed class ClusterLimits
{
    /// <summary>Makes the limits with nothing counted.</summary>
    public ClusterLimits(CircuitBreakerConfig config, CircuitBreakerStats stats)
    {
        Connections = new ClusterLimit(config.MaxConnections, stats.CxOpen);
        PendingRequests = new ClusterLimit(config.MaxPendingRequests, stats.RqPendingOpen);
        Requests = new ClusterLimit(config.MaxRequests, stats.RqOpen);
        Retries = new ClusterLimit(config.MaxRetries, stats.RqRetryOpen);
    }

    /// <summary>Connections to the cluster's hosts.</summary>
    public ClusterLimit Connections { get; }

    /// <summary>Requests that wait for a connection.</summary>
    public ClusterLimit PendingRequests { get; }

    /// <summary>Requests under way.</summary>
    public ClusterLimit Requests { get; }

    /// <summary>Retries under way.</summary>
    public ClusterLimit Retries { get; }
}
