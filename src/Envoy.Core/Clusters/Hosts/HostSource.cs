using System.Collections.Immutable;

namespace Envoy.Clusters.Hosts;

/// <summary>
/// The hosts that a balancing policy may choose from, by priority: what is left of a host set after health has been looked at. Nothing checks
/// health yet, so these are all hosts. Policies see nothing else; what health, panic and overprovisioning change, they change here.
/// Immutable.
/// </summary>
internal sealed class HostSource
{
    /// <summary>Nothing to choose from.</summary>
    public static readonly HostSource Empty = new([]);

    private readonly ImmutableArray<ImmutableArray<Host>> _priorities;
    private readonly int _first = -1;

    private HostSource(ImmutableArray<ImmutableArray<Host>> priorities)
    {
        _priorities = priorities;
        for (var priority = 0; priority < priorities.Length && _first < 0; priority++)
        {
            if (priorities[priority].Length > 0)
                _first = priority;
        }
    }

    /// <summary>How many priorities there are, those without hosts included.</summary>
    public int PriorityCount => _priorities.Length;

    /// <summary>The usable hosts of <paramref name="set"/>.</summary>
    public static HostSource Of(HostSetSnapshot set)
    {
        var priorities = ImmutableArray.CreateBuilder<ImmutableArray<Host>>(set.Priorities.Length);
        foreach (var priority in set.Priorities)
            priorities.Add(priority.Hosts);
        return new HostSource(priorities.MoveToImmutable());
    }

    /// <summary>The priority that takes the next request: the highest that has hosts; -1 if none has.</summary>
    public int ChoosePriority() => _first;

    /// <summary>The usable hosts of <paramref name="priority"/>.</summary>
    public ImmutableArray<Host> Hosts(int priority) => _priorities[priority];
}
