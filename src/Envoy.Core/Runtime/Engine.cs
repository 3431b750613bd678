using System.Net;
using Envoy.Runtime.Memory;

namespace Envoy.Runtime;

/// <summary>A way to do I/O: makes one poller per worker and binds listening sockets. Thread-safe.</summary>
internal abstract class Engine
{
    protected Engine(MemoryNetwork? memory) => Memory = memory ?? new MemoryNetwork();

    /// <summary>"epoll" or "portable".</summary>
    public abstract string Name { get; }

    /// <summary>Where a <see cref="MemoryEndPoint"/> is bound and looked up, whatever the engine.</summary>
    public MemoryNetwork Memory { get; }

    public abstract Poller CreatePoller(Worker worker);

    /// <summary>
    /// Binds <paramref name="options"/>.<see cref="ListenOptions.EndPoint"/> and listens. Returns one socket per worker where the engine can
    /// share a port among workers (and the options ask for it), else a single one whose connections are handed over.
    /// </summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound: taken, not local, or not permitted.</exception>
    public IReadOnlyList<ListenSocket> Bind(ListenOptions options) =>
        options.EndPoint is MemoryEndPoint memory ? [Memory.Bind(memory, options.Backlog)] : BindSockets(options);

    /// <summary><see cref="Bind"/> for addresses of the operating system.</summary>
    protected abstract IReadOnlyList<ListenSocket> BindSockets(ListenOptions options);
}

/// <summary>What to bind. Immutable.</summary>
internal sealed record ListenOptions
{
    public required EndPoint EndPoint { get; init; }

    /// <summary>Length of the accept queue; 0: the system's maximum.</summary>
    public int Backlog { get; init; }

    /// <summary>How many workers will accept.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Ask for one socket per worker (SO_REUSEPORT).</summary>
    public bool ReusePort { get; init; } = true;

    /// <summary>On an IPv6 address: accept IPv4 too.</summary>
    public bool DualStack { get; init; }

    /// <summary>Mode bits of a Unix socket's file; 0 leaves the umask's.</summary>
    public int PipeMode { get; init; }
}
