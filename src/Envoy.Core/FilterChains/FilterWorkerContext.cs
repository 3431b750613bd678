using Envoy.Runtime;
using Envoy.RuntimeSettings;
using Envoy.Stats;

namespace Envoy.FilterChains;

/// <summary>What a worker offers to the filters that run on it. Worker-owned.</summary>
public sealed class FilterWorkerContext
{
    internal FilterWorkerContext(Worker worker, StatsScope stats, IUpstreams upstreams, IDrainDecision drain, RuntimeLoader runtime)
    {
        Worker = worker;
        Stats = stats;
        Upstreams = upstreams;
        Drain = drain;
        Runtime = runtime;
    }

    /// <summary>The worker.</summary>
    public Worker Worker { get; }

    /// <summary>Where statistics begin; this worker's shard is its index.</summary>
    internal StatsScope Stats { get; }

    /// <summary>The clusters as this worker sees them.</summary>
    internal IUpstreams Upstreams { get; }

    /// <summary>Whether connections should end politely.</summary>
    internal IDrainDecision Drain { get; }

    /// <summary>The proxy's runtime keys.</summary>
    internal RuntimeLoader Runtime { get; }
}
