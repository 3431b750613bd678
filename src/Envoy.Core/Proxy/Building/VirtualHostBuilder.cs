using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Routing;

namespace Envoy.Proxy.Building;

/// <summary>Makes the routes of one virtual host; the first that matches wins. Used by one thread.</summary>
public sealed class VirtualHostBuilder
{
    private readonly List<RouteConfig> _routes = [];

    internal VirtualHostBuilder()
    {
    }

    /// <summary>Forwards paths that begin with <paramref name="prefix"/> to a cluster.</summary>
    public VirtualHostBuilder Route(string prefix, string cluster)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        return Route(prefix, new ForwardActionConfig { Cluster = cluster });
    }

    /// <summary>Forwards paths that begin with <paramref name="prefix"/>, with timeouts and the like.</summary>
    public VirtualHostBuilder Route(string prefix, ForwardActionConfig action) => Add(Prefix(prefix), action);

    /// <summary>Redirects paths that begin with <paramref name="prefix"/>.</summary>
    public VirtualHostBuilder Redirect(string prefix, RedirectActionConfig action) => Add(Prefix(prefix), action);

    /// <summary>Answers paths that begin with <paramref name="prefix"/> at once.</summary>
    /// <param name="prefix">The beginning of the path.</param>
    /// <param name="status">200 to 599.</param>
    /// <param name="body">At most 4096 bytes in UTF-8.</param>
    public VirtualHostBuilder DirectResponse(string prefix, int status, string body = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        ArgumentNullException.ThrowIfNull(body);
        return Add(Prefix(prefix), new DirectResponseActionConfig(status) { Body = body });
    }

    /// <summary>Adds a route with any match: <c>Add(new() { Path = new ExactPathMatchConfig("/x") }, action)</c>.</summary>
    public VirtualHostBuilder Add(RouteMatchConfig match, RouteActionConfig action)
    {
        ArgumentNullException.ThrowIfNull(match);
        ArgumentNullException.ThrowIfNull(action);
        return Add(new RouteConfig { Match = match, Action = action });
    }

    /// <summary>Adds a route.</summary>
    public VirtualHostBuilder Add(RouteConfig route)
    {
        ArgumentNullException.ThrowIfNull(route);
        if (route.Match.Path is RegexMatchConfig { Regex: var regex } && RegexPattern.TryCompile(regex, out var wrong) is null)
            throw new ArgumentException($"The expression of a route is wrong: {wrong}", nameof(route));
        _routes.Add(route);
        return this;
    }

    internal ValueList<RouteConfig> Build() => ValueList.From(_routes);

    private static RouteMatchConfig Prefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return new RouteMatchConfig { Path = new PrefixMatchConfig(prefix) };
    }
}
