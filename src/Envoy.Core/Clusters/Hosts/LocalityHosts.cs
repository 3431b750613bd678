using System.Collections.Immutable;

namespace Envoy.Clusters.Hosts;

/// <summary>The hosts of one locality at one priority. Immutable.</summary>
/// <param name="Priority">0 is the highest.</param>
/// <param name="Hosts">In the order of the configuration, or of the resolver's answer.</param>
internal sealed record LocalityHosts(uint Priority, ImmutableArray<Host> Hosts);
