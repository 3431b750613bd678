namespace Envoy.Clusters;

/// <summary>
/// The circuit breakers of one priority of a cluster (Envoy's resource manager): process-wide, as the configured maxima are. Thread-safe.
/// </summary>
internal sealed class ClusterLimits
{
    private readonly RetryBudgetConfig? _budget;

    /// <summary>Makes the limits with nothing counted.</summary>
    public ClusterLimits(CircuitBreakerConfig config, CircuitBreakerStats stats)
    {
        _budget = config.RetryBudget;
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

    /// <summary>Another retry may be under way: below the limit, or within the budget where there is one instead.</summary>
    public bool CanRetry
    {
        get
        {
            if (_budget is null)
                return Retries.CanCreate;
            var share = (long)(_budget.BudgetPercent * (Requests.Count + PendingRequests.Count) / 100);
            return Retries.Count < Math.Max(share, _budget.MinRetryConcurrency);
        }
    }
}
