namespace Envoy.Proxy.Admin;

/// <summary>The <c>type</c> parameter of <c>/stats</c>.</summary>
[Flags]
internal enum StatsKinds
{
    /// <summary>No kind.</summary>
    None = 0,

    /// <summary>Text readouts.</summary>
    TextReadouts = 1,

    /// <summary>Counters.</summary>
    Counters = 2,

    /// <summary>Gauges.</summary>
    Gauges = 4,

    /// <summary>Histograms.</summary>
    Histograms = 8,

    /// <summary>Every kind.</summary>
    All = TextReadouts | Counters | Gauges | Histograms,
}
