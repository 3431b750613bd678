using System.Collections.Immutable;

namespace Envoy.Clusters.Hosts;

/// <summary>The hosts of one priority. Immutable.</summary>
/// <param name="Hosts">All of them, locality after locality.</param>
/// <param name="Localities">The same hosts, apart by locality.</param>
internal sealed record PriorityHosts(ImmutableArray<Host> Hosts, ImmutableArray<LocalityHosts> Localities);
