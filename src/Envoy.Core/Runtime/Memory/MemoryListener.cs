using System.Threading.Channels;

namespace Envoy.Runtime.Memory;

/// <summary>A listener of a <see cref="MemoryNetwork"/> outside of any proxy. Disposing it gives the name back. Thread-safe.</summary>
public sealed class MemoryListener : IMemoryListener, IDisposable
{
    private readonly MemoryNetwork _network;
    private readonly Channel<MemoryEnd> _queue;

    internal MemoryListener(MemoryNetwork network, MemoryEndPoint endPoint, int backlog)
    {
        _network = network;
        EndPoint = endPoint;
        _queue = Channel.CreateBounded<MemoryEnd>(backlog);
    }

    /// <summary>Where it listens.</summary>
    public MemoryEndPoint EndPoint { get; }

    /// <summary>The next connection, when there is one.</summary>
    /// <exception cref="ObjectDisposedException">The listener was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async ValueTask<MemoryConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return new MemoryConnection(await _queue.Reader.ReadAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(EndPoint.ToString());
        }
    }

    bool IMemoryListener.TryQueue(MemoryEnd server) => _queue.Writer.TryWrite(server);

    /// <summary>Gives the name back and resets what waits to be accepted; accepted connections go on.</summary>
    public void Dispose()
    {
        _network.Remove(EndPoint.Name, this);
        _queue.Writer.TryComplete();
        while (_queue.Reader.TryRead(out var waiting))
            waiting.Close(reset: true);
    }
}
