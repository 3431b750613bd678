namespace Envoy.Routing;

/// <summary>What a route does with a request.</summary>
public enum RouteOutcome
{
    /// <summary>There is no route: 404, or what a filter makes of it.</summary>
    NoRoute,

    /// <summary>It goes to a cluster.</summary>
    Forward,

    /// <summary>It is answered with a redirect.</summary>
    Redirect,

    /// <summary>It is answered without an upstream.</summary>
    DirectResponse,

    /// <summary>Its route is for filters that do not forward HTTP.</summary>
    NonForwarding,
}

/// <summary>Why a route was passed over. Immutable.</summary>
/// <param name="Index">Its place in the virtual host, from 0.</param>
/// <param name="Name">Its name; may be empty.</param>
/// <param name="Reason">Which condition did not hold, such as <c>path "/a/b" does not match prefix "/api"</c>.</param>
public sealed record SkippedRoute(int Index, string Name, string Reason);

/// <summary>
/// What a route table does with one request, found by the code that serves requests, without sending anything. Made by <c>EnvoyProxy.Explain</c>.
/// Immutable.
/// </summary>
public sealed record RouteExplanation
{
    /// <summary>The virtual host's name; null when none has the request's host.</summary>
    public string? VirtualHost { get; init; }

    /// <summary>The routes before the one that matched, with the reason why they did not.</summary>
    public IReadOnlyList<SkippedRoute> Skipped { get; init; } = [];

    /// <summary>The route's place in its virtual host; -1: there is none, or the host requires TLS and redirects by itself.</summary>
    public int RouteIndex { get; init; } = -1;

    /// <summary>The route's name; null: there is no route.</summary>
    public string? RouteName { get; init; }

    /// <summary>What it does.</summary>
    public RouteOutcome Outcome { get; init; }

    /// <summary>The cluster; empty where the request is not forwarded or names none.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>The virtual cluster that the request counts for; null: none.</summary>
    public string? VirtualCluster { get; init; }

    /// <summary>The status of an answer given here, or when there is no such cluster; 404 without a route.</summary>
    public int Status { get; init; }

    /// <summary>The <c>location</c> of a redirect; null: it is none.</summary>
    public string? Location { get; init; }

    /// <summary>The path that the upstream sees, with its query.</summary>
    public string Path { get; init; } = "";

    /// <summary>The host that the upstream sees.</summary>
    public string Host { get; init; } = "";

    /// <summary>Time for the response; null: no limit, or not forwarded.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Idle time of the stream where the route sets one; null: the connection manager's.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Time for each try; null: no limit of its own.</summary>
    public TimeSpan? PerTryTimeout { get; init; }

    /// <summary>How often the request is tried again at most, where the route or its host says so.</summary>
    public uint NumRetries { get; init; }

    /// <summary>The clusters that get a copy.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>The request's headers as the upstream sees them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RequestHeaders { get; init; } = [];

    /// <summary>What the route makes of the response's headers that were given, or of none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ResponseHeaders { get; init; } = [];
}
