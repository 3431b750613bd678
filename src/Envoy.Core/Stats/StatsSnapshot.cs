namespace Envoy.Stats;

/// <summary>Which statistics there are at one moment, each kind in ordinal order of names; their values stay live. Immutable.</summary>
/// <param name="Version">The store's version it was taken at; equal versions have equal lists.</param>
/// <param name="Counters">The counters.</param>
/// <param name="Gauges">The gauges.</param>
/// <param name="TextReadouts">The text readouts.</param>
/// <param name="Histograms">The histograms.</param>
internal sealed record StatsSnapshot(
    long Version,
    IReadOnlyList<Counter> Counters,
    IReadOnlyList<Gauge> Gauges,
    IReadOnlyList<TextReadout> TextReadouts,
    IReadOnlyList<Histogram> Histograms);
