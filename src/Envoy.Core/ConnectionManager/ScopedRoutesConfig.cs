using Envoy.Extensions;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>
/// Several route tables, of which each request's headers choose one (<c>http_connection_manager.v3.ScopedRoutes</c>). A request that chooses
/// none has no route. Immutable.
/// </summary>
/// <param name="Name">The name of the set.</param>
public sealed record ScopedRoutesConfig(string Name)
{
    /// <summary>What a request's key is made of; one or more.</summary>
    public ValueList<ScopeKeyFragmentConfig> ScopeKeyBuilder { get; init; } = [];

    /// <summary>The tables; no two with the same key.</summary>
    public ValueList<ScopedRouteConfig> Scopes { get; init; } = [];
}

/// <summary>One part of a request's key: a header, or an element of it (<c>HeaderValueExtractor</c>). Immutable.</summary>
/// <param name="HeaderName">The header; a request without it has no key.</param>
public sealed record ScopeKeyFragmentConfig(string HeaderName)
{
    /// <summary>What stands between the header's elements. Default empty: the value is one element.</summary>
    public string ElementSeparator { get; init; } = "";

    /// <summary>The element that counts, from 0. Default 0; not where <see cref="ElementKey"/> says which.</summary>
    public uint Index { get; init; }

    /// <summary>The element with this key counts, with what stands behind it. Default null: <see cref="Index"/> says which.</summary>
    public string? ElementKey { get; init; }

    /// <summary>What stands between an element's key and its value; not empty where <see cref="ElementKey"/> is used.</summary>
    public string KeySeparator { get; init; } = "";
}

/// <summary>One table of several (<c>envoy.config.route.v3.ScopedRouteConfiguration</c>). Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">The parts of the key of the requests that it is for.</param>
/// <param name="RouteConfig">The table.</param>
public sealed record ScopedRouteConfig(string Name, ValueList<string> Key, RouteConfiguration RouteConfig);
