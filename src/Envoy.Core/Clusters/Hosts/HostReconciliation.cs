using System.Collections.Immutable;
using Envoy.Net;

namespace Envoy.Clusters.Hosts;

/// <summary>
/// A new list of hosts in which every host that was there before is the same object. Immutable.
/// </summary>
/// <param name="Hosts">The hosts that are wanted now, in that order, without repetitions.</param>
/// <param name="Added">Those that are new.</param>
/// <param name="Removed">Those that were there and are not wanted any more.</param>
/// <param name="Changed">
/// Whether balancers have to know: hosts came or went, or changed weight or priority. Another order alone is no change, since resolvers
/// rotate their answers.
/// </param>
internal sealed record HostReconciliation(
    ImmutableArray<Host> Hosts, ImmutableArray<Host> Added, ImmutableArray<Host> Removed, bool Changed)
{
    /// <summary>
    /// Matches by address and host name; a host that stays takes its new weight and priority in place. Of wanted hosts that are alike, the
    /// first counts.
    /// </summary>
    public static HostReconciliation Of(ImmutableArray<Host> present, ReadOnlySpan<HostSpec> wanted)
    {
        var left = new Dictionary<(string Address, string Hostname), Host>(present.Length);
        foreach (var host in present)
            left.TryAdd((host.Address, host.Hostname), host);
        var seen = new HashSet<(string Address, string Hostname)>(wanted.Length);
        var hosts = ImmutableArray.CreateBuilder<Host>(wanted.Length);
        var added = ImmutableArray.CreateBuilder<Host>();
        var changed = false;
        foreach (var spec in wanted)
        {
            var key = (EndPoints.Format(spec.EndPoint), spec.Hostname);
            if (!seen.Add(key))
                continue;
            if (left.TryGetValue(key, out var host))
            {
                changed |= host.Weight != spec.Weight || host.Priority != spec.Priority;
                host.Weight = spec.Weight;
                host.Priority = spec.Priority;
            }
            else
            {
                host = new Host(spec);
                added.Add(host);
            }

            hosts.Add(host);
        }

        // By reference: of two present hosts that were alike, one was matched at most.
        var kept = new HashSet<Host>(hosts);
        var removed = ImmutableArray.CreateBuilder<Host>();
        foreach (var host in present)
        {
            if (!kept.Contains(host))
                removed.Add(host);
        }

        changed |= added.Count > 0 || removed.Count > 0;
        return new HostReconciliation(hosts.DrainToImmutable(), added.DrainToImmutable(), removed.DrainToImmutable(), changed);
    }
}
