using System.Diagnostics.Metrics;
using Envoy.Proxy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Envoy.Hosting;

/// <summary>Starts the proxy with the application and ends it with the application, politely if there is time. Used by the host.</summary>
internal sealed class EnvoyProxyService : IHostedService, IAsyncDisposable, IDisposable
{
    private readonly IServiceProvider _services;
    private readonly EnvoyProxyHostingOptions _options;
    private readonly EnvoyProxyAccessor _accessor;
    private readonly Func<IServiceProvider, ProxyConfig> _config;
    private readonly ILogger _logger;
    private EnvoyProxy? _proxy;

    public EnvoyProxyService(
        IServiceProvider services, IOptions<EnvoyProxyHostingOptions> options, EnvoyProxyAccessor accessor, Func<IServiceProvider, ProxyConfig> config)
    {
        _services = services;
        _options = options.Value;
        _accessor = accessor;
        _config = config;
        _logger = (ILogger?)services.GetService<ILoggerFactory>()?.CreateLogger("Envoy.Hosting") ?? NullLogger.Instance;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var options = _options.Proxy;
        options = options with
        {
            LoggerFactory = options.LoggerFactory ?? _services.GetService<ILoggerFactory>(),
            MeterFactory = options.MeterFactory ?? _services.GetService<IMeterFactory>(),
            TimeProvider = ReferenceEquals(options.TimeProvider, TimeProvider.System) ? _services.GetService<TimeProvider>() ?? options.TimeProvider : options.TimeProvider,
        };
        try
        {
            _proxy = await EnvoyProxy.StartAsync(_config(_services), options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _accessor.OnFailed(e);
            throw;
        }

        _accessor.OnStarted(_proxy);
        _ = WatchAsync(_proxy);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_proxy is not { } proxy)
            return;
        if (_options.DrainTimeout > TimeSpan.Zero && !proxy.Completion.IsCompleted)
        {
            HostingLog.Draining(_logger, _options.DrainTimeout.TotalSeconds);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(_options.DrainTimeout);
            try
            {
                await proxy.DrainAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                HostingLog.DrainEnded(_logger);
            }
        }

        await proxy.DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _proxy?.DisposeAsync() ?? ValueTask.CompletedTask;

    // A container that cannot wait still closes everything; the loops end by themselves a moment later.
    public void Dispose() => _ = _proxy?.DisposeAsync().AsTask();

    private async Task WatchAsync(EnvoyProxy proxy)
    {
        var ended = await Task.WhenAny(proxy.Completion, proxy.ShutdownRequested).ConfigureAwait(false);
        if (ended.IsFaulted)
            HostingLog.Failed(_logger, ended.Exception.GetBaseException());
        else if (ended == proxy.ShutdownRequested && _options.StopApplicationOnRequest)
            HostingLog.StopRequested(_logger);
        else
            return;
        _services.GetService<IHostApplicationLifetime>()?.StopApplication();
    }
}
