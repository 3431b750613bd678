using System.Net;
using Envoy.Net;
using Envoy.RuntimeSettings;

namespace Envoy.Proxy;

/// <summary>
/// A running proxy: listeners, filter chains and clusters on a pool of worker event loops inside this process. Several can run side by
/// side. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// await using var proxy = await EnvoyProxy.StartAsync(config);
/// var port = ((IPEndPoint)proxy.GetListenerAddress("listener_0")!).Port;
/// </code>
/// </example>
public sealed class EnvoyProxy : IAsyncDisposable
{
    private readonly ProxyRuntime _runtime;

    private EnvoyProxy(ProxyRuntime runtime)
    {
        _runtime = runtime;
        Statistics = new ProxyStatistics(runtime.Stats);
    }

    /// <summary>What the proxy has counted.</summary>
    public ProxyStatistics Statistics { get; }

    /// <summary>Where the admin interface listens; null if there is none.</summary>
    public EndPoint? AdminAddress => _runtime.AdminAddress;

    /// <summary>Completes when somebody asked for the proxy to stop (<c>POST /quitquitquit</c>); to do so is the host program's decision.</summary>
    public Task ShutdownRequested => _runtime.ShutdownRequested;

    /// <summary>Completes when the proxy has stopped; faulted if one of its loops failed.</summary>
    public Task Completion => _runtime.Completion;

    /// <summary>The listeners' names, in the configuration's order.</summary>
    public IReadOnlyList<string> ListenerNames => _runtime.ListenerNames;

    internal ProxyRuntime Runtime => _runtime;

    /// <summary>
    /// Starts a proxy: resolves what clusters need to know first, binds every listener, and serves. The task completes when it does.
    /// </summary>
    /// <param name="config">What it does.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="ArgumentException">The configuration contradicts itself; the message lists every error.</exception>
    /// <exception cref="ProxyStartException">An address cannot be bound, or an access log's file not be opened. Nothing is left running.</exception>
    public static async Task<EnvoyProxy> StartAsync(ProxyConfig config, EnvoyProxyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        options ??= new EnvoyProxyOptions();
        options.Validate();
        return new EnvoyProxy(await ProxyRuntime.StartAsync(config, options, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// What a configuration does with a request: the virtual host, why earlier routes were passed over, the route, the rewritten path, cluster
    /// and times, found by the code that serves requests. Nothing is started and nothing is sent.
    /// </summary>
    /// <exception cref="ArgumentException">The URL is not absolute, or no such listener has an HTTP connection manager, or its table is invalid.</exception>
    public static RequestExplanation Explain(ProxyConfig config, ExplainRequest request)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(request);
        return RequestExplainer.Explain(config, request, new RuntimeLoader(config.LayeredRuntime, stats: null));
    }

    /// <summary>The same for this proxy, with the runtime keys as they are now.</summary>
    /// <exception cref="ArgumentException">The URL is not absolute, or no such listener has an HTTP connection manager.</exception>
    public RequestExplanation Explain(ExplainRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RequestExplainer.Explain(_runtime.Config, request, _runtime.Runtime);
    }

    /// <summary>Where a listener really listens, with the port that the system chose; null if it opens no socket.</summary>
    /// <exception cref="ArgumentException">There is no listener of this name.</exception>
    public EndPoint? GetListenerAddress(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _runtime.FindListener(name).LocalEndPoint;
    }

    /// <summary>
    /// Ends politely: takes no more connections, lets what is under way finish, and completes when the last connection is gone. Cancelling
    /// stops the waiting, not the draining; dispose the proxy to end what is left.
    /// </summary>
    public Task DrainAsync(CancellationToken cancellationToken = default) => _runtime.DrainAsync().WaitAsync(cancellationToken);

    /// <summary>
    /// Completes when the lines of all exchanges that have ended are in the access logs' files, which otherwise takes up to
    /// <see cref="EnvoyProxyOptions.FileFlushInterval"/>. Stopping does the same.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The proxy has stopped.</exception>
    public Task FlushAccessLogsAsync() => _runtime.FlushAccessLogsAsync();

    /// <summary>Stops at once: closes every connection and gives back every thread, socket and timer. Idempotent.</summary>
    public ValueTask DisposeAsync() => _runtime.DisposeAsync();
}
