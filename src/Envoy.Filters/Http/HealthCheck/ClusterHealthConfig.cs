namespace Envoy.Filters.Http.HealthCheck;

/// <summary>A cluster that must have so many usable hosts. Immutable.</summary>
/// <param name="Cluster">Its name; one that does not exist fails every health check.</param>
/// <param name="MinHealthyPercentage">How many of its hosts must be healthy or degraded, in hundredths, 0 to 100; fractions are dropped.</param>
public sealed record ClusterHealthConfig(string Cluster, double MinHealthyPercentage);
