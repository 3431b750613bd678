using System.Net;
using System.Net.Security;
using System.Text;

namespace Envoy.Testing;

/// <summary>
/// One connection to a <see cref="FakeUpstream"/>, as its script holds it: bytes in and out, and every way to end. One reader and one writer
/// at a time; otherwise thread-safe.
/// </summary>
public sealed class FakeConnection
{
    private readonly WireLink _link;
    private readonly CancellationToken _stopped;
    private long _bytesSent;
    private long _bytesReceived;
    private int _end;

    internal FakeConnection(int number, WireLink link, CancellationToken stopped)
    {
        Number = number;
        _link = link;
        _stopped = stopped;
        Reader = new WireReader(link.Stream);
    }

    /// <summary>1 for the upstream's first connection.</summary>
    public int Number { get; }

    /// <summary>Where it comes from: the proxy's side of it; null: from no address.</summary>
    public EndPoint? RemoteEndPoint => _link.RemoteEndPoint;

    /// <summary>Bytes that sends have handed to the network so far.</summary>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>Bytes that a script has taken by the methods of this class; HTTP requests are not counted.</summary>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <summary>How it ended, as far as a read, a send or the script has found out.</summary>
    public ConnectionEnd End => (ConnectionEnd)Volatile.Read(ref _end);

    /// <summary>What the TLS handshake has established; null without TLS.</summary>
    public SslStream? Tls => _link.Tls;

    /// <summary>The PROXY protocol header that came first; null where the upstream expects none.</summary>
    public ReceivedProxyHeader? ProxyHeader { get; private set; }

    internal WireReader Reader { get; private set; }

    internal async Task ReadProxyHeaderAsync() => ProxyHeader = await WatchAsync(ReceivedProxyHeader.ReadAsync(_link.Stream, _stopped)).ConfigureAwait(false);

    internal async Task SecureAsync(SslServerAuthenticationOptions options)
    {
        await WatchAsync(_link.SecureAsync(options, _stopped)).ConfigureAwait(false);
        Reader = new WireReader(_link.Stream);
    }

    /// <summary>Sends text, each character as one byte (Latin-1).</summary>
    public Task SendAsync(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SendAsync(Encoding.Latin1.GetBytes(text));
    }

    /// <summary>Sends bytes; waits while the peer takes none.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        // In pieces, so that BytesSent tells how far a stalled send has come.
        const int Piece = 16 * 1024;
        for (var offset = 0; offset < bytes.Length; offset += Piece)
        {
            var piece = bytes.Slice(offset, Math.Min(Piece, bytes.Length - offset));
            await WatchAsync(_link.Stream.WriteAsync(piece, _stopped).AsTask()).ConfigureAwait(false);
            Interlocked.Add(ref _bytesSent, piece.Length);
        }
    }

    /// <summary>The next bytes, as many as there are; 0 at the peer's end.</summary>
    /// <exception cref="IOException">The connection was reset.</exception>
    public async Task<int> ReadAsync(Memory<byte> destination)
    {
        var count = await WatchAsync(Reader.ReadAsync(destination, _stopped)).ConfigureAwait(false);
        if (count == 0)
            SetEnd(ConnectionEnd.ByPeer);
        Interlocked.Add(ref _bytesReceived, count);
        return count;
    }

    /// <summary>Exactly <paramref name="count"/> bytes.</summary>
    /// <exception cref="EndOfStreamException">The peer ended before.</exception>
    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        var bytes = new byte[count];
        for (var done = 0; done < count;)
        {
            var read = await ReadAsync(bytes.AsMemory(done)).ConfigureAwait(false);
            if (read == 0)
                throw new EndOfStreamException($"The peer ended after {done} of {count} bytes.");
            done += read;
        }

        return bytes;
    }

    /// <summary>All bytes until the peer ends.</summary>
    /// <exception cref="IOException">The connection was reset.</exception>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }

    /// <summary>Reads and drops what comes until the connection ends, and tells how it did.</summary>
    public async Task<ConnectionEnd> WaitForEndAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await ReadAsync(buffer).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception e) when (WireLink.IsEnd(e))
        {
        }

        return End;
    }

    /// <summary>Sends back whatever comes until the peer ends, then ends too.</summary>
    public async Task EchoAsync()
    {
        var buffer = new byte[64 * 1024];
        while (await ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            await SendAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
        Close();
    }

    /// <summary>Ends our direction (FIN) and goes on receiving.</summary>
    public void ShutdownSend() => _link.ShutdownSend();

    /// <summary>Closes in order: what was sent arrives, then the peer sees our end (FIN).</summary>
    public void Close()
    {
        SetEnd(ConnectionEnd.BySelf);
        _link.Dispose();
    }

    /// <summary>Closes with a reset (RST, linger time 0).</summary>
    public void Reset()
    {
        SetEnd(ConnectionEnd.BySelf);
        _link.Reset();
    }

    internal async Task<T> WatchAsync<T>(Task<T> operation)
    {
        try
        {
            return await operation.ConfigureAwait(false);
        }
        catch (Exception e) when (WireLink.IsEnd(e))
        {
            SetEnd(e is EndOfStreamException ? ConnectionEnd.ByPeer : WireLink.IsReset(e) ? ConnectionEnd.Reset : ConnectionEnd.BySelf);
            throw;
        }
    }

    internal void SetEnd(ConnectionEnd end) => Interlocked.CompareExchange(ref _end, (int)end, (int)ConnectionEnd.Open);

    private async Task WatchAsync(Task operation) => await WatchAsync(Result(operation)).ConfigureAwait(false);

    private static async Task<bool> Result(Task operation)
    {
        await operation.ConfigureAwait(false);
        return true;
    }
}
