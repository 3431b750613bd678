using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Envoy.Runtime.Memory;

/// <summary>A <see cref="MemoryConnection"/>, or one direction of it, as a stream. One reader and one writer at a time.</summary>
internal sealed class MemoryConnectionStream : Stream
{
    private readonly MemoryConnection _connection;
    private readonly MemoryEnd _end;
    private readonly MemorySignal _readable;
    private readonly MemorySignal _writable;
    private readonly FileAccess _access;
    private readonly ArraySegment<byte>[] _segment = new ArraySegment<byte>[1];
    private bool _disposed;

    public MemoryConnectionStream(MemoryConnection connection, MemoryEnd end, MemorySignal readable, MemorySignal writable, FileAccess access)
    {
        _connection = connection;
        _end = end;
        _readable = readable;
        _writable = writable;
        _access = access;
    }

    public override bool CanRead => !_disposed && (_access & FileAccess.Read) != 0;

    public override bool CanWrite => !_disposed && (_access & FileAccess.Write) != 0;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = _end.Receive(buffer.Span, out _);
            switch (result.Status)
            {
                case IoStatus.Done:
                    return result.Bytes;
                case IoStatus.EndOfStream:
                    return 0;
                case IoStatus.WouldBlock:
                    await _readable.WaitAsync(cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    throw Broken(result.Error);
            }
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Memory that is no array (somebody's native block) is copied once: the transport's contract is arrays.
        var rest = MemoryMarshal.TryGetArray(buffer, out var array) ? array : new ArraySegment<byte>(buffer.ToArray());
        while (rest.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _segment[0] = rest;
            var result = _end.Send(_segment);
            switch (result.Status)
            {
                case IoStatus.Done:
                    rest = rest[result.Bytes..];
                    break;
                case IoStatus.WouldBlock:
                    await _writable.WaitAsync(cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    throw Broken(result.Error);
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            switch (_access)
            {
                case FileAccess.Read:
                    _end.ShutdownReceive();
                    break;
                case FileAccess.Write:
                    _end.ShutdownSend();
                    break;
                default:
                    _connection.End(reset: false);
                    break;
            }
        }

        base.Dispose(disposing);
    }

    private static IOException Broken(SocketError error)
    {
        var cause = new SocketException((int)error);
        return new IOException(cause.Message, cause);
    }
}
