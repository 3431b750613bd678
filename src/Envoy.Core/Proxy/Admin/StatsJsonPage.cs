using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Envoy.Stats;

namespace Envoy.Proxy.Admin;

/// <summary>
/// <c>/stats?format=json</c>: a list of names and values, and last in it one object for all histograms, as Envoy has it. Immutable.
/// </summary>
internal static class StatsJsonPage
{
    /// <summary>Renders the page.</summary>
    public static ReadOnlyMemory<byte> Render(StatsStore store, StatsQuery query)
    {
        var page = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(page, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartArray("stats");
            var begun = false;
            foreach (var stat in StatsSelection.Select(store.Snapshot(), query))
            {
                if (stat is Histogram histogram)
                {
                    if (!begun)
                        Begin(json, query.Histograms);
                    begun = true;
                    Render(json, histogram, query.Histograms);
                    continue;
                }

                json.WriteStartObject();
                json.WriteString("name", stat.Name);
                switch (stat)
                {
                    case TextReadout text:
                        json.WriteString("value", text.Value);
                        break;
                    case Counter counter:
                        json.WriteNumber("value", counter.Value);
                        break;
                    case Gauge gauge:
                        json.WriteNumber("value", gauge.Value);
                        break;
                }

                json.WriteEndObject();
            }

            if (begun)
                End(json, query.Histograms);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return page.WrittenMemory;
    }

    private static void Begin(Utf8JsonWriter json, HistogramView view)
    {
        json.WriteStartObject();
        if (view is HistogramView.Cumulative or HistogramView.Disjoint)
        {
            json.WriteStartArray("histograms");
            return;
        }

        var detailed = view == HistogramView.Detailed;
        json.WriteStartObject("histograms");
        json.WriteStartArray(detailed ? "supported_percentiles" : "supported_quantiles");
        foreach (var quantile in HistogramStatistics.Quantiles)
            json.WriteNumberValue(quantile * 100);
        json.WriteEndArray();
        json.WriteStartArray(detailed ? "details" : "computed_quantiles");
    }

    private static void End(Utf8JsonWriter json, HistogramView view)
    {
        json.WriteEndArray();
        if (view is not (HistogramView.Cumulative or HistogramView.Disjoint))
            json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Render(Utf8JsonWriter json, Histogram histogram, HistogramView view)
    {
        var interval = histogram.Interval;
        var cumulative = histogram.Cumulative;
        json.WriteStartObject();
        json.WriteString("name", histogram.Name);
        switch (view)
        {
            case HistogramView.Cumulative:
            case HistogramView.Disjoint:
                Buckets(json, interval, cumulative, view == HistogramView.Disjoint);
                break;
            case HistogramView.Detailed:
                Detail(json, "totals", cumulative);
                Detail(json, "intervals", interval);
                Quantiles(json, "percentiles", interval, cumulative);
                break;
            default:
                Quantiles(json, "values", interval, cumulative);
                break;
        }

        json.WriteEndObject();
    }

    private static void Quantiles(Utf8JsonWriter json, string name, HistogramStatistics interval, HistogramStatistics cumulative)
    {
        json.WriteStartArray(name);
        for (var i = 0; i < HistogramStatistics.Quantiles.Length; i++)
        {
            json.WriteStartObject();
            Number(json, "cumulative", cumulative.ComputedQuantiles[i]);
            Number(json, "interval", interval.ComputedQuantiles[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Buckets(Utf8JsonWriter json, HistogramStatistics interval, HistogramStatistics cumulative, bool disjoint)
    {
        json.WriteStartArray("buckets");
        for (var i = 0; i < HistogramStatistics.UpperBounds.Length; i++)
        {
            var from = disjoint && i > 0 ? i - 1 : -1;
            json.WriteStartObject();
            json.WriteNumber("upper_bound", HistogramStatistics.UpperBounds[i]);
            json.WriteNumber("interval", interval.CountsBelow[i] - (from < 0 ? 0 : interval.CountsBelow[from]));
            json.WriteNumber("cumulative", cumulative.CountsBelow[i] - (from < 0 ? 0 : cumulative.CountsBelow[from]));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Detail(Utf8JsonWriter json, string name, HistogramStatistics statistics)
    {
        json.WriteStartArray(name);
        foreach (var (lower, width, count) in statistics.Detailed())
        {
            json.WriteStartObject();
            json.WriteNumber("lower_bound", lower);
            json.WriteNumber("width", width);
            json.WriteNumber("count", count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // JSON has no word for what is not a number; Envoy writes null.
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsNaN(value))
            json.WriteNull(name);
        else
            json.WriteNumber(name, value);
    }
}
