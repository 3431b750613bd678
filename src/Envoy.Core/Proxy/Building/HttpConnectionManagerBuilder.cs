using Envoy.ConnectionManager;
using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Routing;

namespace Envoy.Proxy.Building;

/// <summary>Makes the options of an HTTP connection manager with a route table in place. Used by one thread.</summary>
public sealed class HttpConnectionManagerBuilder
{
    private readonly List<VirtualHostConfig> _hosts = [];
    private readonly List<HttpFilterConfig> _filters = [];
    private HttpConnectionManagerOptions _options;
    private string _routeConfigName = "";

    internal HttpConnectionManagerBuilder(string statPrefix) => _options = new HttpConnectionManagerOptions { StatPrefix = statPrefix };

    /// <summary>Names the route table. Default: no name.</summary>
    public HttpConnectionManagerBuilder RouteConfigName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        _routeConfigName = name;
        return this;
    }

    /// <summary>Adds a virtual host.</summary>
    /// <param name="name">Its name, unique in the table.</param>
    /// <param name="domains">Exact, <c>*.suffix</c>, <c>prefix.*</c> or <c>*</c>; at least one, none of them in another virtual host.</param>
    /// <param name="configure">Adds its routes.</param>
    public HttpConnectionManagerBuilder VirtualHost(string name, IEnumerable<string> domains, Action<VirtualHostBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(domains);
        ArgumentNullException.ThrowIfNull(configure);
        var host = new VirtualHostBuilder();
        configure(host);
        _hosts.Add(new VirtualHostConfig { Name = name, Domains = ValueList.From(domains), Routes = host.Build() });
        return this;
    }

    /// <summary>Adds an HTTP filter behind those already there. The router is added last unless a filter that ends the chain is.</summary>
    /// <param name="name">Shown in messages; by custom the filter's canonical name.</param>
    /// <param name="options">The filter's options; their type decides which filter it is.</param>
    public HttpConnectionManagerBuilder AddHttpFilter(string name, HttpFilterOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        _filters.Add(new HttpFilterConfig(name, options));
        return this;
    }

    /// <summary>Sets whatever else there is: <c>With(o => o with { StreamIdleTimeout = TimeSpan.Zero })</c>.</summary>
    public HttpConnectionManagerBuilder With(Func<HttpConnectionManagerOptions, HttpConnectionManagerOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _options = change(_options);
        return this;
    }

    /// <summary>The options; <paramref name="router"/> is added where nothing ends the filter chain.</summary>
    internal HttpConnectionManagerOptions Build(HttpFilterConfig router)
    {
        if (_filters.Count == 0 || !_filters[^1].Options.IsTerminal)
            _filters.Add(router);
        return _options with
        {
            RouteConfig = new RouteConfiguration { Name = _routeConfigName, VirtualHosts = ValueList.From(_hosts) },
            HttpFilters = ValueList.From(_filters),
        };
    }
}
