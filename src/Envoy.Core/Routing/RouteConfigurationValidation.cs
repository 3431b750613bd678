using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>What Envoy refuses about a route table as a whole. Thread-safe.</summary>
internal static class RouteConfigurationValidation
{
    public static void Validate(RouteConfiguration table, ConfigValidation validation)
    {
        var errors = new List<RouteError>();
        _ = RouteTable.Compile(table, errors);
        foreach (var error in errors)
            validation.ErrorAt(table, error.Path, error.Message);
        var names = new HashSet<string>(StringComparer.Ordinal);
        validation.Each("virtual_hosts", table.VirtualHosts, host =>
        {
            if (host.Name.Length > 0 && !names.Add(host.Name))
                validation.Error(host, "name", $"another virtual host is called '{host.Name}'");
            validation.Each("routes", host.Routes, route => ValidateRoute(table, route, validation));
        });
    }

    private static void ValidateRoute(RouteConfiguration table, RouteConfig route, ConfigValidation validation)
    {
        if (route.Action is not ForwardActionConfig forward || !(table.ValidateClusters ?? true))
            return;
        validation.RequireCluster(forward, "cluster", forward.Cluster);
        foreach (var cluster in forward.WeightedClusters?.Clusters ?? [])
            validation.RequireCluster(cluster, "name", cluster.Name);
        foreach (var mirror in forward.RequestMirrorPolicies)
            validation.RequireCluster(mirror, "cluster", mirror.Cluster);
    }
}
