namespace Envoy.Routing;

/// <summary>The compiled routes of some domains. Immutable.</summary>
internal sealed class VirtualHost
{
    internal VirtualHost(string name) => Name = name;

    /// <summary>Its name for statistics and messages.</summary>
    public string Name { get; }

    /// <summary>The routes, in the order they are tried.</summary>
    public ReadOnlySpan<Route> Routes => RouteArray;

    internal Route[] RouteArray { get; set; } = [];
}
