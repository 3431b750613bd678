using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.FilterChains.Network;
using Envoy.Http.Http1;
using Envoy.Routing;

namespace Envoy.ConnectionManager;

/// <summary>Compiled options of an HTTP connection manager: the route table and the filters. Immutable.</summary>
internal sealed class HttpConnectionManagerSnapshot : INetworkFilterSnapshot
{
    /// <exception cref="ArgumentException">The route table is not valid; configurations are validated before they come here.</exception>
    public HttpConnectionManagerSnapshot(HttpConnectionManagerOptions options, FilterCompileContext context)
    {
        Options = options;
        var errors = new List<RouteError>();
        Routes = RouteTable.Compile(options.RouteConfig, errors) ?? throw new ArgumentException(string.Join("; ", errors), nameof(options));
        Filters = options.HttpFilters.Select(f => f.Options.Compile(context)).ToArray();
        ServerName = System.Text.Encoding.UTF8.GetBytes(options.ServerName);
        Codec = new Http1CodecOptions
        {
            MaxHeadersBytes = checked((int)options.MaxRequestHeadersKb * 1024),
            MaxHeadersCount = (int)Math.Min(options.MaxHeadersCount, int.MaxValue),
            EnableTrailers = options.EnableTrailers,
        };
    }

    public HttpConnectionManagerOptions Options { get; }

    public RouteTable Routes { get; }

    public IHttpFilterSnapshot[] Filters { get; }

    public byte[] ServerName { get; }

    public Http1CodecOptions Codec { get; }

    public INetworkFilterFactory CreateFactory(FilterWorkerContext context) => new HttpConnectionManagerFactory(this, context);
}
