namespace Envoy.Stats;

/// <summary>A statistic's name taken apart. Immutable.</summary>
/// <param name="Name">The name without the tags' text: <c>cluster.upstream_rq_xx</c>.</param>
/// <param name="Tags">The tags, in the order in which Envoy finds and prints them.</param>
internal sealed record TagExtraction(string Name, IReadOnlyList<StatTag> Tags);
