using System.Globalization;
using System.Text;
using Envoy.Stats;

namespace Envoy.Proxy.Admin;

/// <summary><c>/stats</c> as text: text readouts, then counters and gauges, then histograms, each by name. Immutable.</summary>
internal static class StatsTextPage
{
    /// <summary>Renders the page.</summary>
    public static string Render(StatsStore store, StatsQuery query)
    {
        var page = new StringBuilder();
        foreach (var stat in StatsSelection.Select(store.Snapshot(), query))
        {
            switch (stat)
            {
                case TextReadout text:
                    page.Append(text.Name).Append(": \"").Append(text.Value).Append("\"\n");
                    break;
                case Counter counter:
                    page.Append(counter.Name).Append(": ").Append(counter.Value).Append('\n');
                    break;
                case Gauge gauge:
                    page.Append(gauge.Name).Append(": ").Append(gauge.Value).Append('\n');
                    break;
                case Histogram histogram:
                    Render(page, histogram, query.Histograms);
                    break;
            }
        }

        return page.ToString();
    }

    private static void Render(StringBuilder page, Histogram histogram, HistogramView view)
    {
        page.Append(histogram.Name).Append(':');
        if (!histogram.Used)
        {
            page.Append(" No recorded values\n");
            return;
        }

        var interval = histogram.Interval;
        var cumulative = histogram.Cumulative;
        switch (view)
        {
            case HistogramView.Cumulative:
            case HistogramView.Disjoint:
                Buckets(page, interval, cumulative, view == HistogramView.Disjoint);
                break;
            case HistogramView.Detailed:
                page.Append("\n  totals=");
                Detail(page, cumulative);
                page.Append("\n  intervals=");
                Detail(page, interval);
                page.Append("\n  summary=");
                Quantiles(page, interval, cumulative);
                break;
            default:
                page.Append(' ');
                Quantiles(page, interval, cumulative);
                break;
        }

        page.Append('\n');
    }

    private static void Quantiles(StringBuilder page, HistogramStatistics interval, HistogramStatistics cumulative)
    {
        for (var i = 0; i < HistogramStatistics.Quantiles.Length; i++)
        {
            if (i > 0)
                page.Append(' ');
            page.Append('P').Append(AdminText.General(100 * HistogramStatistics.Quantiles[i]))
                .Append('(').Append(AdminText.Shortest(interval.ComputedQuantiles[i]))
                .Append(',').Append(AdminText.Shortest(cumulative.ComputedQuantiles[i])).Append(')');
        }
    }

    private static void Buckets(StringBuilder page, HistogramStatistics interval, HistogramStatistics cumulative, bool disjoint)
    {
        for (var i = 0; i < HistogramStatistics.UpperBounds.Length; i++)
        {
            var from = disjoint && i > 0 ? i - 1 : -1;
            page.Append(" B").Append(AdminText.General(HistogramStatistics.UpperBounds[i]))
                .Append('(').Append(interval.CountsBelow[i] - (from < 0 ? 0 : interval.CountsBelow[from]))
                .Append(',').Append(cumulative.CountsBelow[i] - (from < 0 ? 0 : cumulative.CountsBelow[from])).Append(')');
        }
    }

    private static void Detail(StringBuilder page, HistogramStatistics statistics)
    {
        var separator = "";
        foreach (var (lower, width, count) in statistics.Detailed())
        {
            page.Append(separator).Append(AdminText.General(lower, 15)).Append(',').Append(AdminText.General(width, 15))
                .Append(':').Append(count.ToString(CultureInfo.InvariantCulture));
            separator = ", ";
        }
    }
}
