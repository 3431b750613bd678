using Envoy.Extensions;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.Matching;

namespace Envoy.Filters.Http.HealthCheck;

/// <summary>
/// Options of <c>envoy.filters.http.health_check</c>, which answers the health checks of others for this proxy and what is behind it, or lets
/// them pass and remembers the answer. Immutable.
/// </summary>
public sealed record HealthCheckOptions : HttpFilterOptions
{
    /// <summary>Health checks go to the upstream; false (the default of code; YAML has to say it): they are answered here.</summary>
    public bool PassThroughMode { get; init; }

    /// <summary>How long the upstream's answer is given to later health checks; only with <see cref="PassThroughMode"/>. Default zero: not.</summary>
    public TimeSpan CacheTime { get; init; }

    /// <summary>The clusters, and how many hundredths of their hosts must be healthy, that the answer depends on; only without <see cref="PassThroughMode"/>. Default: none.</summary>
    public ValueList<ClusterHealthConfig> ClusterMinHealthyPercentages { get; init; } = [];

    /// <summary>What health checks are told by; all must hold. Default none, by which every request is one.</summary>
    public ValueList<HeaderMatcherConfig> Headers { get; init; } = [];

    /// <inheritdoc/>
    public override void Validate(ConfigValidation validation)
    {
        ArgumentNullException.ThrowIfNull(validation);
        if (CacheTime < TimeSpan.Zero)
            validation.ErrorAt(this, "cache_time", "must not be negative");
        if (!PassThroughMode && CacheTime > TimeSpan.Zero)
            validation.Error(this, "cache_time", "cache_time must not be set when pass_through_mode is disabled");
        if (PassThroughMode && ClusterMinHealthyPercentages.Count > 0)
            validation.Error(this, "cluster_min_healthy_percentages", "the answer of the upstream is not changed by what its cluster has", "set pass_through_mode: false");
        foreach (var cluster in ClusterMinHealthyPercentages)
        {
            if (cluster.Percentage is < 0 or > 100 or double.NaN)
                validation.ErrorAt(this, "cluster_min_healthy_percentages", $"the percentage of '{cluster.Cluster}' must be 0 to 100");
        }

        _ = HeaderMatcherSet.Compile(Headers, (index, message) => validation.ErrorAt(this, $"headers[{index}]", message));
    }

    /// <inheritdoc/>
    protected internal override IHttpFilterSnapshot Compile(FilterCompileContext context) => new HealthCheckFilter.Snapshot(this, context);
}

/// <summary>How much of a cluster must be healthy. Immutable.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Percentage">0 to 100.</param>
public sealed record ClusterHealthConfig(string Cluster, double Percentage);
