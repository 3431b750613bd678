namespace Envoy.Stats;

/// <summary>A variable part of a statistic's name. Immutable.</summary>
/// <param name="Name">What it is, Envoy's name: <c>envoy.cluster_name</c>.</param>
/// <param name="Value">The part itself.</param>
internal readonly record struct StatTag(string Name, string Value);
