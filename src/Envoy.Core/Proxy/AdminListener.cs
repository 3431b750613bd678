using System.Net;
using System.Text;
using Envoy.Buffers;
using Envoy.Clusters.Pools;
using Envoy.ConnectionManager;
using Envoy.FilterChains;
using Envoy.FilterChains.Http;
using Envoy.FilterChains.Network;
using Envoy.Http.Headers;
using Envoy.Listeners;
using Envoy.Net;
using Envoy.Proxy.Admin;
using Envoy.Runtime;

namespace Envoy.Proxy;

/// <summary>The admin interface: a listener on the main loop whose only HTTP filter answers with the admin pages. Main-owned.</summary>
internal sealed class AdminListener
{
    private readonly Listener _listener;

    private AdminListener(Listener listener) => _listener = listener;

    public EndPoint? LocalEndPoint => _listener.LocalEndPoint;

    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    public static async Task<AdminListener> StartAsync(AdminConfig config, ProxyRuntime runtime, Engine engine, Worker main, AdminModel model)
    {
        var options = new HttpConnectionManagerOptions
        {
            StatPrefix = "admin",
            AccessLogs = config.AccessLogs,
            HttpFilters = [new HttpFilterConfig("admin", new CustomHttpFilterOptions(() => new Filter(model), Terminal: true))],
        };
        var listenerConfig = new ListenerConfig
        {
            Name = "admin",
            Address = config.Address,
            StatPrefix = "admin",
            FilterChains = [new FilterChainConfig { Filters = [new NetworkFilterConfig("admin", options)] }],
        };
        var compiled = options.Compile(new FilterCompileContext(runtime.Stats, runtime.Runtime, runtime.LogFiles));
        var snapshot = ListenerSnapshot.Of(listenerConfig, EndPoints.Resolve(config.Address), new FilterChainSnapshot(listenerConfig.FilterChains[0], [compiled], Socket: null));
        var listener = new Listener(snapshot, engine, runtime.Stats, main, [main], new ListenerDirectory());
        try
        {
            await listener.StartAsync((worker, stats) => new FilterWorkerContext(worker, stats, new WorkerUpstreams(worker), runtime, runtime.Runtime)).ConfigureAwait(false);
        }
        catch
        {
            await listener.CloseAsync().ConfigureAwait(false);
            throw;
        }

        return new AdminListener(listener);
    }

    public Task StopAsync() => _listener.CloseAsync();

    /// <summary>Answers a request once all of it is there. Worker-owned.</summary>
    private sealed class Filter(AdminModel model) : IHttpRequestFilter
    {
        private HttpFilterCallbacks _callbacks = null!;

        public void Attach(HttpFilterCallbacks callbacks) => _callbacks = callbacks;

        public FilterStatus OnRequestHeaders(HeaderMap headers, bool endStream)
        {
            if (endStream)
                Answer();
            return FilterStatus.Hold;
        }

        public FilterStatus OnRequestData(ByteQueue data, bool endStream)
        {
            // No page reads a body.
            data.Clear();
            if (endStream)
                Answer();
            return FilterStatus.Take;
        }

        public FilterStatus OnRequestTrailers(HeaderMap trailers)
        {
            Answer();
            return FilterStatus.Hold;
        }

        private void Answer()
        {
            var request = _callbacks.RequestHeaders;
            var response = AdminRouter.Handle(
                request.GetString(HeaderId.Method) ?? "", request.GetString(HeaderId.Path) ?? "/", model);
            _callbacks.SendLocalReply(new LocalReply(response.Status, "admin_filter_response")
            {
                BodyBytes = response.Body,
                ModifyHeaders = headers =>
                {
                    headers.Set(HeaderId.ContentType, Encoding.ASCII.GetBytes(response.ContentType));
                    headers.Set(HeaderId.CacheControl, Encoding.ASCII.GetBytes(AdminResponse.CacheControl));
                    headers.Set("x-content-type-options", AdminResponse.ContentTypeOptions);
                },
            });
        }
    }
}
