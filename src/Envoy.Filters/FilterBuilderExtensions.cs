using Envoy.Extensions;
using Envoy.FilterChains.Http;
using Envoy.Filters.Http.Router;
using Envoy.Filters.Listener.HttpInspector;
using Envoy.Filters.Listener.LocalRateLimit;
using Envoy.Filters.Listener.OriginalDst;
using Envoy.Filters.Listener.OriginalSrc;
using Envoy.Filters.Listener.ProxyProtocol;
using Envoy.Filters.Listener.TlsInspector;
using Envoy.Filters.Network.ClientSslAuth;
using Envoy.Filters.Network.DirectResponse;
using Envoy.Filters.Network.Echo;
using Envoy.Filters.Network.Rbac;
using Envoy.Filters.Network.SniCluster;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Proxy.Building;

#pragma warning disable IDE0130 // In the root namespace, so that whoever has a builder sees its methods.
namespace Envoy;
#pragma warning restore IDE0130

/// <summary>Adds the library's filters to a listener, or to one of its filter chains, under construction.</summary>
public static class FilterBuilderExtensions
{
    /// <summary>Sends back what comes in.</summary>
    public static TBuilder AddEcho<TBuilder>(this TBuilder chain, string name = "envoy.filters.network.echo")
        where TBuilder : class, IFilterChainBuilder<TBuilder>
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.AddFilter(name, new EchoOptions());
    }

    /// <summary>Sends <paramref name="text"/> in UTF-8 to whoever connects, and closes.</summary>
    public static TBuilder AddDirectResponse<TBuilder>(this TBuilder chain, string text, string name = "envoy.filters.network.direct_response")
        where TBuilder : class, IFilterChainBuilder<TBuilder>
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(text);
        return chain.AddFilter(name, DirectResponseOptions.FromText(text));
    }

    /// <summary>Joins each connection to a host of a cluster.</summary>
    /// <param name="chain">The listener or filter chain.</param>
    /// <param name="statPrefix">Statistics are under <c>tcp.PREFIX.</c>.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="name">Shown in messages.</param>
    public static TBuilder AddTcpProxy<TBuilder>(this TBuilder chain, string statPrefix, string cluster, string name = "envoy.filters.network.tcp_proxy")
        where TBuilder : class, IFilterChainBuilder<TBuilder>
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        return chain.AddTcpProxy(new TcpProxyOptions { StatPrefix = statPrefix, Cluster = cluster }, name);
    }

    /// <summary>Joins each connection to a host of a cluster, with everything that can be set.</summary>
    /// <exception cref="ArgumentException">There is no statistics prefix, or not exactly one of a cluster and weighted clusters.</exception>
    public static TBuilder AddTcpProxy<TBuilder>(this TBuilder chain, TcpProxyOptions options, string name = "envoy.filters.network.tcp_proxy")
        where TBuilder : class, IFilterChainBuilder<TBuilder>
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.StatPrefix, nameof(options));
        if (options.Cluster.Length > 0 == options.WeightedClusters.Count > 0)
            throw new ArgumentException("A TCP proxy has either a cluster or weighted clusters.", nameof(options));
        return chain.AddFilter(name, options);
    }

    /// <summary>Speaks HTTP, routes each request and forwards it.</summary>
    /// <param name="chain">The listener or filter chain.</param>
    /// <param name="statPrefix">Statistics are under <c>http.PREFIX.</c>.</param>
    /// <param name="configure">Adds virtual hosts and filters; the router comes last by itself.</param>
    /// <param name="name">Shown in messages.</param>
    public static TBuilder AddHttpConnectionManager<TBuilder>(this TBuilder chain, string statPrefix, Action<HttpConnectionManagerBuilder> configure, string name = "envoy.filters.network.http_connection_manager")
        where TBuilder : class, IFilterChainBuilder<TBuilder>
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentException.ThrowIfNullOrEmpty(statPrefix);
        ArgumentNullException.ThrowIfNull(configure);
        var manager = new HttpConnectionManagerBuilder(statPrefix);
        configure(manager);
        return chain.AddFilter(name, manager.Build(new HttpFilterConfig("envoy.filters.http.router", new RouterOptions())));
    }

    /// <summary>Sends each connection of the filter after it, which is <c>tcp_proxy</c>, to the cluster that is called as the server that the client asks for.</summary>
    public static TBuilder AddSniCluster<TBuilder>(this TBuilder chain, string name = "envoy.filters.network.sni_cluster")
        where TBuilder : class, IFilterChainBuilder<TBuilder>
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.AddFilter(name, new SniClusterOptions());
    }

    /// <summary>Closes connections of clients whose certificates a service does not approve, see <see cref="ClientSslAuthOptions"/>.</summary>
    public static TBuilder AddClientSslAuth<TBuilder>(this TBuilder chain, ClientSslAuthOptions options, string name = "envoy.filters.network.client_ssl_auth")
        where TBuilder : class, IFilterChainBuilder<TBuilder>
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(options);
        return chain.AddFilter(name, options);
    }

    /// <summary>Closes connections of those who may not, before the filters after it see a byte.</summary>
    public static TBuilder AddRbac<TBuilder>(this TBuilder chain, NetworkRbacOptions options, string name = "envoy.filters.network.rbac")
        where TBuilder : class, IFilterChainBuilder<TBuilder>
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(options);
        return chain.AddFilter(name, options);
    }

    /// <summary>Reads each client's first message of TLS, so that filter chains can be chosen by server name and protocol.</summary>
    public static ListenerBuilder AddTlsInspector(this ListenerBuilder listener, TlsInspectorOptions? options = null, string name = "envoy.filters.listener.tls_inspector")
    {
        ArgumentNullException.ThrowIfNull(listener);
        return listener.AddListenerFilter(name, options ?? new TlsInspectorOptions());
    }

    /// <summary>Finds out which HTTP each connection without TLS speaks, so that filter chains can be chosen by it.</summary>
    public static ListenerBuilder AddHttpInspector(this ListenerBuilder listener, string name = "envoy.filters.listener.http_inspector")
    {
        ArgumentNullException.ThrowIfNull(listener);
        return listener.AddListenerFilter(name, new HttpInspectorOptions());
    }

    /// <summary>Takes the client's address from the PROXY header that each connection begins with.</summary>
    public static ListenerBuilder AddProxyProtocol(this ListenerBuilder listener, ProxyProtocolOptions? options = null, string name = "envoy.filters.listener.proxy_protocol")
    {
        ArgumentNullException.ThrowIfNull(listener);
        return listener.AddListenerFilter(name, options ?? new ProxyProtocolOptions());
    }

    /// <summary>Restores where each connection was going before it was redirected here, and hands it to the listener of that address if there is one.</summary>
    public static ListenerBuilder UseOriginalDst(this ListenerBuilder listener, string name = "envoy.filters.listener.original_dst")
    {
        ArgumentNullException.ThrowIfNull(listener);
        return listener.AddListenerFilter(name, new OriginalDstOptions()).With(l => l with { UseOriginalDst = true });
    }

    /// <summary>Upstream connections come from the client's address, see <see cref="OriginalSrcOptions"/>.</summary>
    public static ListenerBuilder AddOriginalSrc(this ListenerBuilder listener, OriginalSrcOptions? options = null, string name = "envoy.filters.listener.original_src")
    {
        ArgumentNullException.ThrowIfNull(listener);
        return listener.AddListenerFilter(name, options ?? new OriginalSrcOptions());
    }

    /// <summary>Closes the connections that are too many in a time.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="statPrefix">Statistics are under <c>listener_local_ratelimit.PREFIX.</c>.</param>
    /// <param name="tokenBucket">How many, all workers together.</param>
    /// <param name="name">Shown in messages.</param>
    public static ListenerBuilder AddLocalRateLimit(
        this ListenerBuilder listener, string statPrefix, TokenBucketConfig tokenBucket, string name = "envoy.filters.listener.local_ratelimit")
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentException.ThrowIfNullOrEmpty(statPrefix);
        ArgumentNullException.ThrowIfNull(tokenBucket);
        return listener.AddListenerFilter(name, new LocalRateLimitOptions { StatPrefix = statPrefix, TokenBucket = tokenBucket });
    }
}
