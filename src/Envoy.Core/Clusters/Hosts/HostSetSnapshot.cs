using System.Collections.Immutable;

namespace Envoy.Clusters.Hosts;

/// <summary>
/// A cluster's hosts at one moment, by priority and locality. Made on main, published to every worker. The hosts inside are live, the lists
/// are not. Immutable.
/// </summary>
internal sealed class HostSetSnapshot
{
    /// <summary>The highest number of a priority, Envoy's (<c>LocalityLbEndpoints.priority</c>).</summary>
    public const uint MaxPriority = 128;

    /// <summary>No hosts.</summary>
    public static readonly HostSetSnapshot Empty = new([]);

    /// <summary>Groups localities by their priority; a priority that is left out is one without hosts.</summary>
    public HostSetSnapshot(ReadOnlySpan<LocalityHosts> localities)
    {
        var priorities = 0;
        foreach (var locality in localities)
            priorities = Math.Max(priorities, checked((int)locality.Priority) + 1);
        var all = ImmutableArray.CreateBuilder<Host>();
        var levels = ImmutableArray.CreateBuilder<PriorityHosts>(priorities);
        for (var priority = 0; priority < priorities; priority++)
        {
            var hosts = ImmutableArray.CreateBuilder<Host>();
            var groups = ImmutableArray.CreateBuilder<LocalityHosts>();
            foreach (var locality in localities)
            {
                if (locality.Priority != priority)
                    continue;
                groups.Add(locality);
                hosts.AddRange(locality.Hosts);
            }

            all.AddRange(hosts);
            levels.Add(new PriorityHosts(hosts.DrainToImmutable(), groups.DrainToImmutable()));
        }

        All = all.DrainToImmutable();
        Priorities = levels.MoveToImmutable();
        Usable = HostSource.Of(this);
    }

    /// <summary>By priority, 0 first.</summary>
    public ImmutableArray<PriorityHosts> Priorities { get; }

    /// <summary>The hosts of all priorities.</summary>
    public ImmutableArray<Host> All { get; }

    /// <summary>The hosts that balancers may choose from.</summary>
    public HostSource Usable { get; }
}
