using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Envoy.Buffers;
using Envoy.Runtime;

namespace Envoy.Net.Tls;

/// <summary>
/// TLS over another transport, by the framework's <see cref="SslStream"/>, whose reads and writes are made to complete on the worker and inline. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  Connecting ─► Hello (server: its configuration is chosen by what the client says) ─► Handshaking ─► Open ─► Closed
///       └────────────────────┴──────────────────────────────┴─► Failed (the handler sees an end, FailureReason says why)
///
///  receive: socket ─► SslStream's own buffer ─► scratch ─► the connection's slab     an idle connection has none of the three
///  send:    slices ─► one record (up to 16 KiB) ─► ciphertext queue ─► socket         nothing more is taken while ciphertext waits
/// </code>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Closed, with or without a reset, rather than disposed: the contract of a transport.")]
internal sealed class TlsTransport : Transport, ITransportHandler, IResumable
{
    // Plaintext that one call takes at most: what waits as ciphertext is about as much.
    private const int MostPerSend = 64 * 1024;

    private const byte AlertRecord = 21;
    private const byte FatalAlert = 2;

    private readonly Worker _worker;
    private readonly Transport _inner;
    private readonly SlabPool _pool;
    private readonly TlsBuffers _buffers;
    private readonly CipherStream _cipher;
    private readonly SslStream _ssl;
    private ITlsHandshaker? _handshaker;
    private Task? _handshake;
    private Action? _onRead;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _read;
    private byte[]? _pendingScratch;
    private byte[]? _scratch;
    private int _scratchStart;
    private int _scratchEnd;
    private string _failure = "";
    private State _state;
    private bool _reading;
    private bool _mayHaveMore;
    private bool _ended;
    private bool _broken;
    private bool _resumeQueued;
    private bool _saidGoodbye;
    private bool _endsAfterFlush;

    private TlsTransport(Worker worker, Transport inner, ITlsHandshaker handshaker, State state)
    {
        _worker = worker;
        _inner = inner;
        _pool = SlabPool.Of(worker);
        _buffers = TlsBuffers.Of(worker);
        _handshaker = handshaker;
        _state = state;
        _cipher = new CipherStream(inner, _pool) { Observer = new HandshakeObserver(handshaker.IsServer) };
        _ssl = new SslStream(_cipher, leaveInnerStreamOpen: true);
        Handler = inner.Handler;
        inner.Handler = this;
    }

    private enum State : byte
    {
        Connecting,
        Hello,
        Handshaking,
        Open,
        Failed,
        Closed,
    }

    public override EndPoint? LocalEndPoint => _inner.LocalEndPoint;

    public override bool BindFailed => _inner.BindFailed;

    public override EndPoint? RemoteEndPoint => _inner.RemoteEndPoint;

    public override string FailureReason => _failure;

    public override bool HasUnsent => !_cipher.Output.IsEmpty;

    public override bool CanReceive => _state == State.Open && !_reading && (_scratch is not null || _mayHaveMore || _ended || _cipher.CanReceive);

    /// <summary>What the handshake has established; null before it is done.</summary>
    public TlsConnectionInfo? Info { get; private set; }

    IResumable? IResumable.NextResumed { get; set; }

    /// <summary>The server's side of an accepted connection; <paramref name="received"/> came before.</summary>
    public static TlsTransport Accept(Worker worker, Transport inner, ITlsHandshaker handshaker, ByteQueue received)
    {
        var transport = new TlsTransport(worker, inner, handshaker, State.Hello);
        transport._cipher.Received.Append(received);
        // What is there already makes no event of its own.
        if (transport._cipher.CanReceive)
            transport.QueueResume();
        return transport;
    }

    /// <summary>The client's side of a connection that is being made.</summary>
    public static TlsTransport Connect(Worker worker, Transport inner, ITlsHandshaker handshaker) => new(worker, inner, handshaker, State.Connecting);

    public void OnConnected(SocketError error)
    {
        if (_state != State.Connecting)
            return;
        if (error != SocketError.Success)
        {
            _state = State.Failed;
            Handler.OnConnected(error);
            return;
        }

        Advance();
    }

    public void OnReadable()
    {
        switch (_state)
        {
            case State.Hello or State.Handshaking:
                Advance();
                break;
            case State.Open:
                if (_reading)
                    Outside(this, static t => t._cipher.Wake());
                if (!_reading)
                    Handler.OnReadable();
                break;
            default:
                break;
        }
    }

    public void OnWritable()
    {
        if (!FlushCipher())
            Break();
        else if (!HasUnsent && _state == State.Open)
            Handler.OnWritable();
    }

    public void OnHangup()
    {
        if (_state is State.Hello or State.Handshaking)
            Fail(null);
        else if (_state == State.Open)
            Handler.OnHangup();
    }

    void IResumable.OnResumed()
    {
        _resumeQueued = false;
        OnReadable();
    }

    public override IoResult TryReceive(ArraySegment<byte> buffer)
    {
        if (_state != State.Open || _reading)
            return _state == State.Failed ? IoResult.Failed(SocketError.ConnectionAborted) : IoResult.WouldBlock;
        if (_scratch is not null)
            return IoResult.Done(TakeScratch(buffer));
        if (_ended)
            return EndOfInput();
        _mayHaveMore = false;
        var scratch = _buffers.Rent();
        var wanted = Math.Min(buffer.Count, scratch.Length);
        try
        {
            var read = _ssl.ReadAsync(scratch.AsMemory(0, wanted));
            if (!read.IsCompleted)
            {
                // In the middle of a record, or only words of the protocol came: the read goes on when there is more.
                _reading = true;
                _pendingScratch = scratch;
                _read = read.ConfigureAwait(false).GetAwaiter();
                _read.UnsafeOnCompleted(_onRead ??= OnReadCompleted);
                return FlushCipher() ? IoResult.WouldBlock : IoResult.Failed(_cipher.Error);
            }

            var count = read.GetAwaiter().GetResult();
            scratch.AsSpan(0, count).CopyTo(buffer);
            _buffers.Return(scratch);
            _mayHaveMore = count == wanted || _cipher.MayEndWithAlert;
            if (HasUnsent)
                _ = FlushCipher();
            if (count > 0)
                return IoResult.Done(count);
        }
        catch (Exception e) when (IsOfTheCipher(e))
        {
            _broken = true;
        }

        _ended = true;
        return EndOfInput();
    }

    public override IoResult TrySend(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        if (_state != State.Open)
            return _state is State.Failed or State.Closed ? IoResult.Failed(SocketError.NotConnected) : IoResult.WouldBlock;
        if (HasUnsent && (!FlushCipher() || HasUnsent))
            return HasUnsent && !_broken ? IoResult.WouldBlock : IoResult.Failed(_cipher.Error);
        var taken = 0;
        try
        {
            taken = Encrypt(segments);
        }
        catch (Exception e) when (IsOfTheCipher(e))
        {
            _broken = true;
        }

        return !_broken && FlushCipher() ? IoResult.Done(taken) : IoResult.Failed(SocketError.ConnectionReset);
    }

    public override void ShutdownSend()
    {
        if (_state != State.Open)
        {
            _inner.ShutdownSend();
            return;
        }

        // Peers differ in what they take for the end: the alert, or the connection's own.
        SayGoodbye();
        _endsAfterFlush = true;
        _ = FlushCipher();
    }

    public override void Close(bool reset)
    {
        if (_state == State.Closed)
            return;
        if (!reset && !_broken && _state == State.Open)
        {
            SayGoodbye();
            _ = FlushCipher();
        }

        _state = State.Closed;
        _handshaker = null;
        _inner.Close(reset);
        _cipher.Clear();
        DropScratch();
        _ssl.Dispose();
    }

    // Whatever the framework or the system's library makes of what the peer has sent.
    private static bool IsOfTheCipher(Exception e) =>
        e is IOException or System.Security.Authentication.AuthenticationException or System.Security.Cryptography.CryptographicException
            or InvalidOperationException or System.ComponentModel.Win32Exception;

    /// <summary>Runs what may continue the framework's own asynchronous methods, which would go elsewhere if they saw a context.</summary>
    private static void Outside(TlsTransport transport, Action<TlsTransport> work)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            work(transport);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void QueueResume()
    {
        if (_resumeQueued)
            return;
        _resumeQueued = true;
        _worker.ResumeNextTurn(this);
    }

    /// <summary>Goes on with the handshake as far as it can.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a handshake fails by is its connection's end.")]
    private void Advance()
    {
        try
        {
            if (_state != State.Handshaking)
            {
                if (_handshaker!.IsServer && !IsPrepared())
                    return;
                _state = State.Handshaking;
                Outside(this, static t => t._handshake = t._handshaker!.BeginAsync(t._ssl));
            }
            else
            {
                Outside(this, static t => t._cipher.Wake());
            }
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        if (!FlushCipher())
            Fail(null);
        else if (_handshake!.IsCompletedSuccessfully)
            Open();
        else if (_handshake.IsCompleted)
            Fail(_handshake.Exception?.InnerException);
    }

    private bool IsPrepared()
    {
        var open = _cipher.Fill();
        switch (_handshaker!.Prepare(_cipher.Received))
        {
            case TlsPreparation.Ready:
                return true;
            case TlsPreparation.Refused:
                if (_handshaker.RefusalAlert is > 0 and var alert)
                    _cipher.Output.Append([AlertRecord, 3, 3, 0, 2, FatalAlert, alert]);
                Fail(null);
                return false;
            default:
                if (!open)
                    Fail(null);
                return false;
        }
    }

    private void Open()
    {
        _state = State.Open;
        Info = _handshaker!.Complete(_ssl, _cipher.Observer!);
        _handshaker = null;
        _handshake = null;
        _cipher.Observer = null;
        _cipher.OneRecordAtATime = false;
        Handler.OnConnected(SocketError.Success);
        if (_state == State.Open && _cipher.CanReceive)
            Handler.OnReadable();
    }

    private void Fail(Exception? error)
    {
        if (_state is State.Failed or State.Closed)
            return;
        var isServer = _handshaker!.IsServer;
        _failure = _handshaker.Fail(error);
        _state = State.Failed;
        _handshaker = null;
        _ = _handshake?.Exception;
        // The alert, if there is one.
        _ = FlushCipher();
        if (isServer)
            TellEnd();
        else
            Handler.OnConnected(SocketError.Disconnecting);
    }

    private void Break()
    {
        _broken = _ended = true;
        if (_state is State.Hello or State.Handshaking)
            Fail(null);
        else if (_state == State.Open)
            TellEnd();
    }

    // Whoever reads sees it by reading, and who does not is told.
    private void TellEnd()
    {
        Handler.OnReadable();
        if (_state != State.Closed)
            Handler.OnHangup();
    }

    private IoResult EndOfInput() => _broken || _cipher.Error != SocketError.Success
        ? IoResult.Failed(_cipher.Error == SocketError.Success ? SocketError.ConnectionReset : _cipher.Error)
        : IoResult.EndOfStream;

    private void OnReadCompleted()
    {
        _reading = false;
        var scratch = _pendingScratch!;
        _pendingScratch = null;
        try
        {
            var count = _read.GetResult();
            if (count > 0)
            {
                _scratch = scratch;
                _scratchStart = 0;
                _scratchEnd = count;
                _mayHaveMore = true;
                return;
            }
        }
        catch (Exception e) when (IsOfTheCipher(e))
        {
            _broken = true;
        }

        _ended = true;
        _buffers.Return(scratch);
    }

    private int TakeScratch(ArraySegment<byte> buffer)
    {
        var count = Math.Min(buffer.Count, _scratchEnd - _scratchStart);
        _scratch.AsSpan(_scratchStart, count).CopyTo(buffer);
        _scratchStart += count;
        if (_scratchStart == _scratchEnd)
            DropScratch();
        return count;
    }

    private void DropScratch()
    {
        if (_scratch is not null)
            _buffers.Return(_scratch);
        _scratch = null;
    }

    /// <summary>Makes records of the slices: large ones as they lie, small ones put together.</summary>
    private int Encrypt(ReadOnlySpan<ArraySegment<byte>> segments)
    {
        var taken = 0;
        var gathered = 0;
        foreach (var segment in segments)
        {
            for (var rest = segment; rest.Count > 0 && taken < MostPerSend;)
            {
                int count;
                if (gathered == 0 && (rest.Count >= TlsBuffers.RecordSize || segments.Length == 1))
                {
                    count = Math.Min(rest.Count, TlsBuffers.RecordSize);
                    _ssl.Write(rest.Array!, rest.Offset, count);
                }
                else
                {
                    count = Math.Min(rest.Count, TlsBuffers.RecordSize - gathered);
                    rest.AsSpan(0, count).CopyTo(_buffers.Gathered.AsSpan(gathered));
                    gathered += count;
                    if (gathered == TlsBuffers.RecordSize)
                    {
                        _ssl.Write(_buffers.Gathered, 0, gathered);
                        gathered = 0;
                    }
                }

                taken += count;
                rest = rest[count..];
            }
        }

        if (gathered > 0)
            _ssl.Write(_buffers.Gathered, 0, gathered);
        return taken;
    }

    /// <summary>Sends ciphertext as far as the system takes it; false when the connection is broken.</summary>
    private bool FlushCipher()
    {
        var output = _cipher.Output;
        var segments = _buffers.Segments;
        while (!output.IsEmpty)
        {
            var count = output.GetSegments(segments);
            var result = _inner.TrySend(segments.AsSpan(0, count));
            if (result.Status == IoStatus.WouldBlock)
                return true;
            if (result.Status == IoStatus.Failed)
            {
                _broken = true;
                output.Clear();
                return false;
            }

            output.Drain(result.Bytes);
        }

        if (_endsAfterFlush)
        {
            _endsAfterFlush = false;
            _inner.ShutdownSend();
        }

        return true;
    }

    private void SayGoodbye()
    {
        if (_saidGoodbye)
            return;
        _saidGoodbye = true;
        try
        {
            Outside(this, static t => _ = t._ssl.ShutdownAsync().Exception);
        }
        catch (Exception e) when (IsOfTheCipher(e))
        {
            _broken = true;
        }
    }
}
