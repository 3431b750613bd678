using Envoy.Http.Headers;
using Envoy.Matching;

namespace Envoy.Routing;

/// <summary>The compiled routes of some domains. Immutable.</summary>
internal sealed class VirtualHost
{
    internal VirtualHost(VirtualHostConfig config) => Config = config;

    /// <summary>What was asked for.</summary>
    public VirtualHostConfig Config { get; }

    /// <summary>Its name for statistics and messages.</summary>
    public string Name => Config.Name;

    /// <summary>The routes, in the order they are tried.</summary>
    public ReadOnlySpan<Route> Routes => RouteArray;

    /// <summary>Which requests have to come over TLS.</summary>
    public TlsRequirement RequireTls => Config.RequireTls;

    /// <summary>The route of those that do not.</summary>
    public Route? TlsRedirect { get; internal set; }

    /// <summary>Classes of requests with statistics of their own; empty: none.</summary>
    public VirtualCluster[] VirtualClusters { get; internal set; } = [];

    internal Route[] RouteArray { get; set; } = [];

    /// <summary>Finds the routes that a path may belong to without looking at each; null: there are few.</summary>
    internal RouteIndex? Index { get; set; }

    /// <summary>The class that a request counts for: the first that matches, else <c>other</c>; null where there are no classes.</summary>
    public VirtualCluster? FindVirtualCluster(HeaderMap request, MatchScratch scratch)
    {
        foreach (var cluster in VirtualClusters)
        {
            if (cluster.Headers is null || cluster.Headers.Matches(request, scratch))
                return cluster;
        }

        return null;
    }
}

/// <summary>A class of requests. Immutable.</summary>
/// <param name="Name">Its name in statistics.</param>
/// <param name="Headers">What its requests have in common; null: it is the class of all that belong to no other.</param>
/// <param name="Index">Its place in the virtual host.</param>
internal sealed record VirtualCluster(string Name, HeaderMatcherSet? Headers, int Index);
