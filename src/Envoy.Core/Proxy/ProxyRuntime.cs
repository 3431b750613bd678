using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Envoy.AccessLog.Files;
using Envoy.Clusters;
using Envoy.Clusters.Pools;
using Envoy.FilterChains;
using Envoy.Listeners;
using Envoy.Net;
using Envoy.Proxy.Admin;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Runtime.Memory;
using Envoy.Runtime.Resolver;
using Envoy.RuntimeSettings;
using Envoy.Stats;
using Envoy.TransportSockets;
using Envoy.TransportSockets.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Envoy.Proxy;

/// <summary>What a running proxy consists of, and the order in which it starts and stops. Thread-safe where <see cref="EnvoyProxy"/> needs it.</summary>
/// <remarks>
/// <code>
///  start: admin ─► clusters (first DNS answers) ─► bind all listeners ─► loops run
///  stop:  accept ─► connections ─► clusters ─► loops ─► log files, resolver   (the reverse; also after a start that failed half-way)
/// </code>
/// </remarks>
internal sealed class ProxyRuntime : IDrainDecision, IAsyncDisposable
{
    private readonly ProxyConfig _config;
    private readonly SecretSet _secrets;
    private readonly EnvoyProxyOptions _options;
    private readonly Engine _engine;
    private readonly ILogger _logger;
    private readonly Worker _main;
    private readonly Worker[] _workers;
    private readonly IDnsResolver _resolver;
    private readonly ResolverThread? _ownResolver;
    private readonly StatsMeter? _meter;
    private readonly TaskCompletionSource _shutdownRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopLock = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StatsFlusher _flusher;
    private readonly CertificateWatch _certificates;
    private readonly ListenerManagerStats _listenerStats;
    private readonly ListenerDirectory _directory = new();
    // Replaced whole: the main loop shows it while a start adds to it.
    private volatile Listener[] _listeners = [];
    private ClusterManager? _clusters;
    private AdminListener? _admin;
    private Task? _stopped;
    private volatile bool _draining;
    private readonly ServerHealth _health = new();

    private ProxyRuntime(ProxyConfig config, EnvoyProxyOptions options)
    {
        _config = config;
        _secrets = new SecretSet(config.Secrets);
        _options = options;
        _logger = (ILogger?)options.LoggerFactory?.CreateLogger("Envoy") ?? NullLogger.Instance;
        var network = options.MemoryNetwork ?? new MemoryNetwork();
        _engine = Engines.Select(options.Engine, network);
        Stats = new StatsStore(options.Concurrency);
        var workerOptions = new WorkerOptions { Engine = _engine, TimeProvider = options.TimeProvider, Logger = _logger, Seed = options.RandomSeed };
        _workers = new Worker[options.Concurrency];
        try
        {
            for (var i = 0; i < _workers.Length; i++)
                _workers[i] = new Worker(i, $"wrk:{i}", workerOptions);
            _main = new Worker(_workers.Length, "envoy-main", workerOptions);
        }
        catch
        {
            // Out of descriptors, say: those that were made give theirs back.
            foreach (var worker in _workers)
                worker?.Stop();
            throw;
        }

        _resolver = options.DnsResolver ?? (_ownResolver = new ResolverThread(_logger));
        Runtime = new RuntimeLoader(config.LayeredRuntime, Stats);
        LogFiles = new LogFiles(Stats, options.Concurrency + 1, options.FileFlushInterval, _logger);
        _meter = options.MeterFactory is { } factory ? new StatsMeter(Stats, factory) : null;
        _listenerStats = new ListenerManagerStats(Stats.Root.Scope("listener_manager"), Stats.MainShard);
        _certificates = new CertificateWatch(_main);
        _flusher = new StatsFlusher(_main, Stats, options.Concurrency, _ownResolver);
    }

    public StatsStore Stats { get; }

    public RuntimeLoader Runtime { get; }

    public LogFiles LogFiles { get; }

    public ProxyConfig Config => _config;

    // Who is to leave must not keep what it has: as in Envoy its connections end with their next answer.
    public bool IsDraining => _draining || _health.IsFailing;

    public EndPoint? AdminAddress => _admin?.LocalEndPoint;

    public Task ShutdownRequested => _shutdownRequested.Task;

    public Task Completion => _completion.Task;

    public IReadOnlyList<string> ListenerNames => Array.ConvertAll(_listeners, l => l.Name);

    public IReadOnlyList<Worker> Workers => _workers;

    public Worker Main => _main;

    public static async Task<ProxyRuntime> StartAsync(ProxyConfig config, EnvoyProxyOptions options, CancellationToken cancellationToken)
    {
        var errors = ProxyConfigValidator.Validate(config);
        if (errors.Count > 0)
            throw new ArgumentException("The configuration is not valid:" + Environment.NewLine + string.Join(Environment.NewLine, errors), nameof(config));
        var runtime = new ProxyRuntime(config, options);
        try
        {
            await runtime.StartAsync(cancellationToken).ConfigureAwait(false);
            return runtime;
        }
        catch
        {
            await runtime.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Listener FindListener(string name) => Array.Find(_listeners, l => l.Name == name)
        ?? throw new ArgumentException($"There is no listener '{name}'; there are: {string.Join(", ", ListenerNames)}.", nameof(name));

    public Task DrainAsync()
    {
        _draining = true;
        _flusher.SetState(ServerState.Draining);
        return Task.WhenAll(_listeners.Select(l => l.DrainAsync()));
    }

    public Task FlushAccessLogsAsync() => LogFiles.FlushAsync(_admin is null ? _workers : [.. _workers, _main]);

    /// <summary>The reverse of starting; whoever calls it later waits for the first call.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_stopLock)
            return new ValueTask(_stopped ??= StopAsync());
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_config.Admin is { } admin)
            _admin = await Bind(() => AdminListener.StartAsync(admin, this, _engine, _main, CreateModel()), "admin", admin.Address).ConfigureAwait(false);

        _flusher.Start();
        _certificates.Start();
        _clusters = new ClusterManager(_main, _workers, _resolver, Stats, _certificates.Reloads, _secrets);
        _flusher.SetState(ServerState.Initializing);
        var initialised = _clusters.InitializeAsync([.. _config.Clusters]);
        // Until here everything has been set up by this thread, which owns loops that do not run yet. Only a cluster that has to ask needs
        // the main loop running first.
        if (!initialised.IsCompleted)
            _main.Start();
        await initialised.WaitAsync(cancellationToken).ConfigureAwait(false);

        // Every port is bound before the first connection is taken, so that a start that fails has served nobody.
        var compile = new FilterCompileContext(Stats, Runtime, LogFiles) { NodeCluster = _config.Node.Cluster, NodeId = _config.Node.Id, Health = _health, Time = _options.TimeProvider };
        foreach (var config in _config.Listeners)
            await Bind(() => Task.FromResult(AddListener(config, compile)), config.Name, config.Address).ConfigureAwait(false);
        foreach (var listener in _listeners)
            await listener.StartAsync(CreateFilterContext).ConfigureAwait(false);
        await _main.InvokeAsync(() =>
        {
            _listenerStats.TotalListenersActive.Set(_listeners.Length);
            _listenerStats.WorkersStarted.Set(1);
        }).ConfigureAwait(false);
        _flusher.SetState(ServerState.Live);
        foreach (var worker in _workers)
        {
            Watch(worker);
            worker.Start();
        }

        Watch(_main);
        if (!_main.IsStarted)
            _main.Start();
    }

    private Listener AddListener(ListenerConfig config, FilterCompileContext compile)
    {
        var named = config.Name.Length > 0 ? config : config with { Name = Guid.NewGuid().ToString() };
        var sockets = new TransportSocketContext($"listener '{named.Name}'", _options.TimeProvider, _logger, _certificates.Reloads, _secrets);
        var snapshot = ListenerSnapshot.Compile(named, EndPoints.Resolve(named.Address), compile, sockets);
        var listener = new Listener(snapshot, _engine, Stats, _main, _workers, _directory);
        _listeners = [.. _listeners, listener];
        _directory.Add(listener);
        return listener;
    }

    private FilterWorkerContext CreateFilterContext(Worker worker, StatsScope stats) => new(worker, stats, new WorkerUpstreams(worker), this, Runtime);

    private AdminModel CreateModel() => new()
    {
        Stats = Stats,
        Server = () => new ServerView(ServerVersion.Text, _flusher.State, _flusher.Uptime, _options.Concurrency, _config.Node),
        Clusters = () => AdminViews.Clusters(_clusters),
        Listeners = () => AdminViews.Listeners(_listeners),
        Runtime = Runtime,
        FlushStats = _flusher.Flush,
        ReopenLogs = LogFiles.Reopen,
        FailHealthCheck = FailHealthCheck,
        Quit = () => _shutdownRequested.TrySetResult(),
    };

    private void FailHealthCheck(bool fail)
    {
        _health.IsFailing = fail;
        if (!_draining && _flusher.State is ServerState.Live or ServerState.Draining)
            _flusher.SetState(fail ? ServerState.Draining : ServerState.Live);
    }

    private static async Task<T> Bind<T>(Func<Task<T>> bind, string name, AddressConfig address)
    {
        try
        {
            return await bind().ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            var why = e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "the address is taken by another process or listener",
                SocketError.AccessDenied => "this process may not bind it (ports below 1024 need a privilege)",
                SocketError.AddressNotAvailable => "this machine has no such address",
                _ => e.Message,
            };
            throw new ProxyStartException($"Listener '{name}' cannot listen on {address}: {why}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is opened besides sockets is the access logs' files.
            throw new ProxyStartException($"Listener '{name}' cannot write its access log: {e.Message}", e);
        }
    }

    /// <summary>Each step is taken whatever happened to the one before: a failed loop must not keep the others' threads.</summary>
    private async Task StopAsync()
    {
        _draining = true;
        foreach (var listener in _listeners)
            await Try(listener.CloseAsync).ConfigureAwait(false);
        if (_admin is not null)
            await Try(_admin.StopAsync).ConfigureAwait(false);
        foreach (var worker in _workers)
        {
            await Try(() => InvokeIfRunning(worker, () => WorkerShutdown.CloseUpstreams(worker))).ConfigureAwait(false);
            worker.Stop();
        }

        await Try(() => InvokeIfRunning(_main, () =>
        {
            _flusher.Stop();
            _certificates.Stop();
            _clusters?.Dispose();
        })).ConfigureAwait(false);
        _main.Stop();
        foreach (var worker in _workers.Append(_main))
            await ((Task)worker.Stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Try(LogFiles.CloseAsync).ConfigureAwait(false);
        _ownResolver?.Dispose();
        _meter?.Dispose();
        _completion.TrySetResult();
    }

    [SuppressMessage("Design", "CA1031", Justification = "A step of stopping that fails is logged, and the next one is taken.")]
    private async Task Try(Func<Task> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            ProxyLog.StopStepFailed(_logger, e);
        }
    }

    /// <summary>A loop has ended by an exception: the host learns of it at once, whether or not it is looking.</summary>
    private void Watch(Worker worker) => _ = worker.Stopped.ContinueWith(
        (stopped, state) =>
        {
            var (runtime, failed) = ((ProxyRuntime, Worker))state!;
            foreach (var listener in runtime._listeners)
                listener.OnWorkerFailed(failed);
            runtime._completion.TrySetException(stopped.Exception!.InnerExceptions);
            _ = runtime._completion.Task.Exception;
        },
        (this, worker),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default);

    private static async Task InvokeIfRunning(Worker worker, Action work)
    {
        try
        {
            await worker.InvokeAsync(work).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // A loop that never ran, or has failed, has nothing left to close.
        }
    }
}
