using System.Text.RegularExpressions;

namespace Envoy.Proxy.Admin;

/// <summary>The parameters of <c>/stats</c>, checked in Envoy's order and refused in its words. Immutable.</summary>
internal sealed class StatsQuery
{
    /// <summary>
    /// RE2, Envoy's engine, allows a count of at most 1000 and bounds its automaton; here the counts multiplied up bound it, so that an
    /// operator's typing error cannot take the process's memory.
    /// </summary>
    private const int MaxRepetitions = 1000;

    private readonly Regex? _filter;

    private StatsQuery(Regex? filter) => _filter = filter;

    /// <summary>Only what was ever written.</summary>
    public bool UsedOnly { get; private init; }

    /// <summary>Text readouts too, on the Prometheus page.</summary>
    public bool TextReadouts { get; private init; }

    /// <summary>Which kinds.</summary>
    public StatsKinds Kinds { get; private init; } = StatsKinds.All;

    /// <summary>Which page.</summary>
    public StatsFormat Format { get; private init; }

    /// <summary>How histograms are shown.</summary>
    public HistogramView Histograms { get; private init; }

    /// <summary>Nothing is shown: only hidden statistics are asked for, and there are none.</summary>
    public bool HiddenOnly { get; private init; }

    /// <summary>Reads the parameters; null with a message for a 400 answer if one is wrong.</summary>
    public static StatsQuery? Parse(AdminQuery query, out string error)
    {
        Regex? filter = null;
        if (query.NonEmpty("filter") is { } pattern && (filter = Compile(pattern)) is null)
            return Refuse("Invalid re2 regex", out error);
        HistogramView? histograms = query.NonEmpty("histogram_buckets") switch
        {
            null => HistogramView.Default,
            "cumulative" => HistogramView.Cumulative,
            "disjoint" => HistogramView.Disjoint,
            "detailed" => HistogramView.Detailed,
            "summary" or "none" => HistogramView.Summary,
            _ => null,
        };
        if (histograms is null)
            return Refuse("usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary)\n", out error);
        StatsKinds? kinds = query.NonEmpty("type") switch
        {
            null or "All" => StatsKinds.All,
            "Counters" => StatsKinds.Counters,
            "Gauges" => StatsKinds.Gauges,
            "Histograms" => StatsKinds.Histograms,
            "TextReadouts" => StatsKinds.TextReadouts,
            _ => null,
        };
        if (kinds is null)
            return Refuse("invalid &type= param", out error);
        var hidden = query.NonEmpty("hidden");
        if (hidden is not (null or "include" or "only" or "exclude"))
            return Refuse("usage: /stats?hidden=(include|only|exclude)\n\n", out error);
        StatsFormat? format = query.NonEmpty("format") switch
        {
            null or "text" => StatsFormat.Text,
            "json" => StatsFormat.Json,
            "prometheus" => StatsFormat.Prometheus,
            _ => null,
        };
        if (format is null)
            return Refuse("usage: /stats?format=(json|prometheus|text)\n\n", out error);

        error = "";
        return new StatsQuery(filter)
        {
            UsedOnly = query.Has("usedonly"),
            TextReadouts = query.Has("text_readouts"),
            Histograms = histograms.Value,
            Kinds = kinds.Value,
            Format = format.Value,
            HiddenOnly = hidden == "only",
        };
    }

    /// <summary>Whether a statistic is to be shown.</summary>
    public bool Shows(Stats.Stat stat) => !HiddenOnly && (!UsedOnly || stat.Used) && (_filter is null || _filter.IsMatch(stat.Name));

    private static StatsQuery? Refuse(string message, out string error)
    {
        error = message;
        return null;
    }

    private static Regex? Compile(string pattern)
    {
        if (Repetitions(pattern) > MaxRepetitions)
            return null;
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>The product of the counted repetitions of <paramref name="pattern"/>, which is what nesting them could come to.</summary>
    private static long Repetitions(string pattern)
    {
        var product = 1L;
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '{')
                continue;
            var number = 0L;
            var most = 1L;
            for (i++; i < pattern.Length && (char.IsAsciiDigit(pattern[i]) || pattern[i] == ','); i++)
            {
                number = pattern[i] == ',' ? 0 : Math.Min(MaxRepetitions + 1, (number * 10) + (pattern[i] - '0'));
                most = Math.Max(most, number);
            }

            product = Math.Min(product * most, int.MaxValue);
        }

        return product;
    }
}
