using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>What Envoy refuses about a route table as a whole. Thread-safe.</summary>
internal static class RouteConfigurationValidation
{
    public static void Validate(RouteConfiguration table, ConfigValidation validation)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var domains = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        validation.Each("virtual_hosts", table.VirtualHosts, host =>
        {
            if (host.Name.Length > 0 && !names.Add(host.Name))
                validation.Error(host, "name", $"another virtual host is called '{host.Name}'");
            if (host.Domains.Count == 0)
                validation.Error(host, "domains", $"virtual host '{host.Name}' has no domain");
            foreach (var domain in host.Domains)
            {
                if (!domains.Add(domain))
                    validation.Error(host, "domains", $"the domain '{domain}' is there twice", "a domain belongs to one virtual host");
                else if (IsInnerWildcard(domain))
                    validation.Error(host, "domains", $"'{domain}' is not a domain: '*' stands at its beginning or at its end only");
            }

            validation.Each("routes", host.Routes, route => ValidateRoute(table, route, validation));
        });
    }

    private static void ValidateRoute(RouteConfiguration table, RouteConfig route, ConfigValidation validation)
    {
        if (route.Action is ForwardActionConfig forward && (table.ValidateClusters ?? true))
            validation.RequireCluster(forward, "cluster", forward.Cluster);
    }

    private static bool IsInnerWildcard(string domain)
    {
        if (domain.Length == 1)
            return false;
        var star = domain.IndexOf('*', StringComparison.Ordinal);
        return star >= 0 && (domain.LastIndexOf('*') != star || (star != 0 && star != domain.Length - 1));
    }
}
