using Envoy.Stats;

namespace Envoy.Proxy;

/// <summary>A proxy's counters and gauges by Envoy's names, such as <c>cluster.web.upstream_rq_200</c>. Thread-safe.</summary>
public sealed class ProxyStatistics
{
    private readonly StatsStore _store;

    internal ProxyStatistics(StatsStore store) => _store = store;

    /// <summary>The present value of a counter or gauge; 0 for a name that nobody has counted under yet.</summary>
    public long this[string name] => TryGet(name, out var value) ? value : 0;

    /// <summary>The present value of a counter or gauge; false if there is none of this name.</summary>
    public bool TryGet(string name, out long value)
    {
        var snapshot = _store.Snapshot();
        if (Find(snapshot.Counters, name) is Counter counter)
        {
            value = counter.Value;
            return true;
        }

        if (Find(snapshot.Gauges, name) is Gauge gauge)
        {
            value = gauge.Value;
            return true;
        }

        value = 0;
        return false;
    }

    /// <summary>All counters and gauges with their present values, sorted by name.</summary>
    public IReadOnlyDictionary<string, long> ToDictionary()
    {
        var all = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var snapshot = _store.Snapshot();
        foreach (var counter in snapshot.Counters)
            all[counter.Name] = counter.Value;
        foreach (var gauge in snapshot.Gauges)
            all[gauge.Name] = gauge.Value;
        return all;
    }

    private static Stat? Find(IReadOnlyList<Stat> sorted, string name)
    {
        int low = 0, high = sorted.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(sorted[middle].Name, name);
            if (order == 0)
                return sorted[middle];
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return null;
    }
}
