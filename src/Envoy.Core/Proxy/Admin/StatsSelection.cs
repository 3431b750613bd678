using Envoy.Stats;

namespace Envoy.Proxy.Admin;

/// <summary>Which statistics a page shows, in its order. Immutable.</summary>
internal static class StatsSelection
{
    /// <summary>Text readouts, then counters and gauges merged by name, then histograms.</summary>
    public static IEnumerable<Stat> Select(StatsSnapshot snapshot, StatsQuery query)
    {
        if (query.Kinds.HasFlag(StatsKinds.TextReadouts))
        {
            foreach (var text in snapshot.TextReadouts)
            {
                if (query.Shows(text))
                    yield return text;
            }
        }

        var counters = query.Kinds.HasFlag(StatsKinds.Counters) ? snapshot.Counters : [];
        var gauges = query.Kinds.HasFlag(StatsKinds.Gauges) ? snapshot.Gauges : [];
        for (int i = 0, j = 0; i < counters.Count || j < gauges.Count;)
        {
            var counterFirst = j == gauges.Count
                || (i < counters.Count && string.CompareOrdinal(counters[i].Name, gauges[j].Name) <= 0);
            Stat stat = counterFirst ? counters[i++] : gauges[j++];
            if (query.Shows(stat))
                yield return stat;
        }

        if (query.Kinds.HasFlag(StatsKinds.Histograms))
        {
            foreach (var histogram in snapshot.Histograms)
            {
                if (query.Shows(histogram))
                    yield return histogram;
            }
        }
    }
}
