using System.Net;
using System.Net.Sockets;
using Envoy.FilterChains;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Stats;

namespace Envoy.Listeners;

/// <summary>
/// A live listener: its sockets, which stay open as long as its address is wanted, and its part on every worker. Main-owned; the
/// addresses may be read by any thread.
/// </summary>
internal sealed class Listener
{
    private readonly ListenerSnapshot _snapshot;
    private readonly Worker[] _workers;
    private readonly Worker _main;
    private readonly WorkerListener[] _parts;
    private readonly List<(Worker Worker, IDisposable Accepting)> _accepting = [];
    private readonly StatsScope _stats;
    private readonly ListenerDirectory _directory;
    private readonly IReadOnlyList<ListenSocket> _sockets;
    private Task? _stopping;

    /// <summary>Binds at once, so that a port that is taken is known before anything runs.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public Listener(ListenerSnapshot snapshot, Engine engine, StatsStore stats, Worker main, Worker[] workers, ListenerDirectory directory)
    {
        _snapshot = snapshot;
        _main = main;
        _workers = workers;
        _directory = directory;
        _parts = new WorkerListener[workers.Length];
        _sockets = snapshot.Config.BindToPort
            ? engine.Bind(new ListenOptions
            {
                EndPoint = snapshot.EndPoint,
                Backlog = snapshot.Config.TcpBacklogSize,
                Workers = workers.Length,
                ReusePort = snapshot.Config.EnableReusePort,
                DualStack = snapshot.Config.Address is SocketAddressConfig { Ipv4Compat: true },
                PipeMode = snapshot.Config.Address is PipeAddressConfig pipe ? pipe.Mode : 0,
            })
            : [];
        LocalEndPoint = _sockets.Count > 0 ? _sockets[0].LocalEndPoint : null;
        var address = LocalEndPoint is null ? snapshot.Config.Address.ToString() : EndPoints.Format(LocalEndPoint);
        _stats = stats.Scope("listener." + (snapshot.Config.StatPrefix.Length > 0 ? snapshot.Config.StatPrefix : address));
    }

    public string Name => _snapshot.Config.Name;

    public ListenerConfig Config => _snapshot.Config;

    /// <summary>Where it really listens; null if it opens no socket.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>Where it would listen, if it opens no socket.</summary>
    public EndPoint Address => LocalEndPoint ?? _snapshot.EndPoint;

    /// <summary>Its part on a worker; null before it has started, and where it has none.</summary>
    public WorkerListener? PartOn(Worker worker) => Array.IndexOf(_workers, worker) is >= 0 and var index ? Volatile.Read(ref _parts[index]) : null;

    /// <summary>Makes every worker's part and begins to accept.</summary>
    public async Task StartAsync(Func<Worker, StatsScope, FilterWorkerContext> contexts)
    {
        for (var i = 0; i < _workers.Length; i++)
        {
            var (worker, index) = (_workers[i], i);
            await worker.InvokeAsync(() => _parts[index] = CreatePart(worker, contexts(worker, _stats))).ConfigureAwait(false);
        }

        if (_sockets.Count == _workers.Length)
        {
            for (var i = 0; i < _workers.Length; i++)
                await AcceptOn(_workers[i], _sockets[i], [_workers[i]], [_parts[i]]).ConfigureAwait(false);
        }
        else if (_sockets.Count > 0)
        {
            await AcceptOn(_main, _sockets[0], _workers, _parts).ConfigureAwait(false);
        }

        ListenerLog.Listening(_main.Logger, Name, EndPoints.Format(LocalEndPoint));
    }

    /// <summary>Stops accepting and closes the sockets; connections live on.</summary>
    public Task StopAcceptingAsync()
    {
        lock (_accepting)
            return _stopping ??= StopAsync();
    }

    /// <summary>A worker has failed: what only it would have accepted is refused from now on, and not left waiting.</summary>
    public void OnWorkerFailed(Worker worker)
    {
        if (_sockets.Count == _workers.Length && Array.IndexOf(_workers, worker) is >= 0 and var index)
            _sockets[index].Dispose();
    }

    /// <summary>Asks every connection to end politely; completes when the last one has.</summary>
    public async Task DrainAsync()
    {
        await StopAcceptingAsync().ConfigureAwait(false);
        var empty = new List<Task>(_parts.Length);
        for (var i = 0; i < _parts.Length; i++)
        {
            if (_parts[i] is { } part)
                empty.Add(DrainPartAsync(_workers[i], part));
        }

        await Task.WhenAll(empty).ConfigureAwait(false);
    }

    /// <summary>Stops accepting and closes every connection.</summary>
    public async Task CloseAsync()
    {
        await StopAcceptingAsync().ConfigureAwait(false);
        for (var i = 0; i < _parts.Length; i++)
        {
            if (_parts[i] is { } part)
                await InvokeIfRunning(_workers[i], part.Close).ConfigureAwait(false);
        }

        foreach (var chain in _snapshot.Chains)
            chain.Socket?.Dispose();
        _stats.Dispose();
    }

    private static async Task DrainPartAsync(Worker worker, WorkerListener part)
    {
        var empty = Task.CompletedTask;
        await InvokeIfRunning(worker, () =>
        {
            part.Drain();
            empty = part.WhenEmpty();
        }).ConfigureAwait(false);
        // A worker that stops takes its connections with it.
        await Task.WhenAny(empty, worker.Stopped).ConfigureAwait(false);
    }

    private async Task StopAsync()
    {
        foreach (var (worker, part) in _accepting.ToArray())
            await InvokeIfRunning(worker, part.Dispose).ConfigureAwait(false);
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    private static async Task InvokeIfRunning(Worker worker, Action work)
    {
        try
        {
            await worker.InvokeAsync(work).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // A worker that has stopped (or failed) has closed its descriptors already.
        }
    }

    private WorkerListener CreatePart(Worker worker, FilterWorkerContext context) =>
        new(_snapshot, new ListenerStats(_stats, worker.Index), _directory, context);

    private async Task AcceptOn(Worker worker, ListenSocket socket, Worker[] workers, WorkerListener[] parts)
    {
        var accepting = await worker.InvokeAsync(() => worker.Poller.Accept(socket, new Acceptor(worker, workers, parts))).ConfigureAwait(false);
        lock (_accepting)
            _accepting.Add((worker, accepting));
    }
}
