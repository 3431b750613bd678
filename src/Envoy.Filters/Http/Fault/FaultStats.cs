using Envoy.Stats;

namespace Envoy.Filters.Http.Fault;

/// <summary>Statistics of the fault filter, Envoy's names under <c>http.PREFIX.fault.</c>. Worker-owned, but for the gauge.</summary>
internal sealed class FaultStats
{
    // Clusters that are told apart; the header that names them is anybody's.
    private const int MaxClusters = 1000;
    private const int MaxNameLength = 128;

    private readonly Dictionary<string, DownstreamClusterFaults> _clusters = new(StringComparer.Ordinal);
    private readonly StatsScope _scope;
    private readonly int _shard;

    public FaultStats(StatsScope parent, int shard)
    {
        _scope = parent.Scope("fault");
        _shard = shard;
        DelaysInjected = _scope.Counter("delays_injected", shard);
        AbortsInjected = _scope.Counter("aborts_injected", shard);
        ResponseRlInjected = _scope.Counter("response_rl_injected", shard);
        FaultsOverflow = _scope.Counter("faults_overflow", shard);
        ActiveFaults = _scope.SharedGauge("active_faults");
    }

    public CounterCell DelaysInjected { get; }

    public CounterCell AbortsInjected { get; }

    public CounterCell ResponseRlInjected { get; }

    public CounterCell FaultsOverflow { get; }

    /// <summary>Requests under a fault at this moment, over all workers: <c>max_active_faults</c> is the proxy's limit.</summary>
    public SharedGauge ActiveFaults { get; }

    /// <summary>What belongs to a downstream cluster; null past the limit of clusters, or for a name that is none.</summary>
    public DownstreamClusterFaults? Of(ReadOnlySpan<byte> cluster)
    {
        if (cluster.Length is 0 or > MaxNameLength)
            return null;
        Span<char> name = stackalloc char[cluster.Length];
        System.Text.Encoding.Latin1.GetChars(cluster, name);
        if (_clusters.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var found))
            return found;
        if (_clusters.Count >= MaxClusters)
            return null;
        var made = new DownstreamClusterFaults(name.ToString());
        _clusters.Add(made.Name, made);
        return made;
    }

    public void CountDelay(DownstreamClusterFaults? cluster)
    {
        DelaysInjected.Inc();
        if (cluster is not null)
            (cluster.DelaysInjected ??= _scope.Scope(cluster.Name).Counter("delays_injected", _shard)).Inc();
    }

    public void CountAbort(DownstreamClusterFaults? cluster)
    {
        AbortsInjected.Inc();
        if (cluster is not null)
            (cluster.AbortsInjected ??= _scope.Scope(cluster.Name).Counter("aborts_injected", _shard)).Inc();
    }
}

/// <summary>The runtime keys and counters of one downstream cluster. Worker-owned.</summary>
internal sealed class DownstreamClusterFaults(string name)
{
    public string Name => name;

    public string DelayPercentKey { get; } = $"fault.http.{name}.delay.fixed_delay_percent";

    public string DelayDurationKey { get; } = $"fault.http.{name}.delay.fixed_duration_ms";

    public string AbortPercentKey { get; } = $"fault.http.{name}.abort.abort_percent";

    public string AbortHttpStatusKey { get; } = $"fault.http.{name}.abort.http_status";

    public string AbortGrpcStatusKey { get; } = $"fault.http.{name}.abort.grpc_status";

    public CounterCell? DelaysInjected { get; set; }

    public CounterCell? AbortsInjected { get; set; }
}
