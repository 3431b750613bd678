using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Envoy.Runtime.Resolver;

/// <summary>
/// Looks names up through the operating system, which blocks, on one thread that does nothing else; so a slow name server delays other
/// names but never a worker and never the thread pool. The thread begins with the first look-up. Look-ups of a name that is being looked up
/// already share its answer. Thread-safe.
/// </summary>
internal sealed class ResolverThread : IDnsResolver, IDisposable
{
    /// <summary>How many different names may wait.</summary>
    public const int DefaultLimit = 1024;

    private readonly object _gate = new();
    private readonly Queue<Query> _queue = new();
    private readonly Dictionary<string, Query> _pending = new(StringComparer.OrdinalIgnoreCase);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<string, AddressFamily, IPAddress[]> _lookUp;
    private readonly ILogger _logger;
    private readonly int _limit;
    private Thread? _thread;
    private long _overflow;
    private bool _disposed;

    /// <summary>Makes a resolver without a thread yet.</summary>
    /// <param name="logger">Told of callers whose callback throws.</param>
    /// <param name="limit">How many different names may wait; at least 1.</param>
    /// <param name="lookUp">The blocking look-up; null is the system's.</param>
    public ResolverThread(ILogger logger, int limit = DefaultLimit, Func<string, AddressFamily, IPAddress[]>? lookUp = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        _logger = logger;
        _limit = limit;
        _lookUp = lookUp ?? Dns.GetHostAddresses;
    }

    /// <summary>Different names that wait or are being looked up.</summary>
    public int Pending
    {
        get
        {
            lock (_gate)
                return _pending.Count;
        }
    }

    /// <summary>Look-ups refused because the queue was full.</summary>
    public long Overflow => Volatile.Read(ref _overflow);

    /// <summary>Completes when it is disposed and its thread has ended, which a look-up under way can delay until the system gives up.</summary>
    public Task Stopped => _stopped.Task;

    /// <inheritdoc/>
    public void Resolve(string name, AddressFamily family, Action<DnsResult> done)
    {
        var key = $"{(int)family}/{name}";
        lock (_gate)
        {
            if (_disposed)
                return;
            if (_pending.TryGetValue(key, out var query))
            {
                query.Waiters.Add(done);
                return;
            }

            if (_queue.Count < _limit)
            {
                query = new Query(key, name, family);
                query.Waiters.Add(done);
                _pending.Add(key, query);
                _queue.Enqueue(query);
                if (_thread is null)
                    Start();
                else
                    Monitor.Pulse(_gate);
                return;
            }
        }

        Interlocked.Increment(ref _overflow);
        done(DnsResult.Failure($"{_limit} look-ups are waiting already"));
    }

    /// <summary>
    /// Drops what waits and ends the thread without waiting for it. A look-up under way cannot be interrupted; its answer is dropped, and
    /// the thread, a background one, ends after it.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            _queue.Clear();
            _pending.Clear();
            Monitor.Pulse(_gate);
            if (_thread is null)
                _stopped.TrySetResult();
        }
    }

    private void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "resolver" };
        // Without the context of whoever happened to ask first.
        _thread.UnsafeStart();
    }

    private void Run()
    {
        while (Next() is { } query)
        {
            var result = LookUp(query);
            lock (_gate)
            {
                if (_disposed)
                    break;
                // From here on the name can be asked for again, also by the callers told below.
                _pending.Remove(query.Key);
            }

            foreach (var done in query.Waiters)
                Tell(done, result);
        }

        _stopped.TrySetResult();
    }

    private Query? Next()
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_disposed)
                Monitor.Wait(_gate);
            return _disposed ? null : _queue.Dequeue();
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the system throws means that there is no answer; the thread goes on.")]
    private DnsResult LookUp(Query query)
    {
        try
        {
            return DnsResult.Success(_lookUp(query.Name, query.Family));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
        {
            // "No such name" and "no such record" are answers, and empty ones, as in Envoy's default resolver; a server that is silent or
            // fails is another error (EAI_AGAIN, EAI_FAIL).
            return DnsResult.Success();
        }
        catch (Exception e)
        {
            return DnsResult.Failure(e.Message);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "One caller's exception must not end everybody's resolver; it is logged.")]
    private void Tell(Action<DnsResult> done, DnsResult result)
    {
        try
        {
            done(result);
        }
        catch (Exception e)
        {
            RuntimeLog.ResolverCallbackFailed(_logger, e);
        }
    }

    private sealed record Query(string Key, string Name, AddressFamily Family)
    {
        public List<Action<DnsResult>> Waiters { get; } = [];
    }
}
