using Envoy.Extensions;

namespace Envoy.Routing;

/// <summary>A filter's extension as a route table sees it: which messages are its options for a part of the table. Thread-safe.</summary>
internal interface IRouteFilterExtension
{
    /// <summary>The full names of those messages; empty: the filter has none.</summary>
    IReadOnlyList<string> RouteTypeUrls { get; }

    /// <summary>Reads one of them; errors go to <paramref name="context"/>.</summary>
    RouteFilterOptions? ReadRouteOptions(string type, ConfigNode node, ConfigReadContext context);
}
