using Envoy.Stats;

namespace Envoy.Filters.Http.Fault;

/// <summary>
/// Statistics of the fault filter, Envoy's names under <c>http.PREFIX.fault.</c> Worker-owned, but for the number of active faults.
/// </summary>
internal sealed class FaultStats
{
    // Clusters that callers name in a header and that are counted each; Envoy has no such limit.
    private const int MostClusters = 256;

    private readonly StatsScope _scope;
    private readonly int _shard;
    private readonly Dictionary<string, (CounterCell Delays, CounterCell Aborts)> _clusters = new(StringComparer.Ordinal);

    public FaultStats(StatsScope scope, int shard)
    {
        _scope = scope.Scope("fault");
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

    public SharedGauge ActiveFaults { get; }

    /// <summary>Counts for one calling cluster, too.</summary>
    public void CountFor(string name, bool abort)
    {
        if (!_clusters.TryGetValue(name, out var cells))
        {
            if (_clusters.Count >= MostClusters)
                return;
            var scope = _scope.Scope(name);
            cells = (scope.Counter("delays_injected", _shard), scope.Counter("aborts_injected", _shard));
            _clusters.Add(name, cells);
        }

        (abort ? cells.Aborts : cells.Delays).Inc();
    }
}
