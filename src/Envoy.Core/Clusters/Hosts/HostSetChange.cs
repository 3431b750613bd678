using System.Collections.Immutable;

namespace Envoy.Clusters.Hosts;

/// <summary>What is different between two host sets of a cluster. Immutable.</summary>
/// <param name="Added">How many hosts are only in the new one.</param>
/// <param name="Removed">The hosts that are only in the old one.</param>
/// <param name="PrioritiesChanged">In how many priorities hosts came or went; a host that moves changes two. Envoy counts these as changes.</param>
internal sealed record HostSetChange(int Added, ImmutableArray<Host> Removed, int PrioritiesChanged)
{
    public static HostSetChange Between(HostSetSnapshot before, HostSetSnapshot after)
    {
        var old = new HashSet<Host>(before.All);
        var now = new HashSet<Host>(after.All);
        var added = 0;
        foreach (var host in now)
        {
            if (!old.Contains(host))
                added++;
        }

        var removed = ImmutableArray.CreateBuilder<Host>();
        foreach (var host in before.All)
        {
            if (!now.Contains(host))
                removed.Add(host);
        }

        var changed = 0;
        for (var priority = 0; priority < Math.Max(before.Priorities.Length, after.Priorities.Length); priority++)
        {
            var hosts = new HashSet<Host>(At(before, priority));
            if (!hosts.SetEquals(At(after, priority)))
                changed++;
        }

        return new HostSetChange(added, removed.DrainToImmutable(), changed);
    }

    private static ImmutableArray<Host> At(HostSetSnapshot set, int priority)
        => priority < set.Priorities.Length ? set.Priorities[priority].Hosts : [];
}
