using System.IO.Pipelines;

namespace Envoy.Runtime.Memory;

/// <summary>
/// An in-memory connection as code outside of a proxy holds it: as pipes, or as a stream. Completing <see cref="Output"/> ends that
/// direction only (a half-close); disposing ends both. At most one reader and one writer at a time; otherwise thread-safe.
/// </summary>
public sealed class MemoryConnection : IDuplexPipe, IAsyncDisposable
{
    private readonly MemoryEnd _end;
    private readonly MemorySignal _readable = new();
    private readonly MemorySignal _writable = new();
    private PipeReader? _input;
    private PipeWriter? _output;

    internal MemoryConnection(MemoryEnd end)
    {
        _end = end;
        Stream = new MemoryConnectionStream(this, end, _readable, _writable, FileAccess.ReadWrite);
        end.SetOwner(new Owner(_readable, _writable));
    }

    /// <summary>What the peer sends. A reset is an <see cref="IOException"/> with a <see cref="System.Net.Sockets.SocketException"/> inside.</summary>
    public PipeReader Input =>
        _input ??= PipeReader.Create(new MemoryConnectionStream(this, _end, _readable, _writable, FileAccess.Read));

    /// <summary>What is sent to the peer. A flush waits while 64 KiB are under way.</summary>
    public PipeWriter Output =>
        _output ??= PipeWriter.Create(new MemoryConnectionStream(this, _end, _readable, _writable, FileAccess.Write));

    /// <summary>The same connection as a stream, instead of the pipes; disposing it disposes the connection.</summary>
    public Stream Stream { get; }

    /// <summary>The name that was connected to; null on the accepting side.</summary>
    public MemoryEndPoint? RemoteEndPoint => _end.RemoteEndPoint;

    /// <summary>Ends the sending direction, after what was flushed; receiving goes on.</summary>
    public void ShutdownSend() => _end.ShutdownSend();

    /// <summary>Breaks the connection: the peer sees a reset, and what is under way is lost.</summary>
    public void Reset() => End(reset: true);

    /// <summary>Ends both directions; the peer still gets what was flushed.</summary>
    public ValueTask DisposeAsync()
    {
        End(reset: false);
        return ValueTask.CompletedTask;
    }

    internal void End(bool reset)
    {
        _end.Close(reset);
        // Whoever is waiting finds the connection closed.
        _readable.Set();
        _writable.Set();
    }

    private sealed class Owner(MemorySignal readable, MemorySignal writable) : IMemoryOwner
    {
        public void OnSignals(MemorySignals signals)
        {
            if ((signals & (MemorySignals.Readable | MemorySignals.Hangup)) != 0)
                readable.Set();
            if ((signals & (MemorySignals.Writable | MemorySignals.Hangup)) != 0)
                writable.Set();
        }
    }
}
