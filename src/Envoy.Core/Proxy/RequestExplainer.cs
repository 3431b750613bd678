using System.Net;
using System.Text;
using Envoy.Buffers;
using Envoy.ConnectionManager;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Listeners;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.RuntimeSettings;

namespace Envoy.Proxy;

/// <summary>Asks a configuration what it does with a request, without a socket and without a worker. Thread-safe.</summary>
internal static class RequestExplainer
{
    /// <exception cref="ArgumentException">The request is no HTTP request, or the configuration has no such listener, or an invalid table.</exception>
    public static RequestExplanation Explain(ProxyConfig config, ExplainRequest request, RuntimeLoader runtime)
    {
        if (!Uri.TryCreate(request.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new ArgumentException($"'{request.Url}' is not an absolute http or https URL.", nameof(request));
        foreach (var listener in config.Listeners)
        {
            if (request.Listener.Length > 0 && listener.Name != request.Listener)
                continue;
            for (var chain = 0; chain < listener.FilterChains.Count; chain++)
            {
                if (ManagerOf(listener.FilterChains[chain]) is { } manager)
                    return new RequestExplanation(listener.Name, chain, manager.StatPrefix, Explain(manager, url, request, runtime));
            }

            if (listener.DefaultFilterChain is { } last && ManagerOf(last) is { } fallback)
                return new RequestExplanation(listener.Name, RequestExplanation.DefaultFilterChain, fallback.StatPrefix, Explain(fallback, url, request, runtime));
        }

        throw new ArgumentException(
            request.Listener.Length > 0 ? $"No listener '{request.Listener}' has an HTTP connection manager." : "No listener has an HTTP connection manager.", nameof(request));
    }

    private static HttpConnectionManagerOptions? ManagerOf(FilterChainConfig chain) => chain.Filters.Select(f => f.Options).OfType<HttpConnectionManagerOptions>().FirstOrDefault();

    private static RouteExplanation Explain(HttpConnectionManagerOptions manager, Uri url, ExplainRequest request, RuntimeLoader runtime)
    {
        var headers = new HeaderMap();
        headers.Add(HeaderId.Method, Encoding.ASCII.GetBytes(request.Method));
        headers.Add(HeaderId.Path, Encoding.ASCII.GetBytes(url.PathAndQuery));
        headers.Add(HeaderId.Authority, Encoding.ASCII.GetBytes(url.Authority));
        headers.Add(HeaderId.Scheme, Encoding.ASCII.GetBytes(url.Scheme));
        headers.Add(HeaderId.XForwardedProto, Encoding.ASCII.GetBytes(url.Scheme));
        foreach (var (name, value) in request.Headers)
            headers.Add(name, value);
        var errors = new List<RouteError>();
        var table = RouteTable.Compile(Choose(manager, headers), errors) ?? throw new ArgumentException(string.Join("; ", errors), nameof(request));
        foreach (var name in table.InternalOnlyHeaders)
            name.RemoveFrom(headers);
        var context = new FormatContext();
        context.Info.Protocol = "HTTP/1.1";
        context.Info.DownstreamRemoteAddress = context.Info.DownstreamDirectRemoteAddress = new IPEndPoint(IPAddress.Loopback, 0);
        return RouteExplainer.Explain(new RouteMatcher(table, runtime, new MatchScratch()), headers, new HeaderMap(), request.RandomValue, context);
    }

    private static RouteConfiguration Choose(HttpConnectionManagerOptions manager, HeaderMap headers)
    {
        if (manager.ScopedRoutes is not { } scoped)
            return manager.RouteConfig;
        var scope = ScopeKeys.Compile(scoped, static (path, message) => throw new ArgumentException($"{path}: {message}")).Find(headers, new ByteSink(), new MatchScratch());
        return scope < 0 ? new RouteConfiguration() : scoped.Scopes[scope].RouteConfig;
    }
}
