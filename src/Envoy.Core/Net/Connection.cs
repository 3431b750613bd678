using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Envoy.Buffers;
using Envoy.Net.Tls;
using Envoy.Runtime;
using Envoy.Runtime.Timers;

namespace Envoy.Net;

/// <summary>
/// One connection: a transport with an output queue, flow control, half-close and the ways to close. It never blocks: what is written goes
/// out at the end of the loop's turn. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///              Write(end)                        peer's FIN (half-close enabled)
///   Open ──────────────────► write ended   Open ───────────────────────────────► read ended      both ended ─► Closed
///   Open ── Close(FlushWrite[AndDelay]) ─► Closing ── flushed [and the peer's FIN, or the delayed close timeout] ─► Closed
///   any  ── Close(NoFlush | Abort), peer's reset, FIN without half-close ─► Closed
/// </code>
/// </remarks>
public sealed partial class Connection : ITransportHandler, ITurnEnd, IResumable, ITimerHandler
{
    private Transport _transport = null!;
    private readonly SlabPool _pool;
    private readonly ByteQueue _input;
    private readonly ByteQueue _output;
    private ConnectionStats? _stats;
    private IConnectionHandler _handler;
    private TimerNode? _delayedClose;
    private TimeSpan _delayedCloseTimeout;
    private int _readDisableCount;
    private long _limit;
    private Flags _flags;

    private Connection(Worker worker, IConnectionHandler handler, long bufferLimit)
    {
        Worker = worker;
        CreatedAt = worker.Now;
        _handler = handler;
        _limit = bufferLimit;
        _pool = SlabPool.Of(worker);
        _input = new ByteQueue(_pool);
        _output = new ByteQueue(_pool);
    }

    [Flags]
    private enum Flags : ushort
    {
        Connecting = 1,
        HalfClose = 1 << 1,
        ReadEnded = 1 << 2,
        WriteEnded = 1 << 3,
        WriteShut = 1 << 4,
        AboveHigh = 1 << 5,
        FlushQueued = 1 << 6,
        ResumeQueued = 1 << 7,
        Closing = 1 << 8,
        DelayClose = 1 << 9,
        Closed = 1 << 10,
        Redeliver = 1 << 11,
        Reset = 1 << 13,
        InFlush = 1 << 14,
    }

    /// <summary>The worker that this connection lives on.</summary>
    public Worker Worker { get; }

    /// <summary>Neither closed nor closing.</summary>
    public bool IsOpen => (_flags & (Flags.Closed | Flags.Closing)) == 0;

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Bytes handed to the system so far.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes that were written and not yet handed to the system.</summary>
    public long WriteBuffered => _output.Length;

    /// <summary>True while more than the buffer limit waits to be written.</summary>
    public bool IsAboveWriteHighWatermark => Has(Flags.AboveHigh);

    /// <summary>Milliseconds since the worker's start, when the connection was made.</summary>
    internal long CreatedAt { get; }

    /// <summary>Milliseconds since the worker's start, when the system last took bytes; 0 before.</summary>
    internal long LastSentAt { get; private set; }

    /// <summary>The connection ended by a reset or a broken transport rather than by an orderly end.</summary>
    internal bool WasReset => Has(Flags.Reset);

    /// <summary>Bytes that have arrived and nobody has taken yet.</summary>
    internal ByteQueue Input => _input;

    internal bool ReadEnded => Has(Flags.ReadEnded);

    internal bool IsClosed => Has(Flags.Closed);

    /// <summary>It has TLS, whether its handshake is done or not.</summary>
    internal bool IsTls => _transport is TlsTransport;

    /// <summary>What the TLS handshake has established; null before it is done and on connections without TLS.</summary>
    public TlsConnectionInfo? Tls => (_transport as TlsTransport)?.Info;

    /// <summary>How an outgoing connection failed.</summary>
    internal SocketError ConnectError { get; private set; }

    /// <summary>It could not be made because the address that it was to come from is not to be had.</summary>
    internal bool BindFailed => _transport.BindFailed;

    /// <summary>Why it could not be made or secured, in its transport's own words; empty for what <see cref="ConnectError"/> says.</summary>
    internal string TransportFailureReason => _transport.FailureReason;

    /// <summary>Who is told from now on.</summary>
    internal IConnectionHandler Handler
    {
        set => _handler = value;
    }

    /// <summary>Where the bytes are counted; set by the filter that owns the connection, before any has moved.</summary>
    internal ConnectionStats? Stats
    {
        set => _stats = value;
    }

    /// <summary>Longest wait for the peer in <see cref="ConnectionCloseType.FlushWriteAndDelay"/>; zero: no wait.</summary>
    internal TimeSpan DelayedCloseTimeout
    {
        set => _delayedCloseTimeout = value;
    }

    ITurnEnd? ITurnEnd.NextAtTurnEnd { get; set; }

    IResumable? IResumable.NextResumed { get; set; }

    /// <summary>A connection that a listener accepted, on the worker that it is to live on.</summary>
    internal static Connection Accepted(Worker worker, AcceptedSocket socket, IConnectionHandler handler, long bufferLimit)
    {
        var connection = new Connection(worker, handler, bufferLimit);
        connection._transport = socket.Adopt(worker, connection);
        return connection;
    }

    /// <summary>A connection that is being made; <see cref="ConnectionEvent.Connected"/> or <see cref="ConnectionEvent.RemoteClose"/> follows.</summary>
    internal static Connection Connect(
        Worker worker,
        EndPoint remote,
        IConnectionHandler handler,
        long bufferLimit,
        ConnectOptions connect,
        IUpstreamTransportSocket? socket = null,
        UpstreamSocketOptions? options = null)
    {
        var connection = new Connection(worker, handler, bufferLimit) { _flags = Flags.Connecting };
        var transport = worker.Poller.Connect(remote, connect, connection);
        connection._transport = socket is null ? transport : socket.Wrap(worker, transport, options);
        return connection;
    }

    /// <summary>
    /// Puts <paramref name="socket"/> between the accepted connection and its handler, who sees <see cref="ConnectionEvent.Connected"/> when it is
    /// ready. What has been received goes through it.
    /// </summary>
    internal void Secure(IDownstreamTransportSocket socket) => _transport = socket.Wrap(Worker, _transport, _input);

    /// <summary>
    /// With half-close the peer's end is only the end of its data, and the connection lives until both sides have ended; without it
    /// (default) the peer's end closes the connection.
    /// </summary>
    public void EnableHalfClose(bool enabled)
    {
        Worker.AssertOwned();
        Set(Flags.HalfClose, enabled);
    }

    /// <summary>Takes all of <paramref name="data"/> and sends it at the end of this turn. Ignored once closed or ended.</summary>
    /// <param name="data">Emptied by the call.</param>
    /// <param name="endOfStream">Our direction ends after it.</param>
    public void Write(ByteQueue data, bool endOfStream)
    {
        ArgumentNullException.ThrowIfNull(data);
        Worker.AssertOwned();
        if ((_flags & (Flags.Closed | Flags.Closing | Flags.WriteEnded)) != 0)
        {
            data.Clear();
            return;
        }

        _stats?.SentBuffered.Add(data.Length);
        _output.Append(data);
        if (endOfStream)
            _flags |= Flags.WriteEnded;
        QueueFlush();
        if (_limit > 0 && _output.Length > _limit && !Has(Flags.AboveHigh))
        {
            _flags |= Flags.AboveHigh;
            _handler.OnAboveWriteHighWatermark();
        }
    }

    /// <summary>Closes from our side; see <see cref="ConnectionCloseType"/>. Calling it again can only make it quicker.</summary>
    public void Close(ConnectionCloseType type)
    {
        Worker.AssertOwned();
        if (Has(Flags.Closed))
            return;
        var wait = type == ConnectionCloseType.FlushWriteAndDelay && _delayedCloseTimeout > TimeSpan.Zero && !Has(Flags.ReadEnded);
        if (type is ConnectionCloseType.NoFlush or ConnectionCloseType.Abort || Has(Flags.Connecting) || (!HasOutput && !wait))
        {
            End(ConnectionEvent.LocalClose, type == ConnectionCloseType.Abort);
            return;
        }

        // A second call can only make it quicker: what the first one promised to wait for is waited for at most as long.
        if (Has(Flags.Closing))
        {
            if (!wait)
                _flags &= ~Flags.DelayClose;
            QueueFlush();
            return;
        }

        _flags |= Flags.Closing;
        Set(Flags.DelayClose, wait);
        // Nobody looks at what comes from now on; it is read only to see the peer's end.
        _input.Clear();
        if (_delayedCloseTimeout > TimeSpan.Zero)
        {
            // Flushing is bounded too: a peer that takes nothing must not keep us.
            _delayedClose ??= new TimerNode(this);
            Worker.Arm(_delayedClose, _delayedCloseTimeout);
        }

        if (wait)
            Resume();
        QueueFlush();
    }

    /// <summary>
    /// Stops (true) or goes on with (false) receiving; calls nest. While stopped the system's buffer fills up and holds the peer back.
    /// </summary>
    public void ReadDisable(bool disable)
    {
        Worker.AssertOwned();
        if (disable)
        {
            _readDisableCount++;
            return;
        }

        if (_readDisableCount == 0)
            throw new InvalidOperationException("ReadDisable(false) without a ReadDisable(true).");
        if (--_readDisableCount > 0)
            return;
        if (!_input.IsEmpty || Has(Flags.ReadEnded))
            _flags |= Flags.Redeliver;
        Resume();
    }

    /// <summary>Shows the handler what is in the input once more, in the next turn, and goes on receiving.</summary>
    internal void RedeliverInput()
    {
        _flags |= Flags.Redeliver;
        Resume();
    }

    /// <summary>Somebody has taken from the input outside a delivery: receiving goes on if it had stopped because the input was full.</summary>
    internal void ResumeReading()
    {
        if (_readDisableCount == 0 && !InputIsFull)
            Resume();
    }

    /// <summary>Runs <paramref name="work"/> as a handler's own: an exception is logged and closes the connection.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "An exception of a handler ends its connection, never the worker's loop.")]
    internal void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            OnHandlerFailed(e);
        }
    }

    /// <summary>Limit of the output queue; 0: none. Half of it is the low watermark.</summary>
    internal long BufferLimit => _limit;

    void ITransportHandler.OnConnected(SocketError error)
    {
        if (Has(Flags.Closed))
            return;
        _flags &= ~Flags.Connecting;
        ConnectError = error;
        if (error != SocketError.Success)
        {
            End(ConnectionEvent.RemoteClose, reset: false);
            return;
        }

        Tell(ConnectionEvent.Connected);
        if (!_output.IsEmpty || Has(Flags.WriteEnded))
            QueueFlush();
    }

    void ITransportHandler.OnReadable() => Receive();

    void ITransportHandler.OnWritable() => Flush();

    void ITransportHandler.OnHangup()
    {
        // Reading tells what happened, where there is reading; if not, the peer is gone all the same and cannot take what we have.
        if (Has(Flags.Closed) || (_readDisableCount == 0 && !InputIsFull && !Has(Flags.ReadEnded)))
            return;
        _flags |= Flags.Reset;
        End(ConnectionEvent.RemoteClose, reset: false);
    }

    void IResumable.OnResumed()
    {
        _flags &= ~Flags.ResumeQueued;
        if (Has(Flags.Closed))
            return;
        if (Has(Flags.Redeliver) && !Has(Flags.Closing))
        {
            if (_readDisableCount > 0)
                return;
            _flags &= ~Flags.Redeliver;
            Deliver();
        }

        Receive();
    }

    void ITurnEnd.OnTurnEnd()
    {
        _flags &= ~Flags.FlushQueued;
        Flush();
    }

    void ITimerHandler.OnTimer(TimerNode timer)
    {
        _stats?.DelayedCloseTimeout?.Inc();
        // With bytes left the peer must not take what it got for all there was.
        End(ConnectionEvent.LocalClose, reset: HasOutput);
    }

    private bool HasOutput => !_output.IsEmpty || _transport.HasUnsent;

    private bool InputIsFull => _peekLimit != NoPeeking ? _input.Length >= _peekLimit : _limit > 0 && _input.Length >= _limit;

    private bool Has(Flags flag) => (_flags & flag) != 0;

    private void Set(Flags flag, bool on) => _flags = on ? _flags | flag : _flags & ~flag;

    private void Resume()
    {
        if ((_flags & (Flags.ResumeQueued | Flags.Closed | Flags.Connecting)) != 0)
            return;
        if (!Has(Flags.Redeliver) && !_transport.CanReceive)
            return;
        _flags |= Flags.ResumeQueued;
        Worker.ResumeNextTurn(this);
    }

    private void QueueFlush()
    {
        if ((_flags & (Flags.FlushQueued | Flags.Closed | Flags.Connecting)) != 0)
            return;
        _flags |= Flags.FlushQueued;
        Worker.AtTurnEnd(this);
    }

    /// <summary>One receive a turn and connection, so that one busy peer does not hold up the others.</summary>
    private void Receive()
    {
        if ((_flags & (Flags.Closed | Flags.ReadEnded | Flags.Connecting)) != 0)
            return;
        if (Has(Flags.Closing))
        {
            ReceiveAndDiscard();
            return;
        }

        if (_readDisableCount > 0 || InputIsFull)
            return;
        var slab = _pool.Current(SlabPool.MinReceive);
        var result = _transport.TryReceive(new ArraySegment<byte>(slab.Array, slab.Used, slab.Free));
        switch (result.Status)
        {
            case IoStatus.Done:
                _input.AppendSlice(slab, result.Bytes);
                BytesReceived += result.Bytes;
                _stats?.ReceivedTotal.Add(result.Bytes);
                Deliver();
                if (!Has(Flags.Closed) && _transport.CanReceive && _readDisableCount == 0)
                    Resume();
                break;
            case IoStatus.EndOfStream:
                OnReadEnd();
                break;
            case IoStatus.Failed:
                _flags |= Flags.Reset;
                End(ConnectionEvent.RemoteClose, reset: false);
                break;
            default:
                break;
        }
    }

    private void ReceiveAndDiscard()
    {
        var slab = _pool.Current(SlabPool.MinReceive);
        var result = _transport.TryReceive(new ArraySegment<byte>(slab.Array, slab.Used, slab.Free));
        switch (result.Status)
        {
            case IoStatus.Done:
                Resume();
                break;
            case IoStatus.EndOfStream:
                _flags |= Flags.ReadEnded;
                if (!HasOutput)
                    End(ConnectionEvent.LocalClose, reset: false);
                break;
            case IoStatus.Failed:
                End(ConnectionEvent.RemoteClose, reset: false);
                break;
            default:
                break;
        }
    }

    private void OnReadEnd()
    {
        if (!Has(Flags.HalfClose))
        {
            End(ConnectionEvent.RemoteClose, reset: false);
            return;
        }

        _flags |= Flags.ReadEnded;
        Deliver();
        EndIfBothEnded();
    }

    private void OnHandlerFailed(Exception e)
    {
        NetLog.HandlerFailed(Worker.Logger, e);
        Close(ConnectionCloseType.NoFlush);
    }

    [SuppressMessage("Design", "CA1031", Justification = "An exception of a handler ends its connection, never the worker's loop.")]
    private void Deliver()
    {
        try
        {
            _handler.OnData(_input, Has(Flags.ReadEnded));
        }
        catch (Exception e)
        {
            OnHandlerFailed(e);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "An exception of a handler ends its connection, never the worker's loop.")]
    private void Flush()
    {
        // A flush can lower the watermark, which can produce more, which is queued for another flush: never nested.
        if ((_flags & (Flags.Closed | Flags.Connecting | Flags.InFlush)) != 0)
            return;
        _flags |= Flags.InFlush;
        try
        {
            SendOutput();
        }
        catch (Exception e)
        {
            OnHandlerFailed(e);
        }

        _flags &= ~Flags.InFlush;
    }

    private void SendOutput()
    {
        var segments = _pool.Segments;
        while (!_output.IsEmpty)
        {
            var count = _output.GetSegments(segments);
            var result = _transport.TrySend(segments.AsSpan(0, count));
            if (result.Status == IoStatus.WouldBlock)
            {
                _output.CompactIfSparse();
                break;
            }

            if (result.Status == IoStatus.Failed)
            {
                _flags |= Flags.Reset;
                End(ConnectionEvent.RemoteClose, reset: false);
                return;
            }

            _output.Drain(result.Bytes);
            BytesSent += result.Bytes;
            LastSentAt = Worker.Now;
            // The timeout is for a peer that takes nothing; one that reads slowly gets its bytes.
            if (Has(Flags.Closing) && _delayedClose is { IsArmed: true })
                Worker.Arm(_delayedClose, _delayedCloseTimeout);
            _stats?.SentTotal.Add(result.Bytes);
            _stats?.SentBuffered.Add(-result.Bytes);
        }

        if (Has(Flags.AboveHigh) && _output.Length <= _limit / 2)
        {
            _flags &= ~Flags.AboveHigh;
            _handler.OnBelowWriteLowWatermark();
            if (Has(Flags.Closed))
                return;
        }

        if (!HasOutput)
            OnFlushed();
    }

    private void OnFlushed()
    {
        if (Has(Flags.Closing))
        {
            if (!Has(Flags.DelayClose) || Has(Flags.ReadEnded))
            {
                End(ConnectionEvent.LocalClose, reset: false);
                return;
            }

            ShutdownOnce();
            return;
        }

        if (Has(Flags.WriteEnded))
        {
            ShutdownOnce();
            EndIfBothEnded();
        }
    }

    private void ShutdownOnce()
    {
        if (Has(Flags.WriteShut))
            return;
        _flags |= Flags.WriteShut;
        _transport.ShutdownSend();
    }

    private void EndIfBothEnded()
    {
        if ((_flags & (Flags.ReadEnded | Flags.WriteShut | Flags.Closed)) == (Flags.ReadEnded | Flags.WriteShut))
            End(ConnectionEvent.RemoteClose, reset: false);
    }

    private void End(ConnectionEvent connectionEvent, bool reset)
    {
        if (Has(Flags.Closed))
            return;
        _flags |= Flags.Closed;
        if (_delayedClose is not null)
            Worker.Disarm(_delayedClose);
        _stats?.SentBuffered.Add(-_output.Length);
        _transport.Close(reset);
        _input.Clear();
        _output.Clear();
        Tell(connectionEvent);
        // After the handler, whose requests are over then.
        _client?.End();
    }

    [SuppressMessage("Design", "CA1031", Justification = "An exception of a handler ends its connection, never the worker's loop.")]
    private void Tell(ConnectionEvent connectionEvent)
    {
        try
        {
            _handler.OnEvent(connectionEvent);
        }
        catch (Exception e)
        {
            OnHandlerFailed(e);
        }
    }
}
