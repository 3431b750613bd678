using Envoy.Clusters;

namespace Envoy.Proxy.Admin;

/// <summary>A cluster as <c>/clusters</c> shows it. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Hosts">Its hosts, by priority.</param>
internal sealed record ClusterView(string Name, IReadOnlyList<HostView> Hosts)
{
    /// <summary>The name in statistics (<c>alt_stat_name</c>); null (default): <see cref="Name"/>.</summary>
    public string? ObservabilityName { get; init; }

    /// <summary>Whether an API added it, not the file. Default false.</summary>
    public bool AddedViaApi { get; init; }

    /// <summary>The name asked for by EDS; empty (default) for none.</summary>
    public string EdsServiceName { get; init; } = "";

    /// <summary>Limits of the default priority.</summary>
    public CircuitBreakerConfig DefaultPriority { get; init; } = new();

    /// <summary>Limits of the high priority.</summary>
    public CircuitBreakerConfig HighPriority { get; init; } = new();
}
