using System.Net;
using Envoy.Runtime.Memory;

namespace Envoy.Runtime.Portable;

/// <summary>
/// One worker's queue of finished operations. I/O threads push, the worker takes the whole queue at once and runs it in the order of
/// completion. Worker-owned but for <see cref="Wake"/> and <see cref="Enqueue"/>.
/// </summary>
internal sealed class PortablePoller : Poller
{
    // No spinning before the wait: the worker shares its processors with the very threads that it waits for.
    private readonly ManualResetEventSlim _signal = new(initialState: false, spinCount: 0);
    private ICompletion? _completed;
    private PortableTransport? _lingering;
    private volatile bool _disposed;

    public PortablePoller(Worker worker, MemoryNetwork memory)
        : base(worker, memory)
    {
    }

    /// <summary>Scratch for a gathering send: the socket layer wants a list.</summary>
    public List<ArraySegment<byte>> Segments { get; } = new(PortableTransport.MaxSegments);

    public override void Poll(int timeoutMilliseconds)
    {
        if (timeoutMilliseconds != 0)
            _signal.Wait(timeoutMilliseconds);
        // Before the queue is taken: a push after that sets it again, and the next poll returns at once.
        _signal.Reset();
        Worker.UpdateNow();
        for (var next = TakeAll(); next is not null;)
        {
            var completion = next;
            next = completion.NextCompleted;
            completion.NextCompleted = null;
            completion.OnCompleted();
        }
    }

    public override void Wake() => _signal.Set();

    public override void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        while (_lingering is { } transport)
            transport.Abort();
        // The event is not disposed: late completions still set it, and it holds no handle of the system.
        DropAll();
    }

    /// <summary>Hands a finished operation to the worker. Thread-safe.</summary>
    internal void Enqueue(ICompletion completion)
    {
        ICompletion? head;
        do
        {
            head = Volatile.Read(ref _completed);
            completion.NextCompleted = head;
        }
        while (!ReferenceEquals(Interlocked.CompareExchange(ref _completed, completion, head), head));

        // Whoever found the queue empty wakes the worker; those behind come along.
        if (head is null)
            _signal.Set();
        if (_disposed)
            DropAll();
    }

    internal void AddLingering(PortableTransport transport)
    {
        transport.NextLingering = _lingering;
        if (_lingering is not null)
            _lingering.PreviousLingering = transport;
        _lingering = transport;
    }

    internal void RemoveLingering(PortableTransport transport)
    {
        if (transport.PreviousLingering is { } previous)
            previous.NextLingering = transport.NextLingering;
        else
            _lingering = transport.NextLingering;
        if (transport.NextLingering is { } next)
            next.PreviousLingering = transport.PreviousLingering;
        transport.PreviousLingering = transport.NextLingering = null;
    }

    protected override Transport ConnectSocket(EndPoint remote, ConnectOptions options, ITransportHandler handler)
    {
        var transport = new PortableTransport(this, handler);
        transport.BeginConnect(remote, options);
        return transport;
    }

    protected override IDisposable AcceptSockets(ListenSocket socket, IAcceptHandler handler) =>
        new PortableAcceptor(this, (PortableListenSocket)socket, handler);

    /// <summary>The queue in the order of completion; it is kept as a stack, the latest first.</summary>
    private ICompletion? TakeAll()
    {
        if (Volatile.Read(ref _completed) is null)
            return null;
        var latest = Interlocked.Exchange(ref _completed, null);
        ICompletion? first = null;
        while (latest is not null)
        {
            var earlier = latest.NextCompleted;
            latest.NextCompleted = first;
            first = latest;
            latest = earlier;
        }

        return first;
    }

    private void DropAll()
    {
        for (var next = TakeAll(); next is not null;)
        {
            var completion = next;
            next = completion.NextCompleted;
            completion.NextCompleted = null;
            completion.OnDropped();
        }
    }
}
