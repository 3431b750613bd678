using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Filters.Http.Router;
using Envoy.Filters.Network.DirectResponse;
using Envoy.Filters.Network.Echo;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Proxy.Building;

#pragma warning disable IDE0130 // In the root namespace, so that whoever has a builder sees its methods.
namespace Envoy;
#pragma warning restore IDE0130

/// <summary>Adds the library's filters to a listener under construction.</summary>
public static class FilterBuilderExtensions
{
    /// <summary>Sends back what comes in.</summary>
    public static ListenerBuilder AddEcho(this ListenerBuilder listener, string name = "envoy.filters.network.echo")
    {
        ArgumentNullException.ThrowIfNull(listener);
        return listener.AddFilter(name, new EchoOptions());
    }

    /// <summary>Sends <paramref name="text"/> in UTF-8 to whoever connects, and closes.</summary>
    public static ListenerBuilder AddDirectResponse(this ListenerBuilder listener, string text, string name = "envoy.filters.network.direct_response")
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(text);
        return listener.AddFilter(name, DirectResponseOptions.FromText(text));
    }

    /// <summary>Joins each connection to a host of a cluster.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="statPrefix">Statistics are under <c>tcp.PREFIX.</c>.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="name">Shown in messages.</param>
    public static ListenerBuilder AddTcpProxy(this ListenerBuilder listener, string statPrefix, string cluster, string name = "envoy.filters.network.tcp_proxy")
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        return listener.AddTcpProxy(new TcpProxyOptions { StatPrefix = statPrefix, Cluster = cluster }, name);
    }

    /// <summary>Joins each connection to a host of a cluster, with everything that can be set.</summary>
    /// <exception cref="ArgumentException">There is no statistics prefix, or not exactly one of a cluster and weighted clusters.</exception>
    public static ListenerBuilder AddTcpProxy(this ListenerBuilder listener, TcpProxyOptions options, string name = "envoy.filters.network.tcp_proxy")
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.StatPrefix, nameof(options));
        if (options.Cluster.Length > 0 == options.WeightedClusters.Count > 0)
            throw new ArgumentException("A TCP proxy has either a cluster or weighted clusters.", nameof(options));
        return listener.AddFilter(name, options);
    }

    /// <summary>Speaks HTTP, routes each request and forwards it.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="statPrefix">Statistics are under <c>http.PREFIX.</c>.</param>
    /// <param name="configure">Adds virtual hosts and filters; the router comes last by itself.</param>
    /// <param name="name">Shown in messages.</param>
    public static ListenerBuilder AddHttpConnectionManager(
        this ListenerBuilder listener, string statPrefix, Action<HttpConnectionManagerBuilder> configure, string name = "envoy.filters.network.http_connection_manager")
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentException.ThrowIfNullOrEmpty(statPrefix);
        ArgumentNullException.ThrowIfNull(configure);
        var manager = new HttpConnectionManagerBuilder(statPrefix);
        configure(manager);
        return listener.AddFilter(name, manager.Build(new HttpFilterConfig("envoy.filters.http.router", new RouterOptions())));
    }
}
