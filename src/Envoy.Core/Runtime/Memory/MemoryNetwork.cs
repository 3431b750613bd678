using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Envoy.Runtime.Memory;

/// <summary>
/// Names of in-memory listeners. A proxy has one of its own, or shares one with a test or with other proxies; there is none for the whole
/// process. Thread-safe.
/// </summary>
public sealed class MemoryNetwork
{
    // What Linux allows since 5.4 (net.core.somaxconn).
    private const int DefaultBacklog = 4096;

    private readonly ConcurrentDictionary<string, IMemoryListener> _listeners = new(StringComparer.Ordinal);

    /// <summary>Connects to the listener called <paramref name="name"/>, a proxy's or an outside one.</summary>
    /// <returns>The client's end; bytes may be written before the other side has accepted.</returns>
    /// <exception cref="SocketException"><see cref="SocketError.ConnectionRefused"/>: nobody listens, or the accept queue is full.</exception>
    public ValueTask<MemoryConnection> ConnectAsync(string name, CancellationToken cancellationToken = default)
    {
        var endPoint = new MemoryEndPoint(name);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<MemoryConnection>(cancellationToken);
        return TryConnect(endPoint) is { } client
            ? ValueTask.FromResult(new MemoryConnection(client))
            : ValueTask.FromException<MemoryConnection>(new SocketException((int)SocketError.ConnectionRefused));
    }

    /// <summary>Listens as <paramref name="name"/>, outside of any proxy: a fake upstream, say.</summary>
    /// <param name="name">The name; must be free.</param>
    /// <param name="backlog">How many connections may wait to be accepted; 0 (default): 4096.</param>
    /// <exception cref="SocketException"><see cref="SocketError.AddressAlreadyInUse"/>: the name is taken.</exception>
    public MemoryListener Listen(string name, int backlog = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(backlog);
        var endPoint = new MemoryEndPoint(name);
        return Add(endPoint, new MemoryListener(this, endPoint, backlog > 0 ? backlog : DefaultBacklog));
    }

    internal MemoryListenSocket Bind(MemoryEndPoint endPoint, int backlog) =>
        Add(endPoint, new MemoryListenSocket(this, endPoint, backlog > 0 ? backlog : DefaultBacklog));

    /// <summary>The client's end of a new connection; null: refused.</summary>
    internal MemoryEnd? TryConnect(MemoryEndPoint endPoint)
    {
        if (!_listeners.TryGetValue(endPoint.Name, out var listener))
            return null;
        var (client, server) = MemoryEnd.CreatePair(endPoint);
        return listener.TryQueue(server) ? client : null;
    }

    internal void Remove(string name, IMemoryListener listener) => _listeners.TryRemove(KeyValuePair.Create(name, listener));

    private T Add<T>(MemoryEndPoint endPoint, T listener)
        where T : IMemoryListener =>
        _listeners.TryAdd(endPoint.Name, listener) ? listener : throw new SocketException((int)SocketError.AddressAlreadyInUse);
}
