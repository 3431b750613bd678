using System.Collections.Immutable;
using Envoy.Clusters.Hosts;

namespace Envoy.Clusters.LoadBalancing;

/// <summary>
/// In turn: by a plain index while all weights of a priority are equal, else by earliest deadline. Every worker takes its own turns and begins
/// at its own place, so that many workers do not all begin with the first host. Worker-owned.
/// </summary>
internal sealed class RoundRobinBalancer : ILoadBalancer
{
    // A weight of a host can change while it waits in the schedule; it counts from the host's next pick on.
    private static readonly Func<Host, double> Weight = static host => host.Weight;

    private readonly ulong _seed;
    private HostSource _source = HostSource.Empty;
    private Rotation[] _rotations = [];

    /// <summary>Makes a balancer without hosts.</summary>
    /// <param name="seed">Where the rotation begins: as if so many picks had been made already.</param>
    public RoundRobinBalancer(ulong seed) => _seed = seed;

    public Host? Choose()
    {
        var priority = _source.ChoosePriority();
        if (priority < 0)
            return null;
        ref var rotation = ref _rotations[priority];
        if (rotation.Schedule is { } schedule)
            return schedule.Pick();
        var hosts = _source.Hosts(priority);
        return hosts[(int)(rotation.Next++ % (ulong)hosts.Length)];
    }

    public void OnHostsChanged(HostSource source)
    {
        _source = source;
        var known = _rotations.Length;
        if (source.PriorityCount > known)
        {
            Array.Resize(ref _rotations, source.PriorityCount);
            for (var priority = known; priority < _rotations.Length; priority++)
                _rotations[priority].Next = _seed;
        }

        for (var priority = 0; priority < _rotations.Length; priority++)
        {
            // The index goes on where it was; a schedule begins afresh, since all deadlines depend on all weights.
            var hosts = priority < source.PriorityCount ? source.Hosts(priority) : [];
            _rotations[priority].Schedule = WeightsDiffer(hosts)
                ? EdfScheduler<Host>.WithPicks(hosts.AsSpan(), Weight, unchecked((uint)_seed))
                : null;
        }
    }

    private static bool WeightsDiffer(ImmutableArray<Host> hosts)
    {
        for (var i = 1; i < hosts.Length; i++)
        {
            if (hosts[i].Weight != hosts[0].Weight)
                return true;
        }

        return false;
    }

    private struct Rotation
    {
        public ulong Next;
        public EdfScheduler<Host>? Schedule;
    }
}
