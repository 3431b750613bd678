namespace Envoy.Routing;

/// <summary>What was found for a request. Immutable.</summary>
/// <param name="VirtualHost">The virtual host; null when none has the request's host.</param>
/// <param name="Route">The first route that matches; null when none does. Another virtual host is never tried.</param>
/// <param name="Weighted">The cluster drawn among the route's; null where it names one itself.</param>
internal readonly record struct RouteMatchResult(VirtualHost? VirtualHost, Route? Route, WeightedCluster? Weighted)
{
    /// <summary>Filters' options for this request; null: none.</summary>
    public RouteFilterSet? FilterOptions => Weighted?.FilterOptions ?? Route?.FilterOptions;
}
