using System.Globalization;
using System.Text;
using Envoy.Stats;

namespace Envoy.Proxy.Admin;

/// <summary>
/// <c>/stats/prometheus</c>: counters, gauges, text readouts when asked for, histograms; inside a kind by tag-extracted name, inside a name
/// by full name. Tags stand in the order of extraction, as in Envoy. Immutable.
/// </summary>
internal static class PrometheusPage
{
    /// <summary>What a query that Prometheus has no form for is answered with, at 400; null if there is nothing wrong.</summary>
    public static string? Refusal(StatsQuery query)
        => query.Histograms is HistogramView.Detailed or HistogramView.Disjoint ? "unsupported prometheus histogram bucket mode" : null;

    /// <summary>Renders the page.</summary>
    public static string Render(StatsStore store, StatsQuery query)
    {
        var snapshot = store.Snapshot();
        var page = new StringBuilder();
        Kind(page, query, snapshot.Counters, "counter", static (page, stat, name) => Number(page, name, stat.Tags.Tags, stat.Value));
        Kind(page, query, snapshot.Gauges, "gauge", static (page, stat, name) => Number(page, name, stat.Tags.Tags, stat.Value));
        if (query.TextReadouts)
        {
            // Prometheus has numbers only: the text becomes a tag.
            Kind(page, query, snapshot.TextReadouts, "gauge", static (page, stat, name) =>
                Number(page, name, [.. stat.Tags.Tags, new StatTag("text_value", stat.Value)], 0));
        }

        if (query.Histograms == HistogramView.Summary)
            Kind(page, query, snapshot.Histograms, "summary", Summary);
        else
            Kind(page, query, snapshot.Histograms, "histogram", Buckets);
        return page.ToString();
    }

    private static void Kind<T>(StringBuilder page, StatsQuery query, IReadOnlyList<T> stats, string type, Action<StringBuilder, T, string> render)
        where T : Stat
    {
        var shown = new List<T>(stats.Count);
        foreach (var stat in stats)
        {
            if (query.Shows(stat))
                shown.Add(stat);
        }

        shown.Sort(static (x, y) =>
        {
            var order = StatName.Compare(x.Tags.Name, y.Tags.Name);
            return order != 0 ? order : StatName.Compare(x.Name, y.Name);
        });

        string? group = null;
        var name = "";
        foreach (var stat in shown)
        {
            if (stat.Tags.Name != group)
            {
                group = stat.Tags.Name;
                name = "envoy_" + Sanitize(group);
                page.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
            }

            render(page, stat, name);
        }
    }

    private static void Number(StringBuilder page, string name, IReadOnlyList<StatTag> tags, long value)
        => page.Append(name).Append('{').Append(Tags(tags)).Append("} ").Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Buckets(StringBuilder page, Histogram histogram, string name)
    {
        var tags = Tags(histogram.Tags.Tags);
        var before = tags.Length == 0 ? "" : tags + ",";
        var statistics = histogram.Cumulative;
        for (var i = 0; i < HistogramStatistics.UpperBounds.Length; i++)
        {
            page.Append(name).Append("_bucket{").Append(before).Append("le=\"").Append(AdminText.General(HistogramStatistics.UpperBounds[i], 32))
                .Append("\"} ").Append(statistics.CountsBelow[i]).Append('\n');
        }

        page.Append(name).Append("_bucket{").Append(before).Append("le=\"+Inf\"} ").Append(statistics.SampleCount).Append('\n');
        Totals(page, statistics, name, tags);
    }

    private static void Summary(StringBuilder page, Histogram histogram, string name)
    {
        var tags = Tags(histogram.Tags.Tags);
        var before = tags.Length == 0 ? "" : tags + ",";
        var statistics = histogram.Interval;
        for (var i = 0; i < HistogramStatistics.Quantiles.Length; i++)
        {
            page.Append(name).Append('{').Append(before).Append("quantile=\"").Append(AdminText.Shortest(HistogramStatistics.Quantiles[i]))
                .Append("\"} ").Append(AdminText.General(statistics.ComputedQuantiles[i], 32)).Append('\n');
        }

        Totals(page, statistics, name, tags);
    }

    private static void Totals(StringBuilder page, HistogramStatistics statistics, string name, string tags)
        => page.Append(name).Append("_sum{").Append(tags).Append("} ").Append(AdminText.General(statistics.SampleSum, 32)).Append('\n')
            .Append(name).Append("_count{").Append(tags).Append("} ").Append(statistics.SampleCount).Append('\n');

    private static string Tags(IReadOnlyList<StatTag> tags)
    {
        if (tags.Count == 0)
            return "";
        var text = new StringBuilder();
        foreach (var tag in tags)
        {
            if (text.Length > 0)
                text.Append(',');
            // The exposition format escapes backslash, newline and quote in values.
            text.Append(Sanitize(tag.Name)).Append("=\"")
                .Append(tag.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
                    .Replace("\"", "\\\"", StringComparison.Ordinal))
                .Append('"');
        }

        return text.ToString();
    }

    private static string Sanitize(string name) => string.Create(name.Length, name, static (to, name) =>
    {
        for (var i = 0; i < to.Length; i++)
            to[i] = char.IsAsciiLetterOrDigit(name[i]) || name[i] == '_' ? name[i] : '_';
    });
}
