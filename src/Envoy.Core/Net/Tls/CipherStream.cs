using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Envoy.Buffers;
using Envoy.Runtime;

namespace Envoy.Net.Tls;

/// <summary>
/// The network as <see cref="System.Net.Security.SslStream"/> sees it: reads that find nothing wait until <see cref="Wake"/>, writes go into a queue and never
/// wait. Worker-owned.
/// </summary>
internal sealed class CipherStream : Stream, IValueTaskSource<int>
{
    private const int RecordHeaderSize = 5;

    // RFC 8446 section 5.2: 2^14 bytes, their type, and what encryption adds; TLS 1.2 lets it add 2048.
    private const int MostRecordBytes = (16 * 1024) + 2048;

    private const byte AlertRecord = 21;
    private const byte DataRecord = 23;

    // An alert in a record of TLS 1.3: two bytes, their type, and sixteen of authentication.
    private const int HiddenAlertBytes = 19;

    // More than a record, so that one is always whole; the rest waits in the system's buffer.
    private const int MostHeld = 64 * 1024;

    private readonly Transport _inner;
    private readonly SlabPool _pool;
    private readonly ByteQueue _received;
    private ManualResetValueTaskSourceCore<int> _waiting;
    private Memory<byte> _wanted;
    private int _recordLeft;
    private ulong _header;
    private int _headerBytes;
    private int _bodyLeft;
    private bool _isAlert;
    private bool _ended;

    public CipherStream(Transport inner, SlabPool pool)
    {
        _inner = inner;
        _pool = pool;
        _received = new ByteQueue(pool);
        Output = new ByteQueue(pool);
    }

    /// <summary>What is to be sent.</summary>
    public ByteQueue Output { get; }

    /// <summary>Bytes that came and have not been read: only during the handshake, and what came together with its end.</summary>
    public ByteQueue Received => _received;

    /// <summary>A read waits.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>
    /// During the handshake one record is given at a time, so that nothing of what follows it ends up in the reader's buffers, which are large.
    /// </summary>
    public bool OneRecordAtATime { get; set; } = true;

    /// <summary>Sees the handshake; null: nobody wants to, or it is over.</summary>
    public HandshakeObserver? Observer { get; set; }

    /// <summary>How the connection broke.</summary>
    public SocketError Error { get; private set; }

    /// <summary>
    /// The last record that was read may be the peer's goodbye: a reader that got it together with data tells of it only when it is asked again.
    /// </summary>
    public bool MayEndWithAlert => _isAlert && _headerBytes == 0;

    /// <summary>There may be something to read.</summary>
    public bool CanReceive => !_received.IsEmpty || _ended || _inner.CanReceive;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>More may have come: goes on with the read that waits.</summary>
    public void Wake()
    {
        if (!IsWaiting || !TryRead(_wanted, out var count))
            return;
        IsWaiting = false;
        _wanted = default;
        _waiting.SetResult(count);
    }

    /// <summary>Takes what has come into <see cref="Received"/>; false when the connection has ended or broken.</summary>
    public bool Fill()
    {
        while (!_ended && _inner.CanReceive && _received.Length < MostHeld)
        {
            var slab = _pool.Current(SlabPool.MinReceive);
            var result = _inner.TryReceive(new ArraySegment<byte>(slab.Array, slab.Used, slab.Free));
            switch (result.Status)
            {
                case IoStatus.Done:
                    _received.AppendSlice(slab, result.Bytes);
                    break;
                case IoStatus.WouldBlock:
                    return true;
                default:
                    // Not told again by the transport, and what came before it may be read much later.
                    Error = result.Status == IoStatus.Failed ? result.Error : SocketError.Success;
                    _ended = true;
                    break;
            }
        }

        return !_ended;
    }

    /// <summary>Lets go of what it holds.</summary>
    public void Clear()
    {
        _received.Clear();
        Output.Clear();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (TryRead(buffer, out var count))
            return new ValueTask<int>(count);
        _wanted = buffer;
        IsWaiting = true;
        _waiting.Reset();
        return new ValueTask<int>(this, _waiting.Version);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return default;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Observer?.SeeOutput(buffer);
        Output.Append(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _waiting.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    /// <summary>True with what there is, 0 for the end; false: nothing yet.</summary>
    private bool TryRead(Memory<byte> buffer, out int count)
    {
        count = 0;
        if (buffer.IsEmpty)
            return true;
        if (OneRecordAtATime)
            return TryReadRecord(buffer.Span, out count);
        if (!_received.IsEmpty)
        {
            count = Take(buffer.Span);
            Follow(buffer.Span[..count]);
            return true;
        }

        if (_ended)
            return true;
        _ = MemoryMarshal.TryGetArray<byte>(buffer, out var segment);
        var result = _inner.TryReceive(segment);
        if (result.Status == IoStatus.WouldBlock)
            return false;
        // A broken connection reads as an end, and the transport asks how it ended: no exception.
        Error = result.Status == IoStatus.Failed ? result.Error : SocketError.Success;
        count = result.Bytes;
        Follow(buffer.Span[..count]);
        return true;
    }

    /// <summary>Follows the records in what is read, whose ends need not be its own.</summary>
    private void Follow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_headerBytes < RecordHeaderSize)
            {
                _header = (_header << 8) | bytes[0];
                bytes = bytes[1..];
                if (++_headerBytes < RecordHeaderSize)
                    continue;
                var type = (byte)(_header >> 32);
                _bodyLeft = (ushort)_header;
                _isAlert = type == AlertRecord || (type == DataRecord && _bodyLeft == HiddenAlertBytes);
            }

            var taken = Math.Min(_bodyLeft, bytes.Length);
            _bodyLeft -= taken;
            bytes = bytes[taken..];
            if (_bodyLeft == 0)
                _headerBytes = 0;
        }
    }

    private bool TryReadRecord(Span<byte> buffer, out int count)
    {
        count = 0;
        var open = Fill();
        if (_recordLeft == 0)
        {
            Span<byte> header = stackalloc byte[RecordHeaderSize];
            if (_received.CopyTo(header) == RecordHeaderSize)
                _recordLeft = RecordHeaderSize + BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
        }

        // One that is longer than any may be is the reader's to refuse, and not waited for.
        if (_recordLeft > RecordHeaderSize + MostRecordBytes)
        {
            _recordLeft = 0;
            count = Take(buffer);
            return true;
        }

        if (_recordLeft > 0 && _received.Length >= _recordLeft)
        {
            count = Take(buffer[..Math.Min(buffer.Length, _recordLeft)]);
            _recordLeft -= count;
            return true;
        }

        if (open)
            return false;
        // Cut in the middle: the reader finds that out.
        count = Take(buffer);
        return true;
    }

    private int Take(Span<byte> buffer)
    {
        var count = _received.CopyTo(buffer);
        Observer?.SeeInput(buffer[..count]);
        _received.Drain(count);
        return count;
    }
}
