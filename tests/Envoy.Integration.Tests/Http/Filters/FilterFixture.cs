using Envoy.FilterChains.Http;
using Envoy.Integration.Tests.Support;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>A proxy with one of Envoy's filters before the router.</summary>
public abstract class FilterFixture(EngineKind engine) : HttpFixture(engine)
{
    /// <summary>Options with the filter, and with its options for the route where there are some.</summary>
    protected TestProxyOptions With(string name, HttpFilterOptions filter, params RouteFilterOptions[] ofRoute) => Options with
    {
        ConfigureHttp = h => h with
        {
            HttpFilters = [new HttpFilterConfig(name, filter), .. h.HttpFilters],
            RouteConfig = h.RouteConfig with
            {
                VirtualHosts =
                [
                    h.RouteConfig.VirtualHosts[0] with
                    {
                        Routes = [h.RouteConfig.VirtualHosts[0].Routes[0] with { FilterOptions = [.. ofRoute.Select(o => new RouteFilterConfig(name, o))] }],
                    },
                ],
            },
        },
    };
}
