using Envoy.Buffers;
using Envoy.Http.Headers;
using Envoy.Http.Streams;

namespace Envoy.Http.Http2;

/// <summary>
/// One stream of an HTTP/2 connection, of either side: its state, its windows, and what waits on its account. Serves one stream after another.
/// Worker-owned.
/// </summary>
/// <remarks>
/// RFC 9113 section 5.1, as two directions that end on their own:
/// <code>
///   begun ─► remote: open ──END_STREAM──► ended        local: open ──END_STREAM sent──► ended        both ended ─► closed
///   RST_STREAM of either side, or the connection's end ─► closed
/// </code>
/// </remarks>
internal abstract class Http2Stream
{
    private int _readDisabled;
    private bool _aboveHigh;

    protected Http2Stream(Http2Connection connection)
    {
        Connection = connection;
        Pending = connection.NewQueue();
        Held = connection.NewQueue();
    }

    public uint Id { get; private set; }

    /// <summary>When it began, by its owner's clock.</summary>
    public long BegunAt { get; set; }

    public bool IsAboveWriteHighWatermark => _aboveHigh || Connection.IsOutputFull;

    /// <summary>Has begun, and is not over.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Nobody on this side wants to hear of it any more; what is left is to be sent.</summary>
    public bool IsDetached { get; protected set; }

    internal Http2Connection Connection { get; }

    // What waits for a window, or for the socket, in the order in which it goes.
    internal ByteQueue Pending { get; }

    internal HeaderMap? PendingTrailers { get; private set; }

    internal bool EndPending { get; private set; }

    /// <summary>What the peer has granted beyond the first window, less what was sent.</summary>
    internal long SendCredit { get; set; }

    internal long SendWindow => SendCredit + Connection.PeerInitialWindow;

    internal long ReceiveWindow { get; set; }

    // Taken, and not yet told to the peer.
    internal long Consumed { get; set; }

    internal bool RemoteEnded { get; set; }

    internal bool LocalEnded { get; set; }

    /// <summary>Final headers have come.</summary>
    internal bool HasHeaders { get; set; }

    /// <summary>Final headers have been sent.</summary>
    internal bool HasResponded { get; set; }

    /// <summary>What content-length still promises; below zero: it promises nothing.</summary>
    internal long Promised { get; set; }

    internal Http2Stream? NextWaiting { get; set; }

    internal bool IsWaiting { get; set; }

    internal Http2Stream? NextResumed { get; set; }

    internal bool IsResuming { get; set; }

    internal bool IsFree { get; set; }

    // What waited when somebody last looked whether it moves; below zero: nobody has.
    internal long FlushMark { get; set; }

    internal long HeldLength => Held.Length;

    // What came while its reader wanted nothing.
    protected ByteQueue Held { get; }

    internal bool HeldEnd { get; set; }

    internal bool HeldTrailers { get; set; }

    /// <summary>Something has come that its reader has not seen.</summary>
    internal bool HasUndelivered => !Held.IsEmpty || HeldEnd || HeldTrailers;

    private bool HoldsInput => _readDisabled > 0 || HasUndelivered;

    public void SendData(ByteQueue data, bool endStream)
    {
        if (!IsOpen || LocalEnded || EndPending)
        {
            data.Clear();
            return;
        }

        // Behind others that wait, it will.
        if (IsWaiting)
            Pending.Keep(data);
        else
            Pending.Append(data);
        EndPending = endStream;
        Connection.Pump(this);
        CheckHigh();
    }

    public void SendTrailers(HeaderMap trailers)
    {
        if (!IsOpen || LocalEnded || EndPending)
            return;
        EndPending = true;
        if (trailers.Count > 0)
        {
            // They may have to wait until after their message's map serves another one.
            PendingTrailers ??= new HeaderMap();
            PendingTrailers.CopyFrom(trailers);
        }

        Connection.Pump(this);
    }

    public void ReadDisable(bool disable)
    {
        if (!IsOpen)
            return;
        _readDisabled += disable ? 1 : -1;
        if (_readDisabled == 0 && HasUndelivered)
            Connection.QueueResume(this);
    }

    internal void Begin(uint id, long receiveWindow)
    {
        Id = id;
        SendCredit = 0;
        ReceiveWindow = receiveWindow;
        Consumed = 0;
        Promised = FlushMark = -1;
        IsOpen = true;
        IsFree = IsDetached = RemoteEnded = LocalEnded = HasHeaders = HasResponded = EndPending = HeldEnd = HeldTrailers = _aboveHigh = false;
        _readDisabled = 0;
    }

    /// <summary>It is over: lets go of everything. What waits in lists of its connection is left to find out.</summary>
    internal void Close()
    {
        IsOpen = false;
        Pending.Clear();
        Held.Clear();
        PendingTrailers?.Clear();
    }

    /// <summary>Body bytes, or their end, have come for it.</summary>
    internal void Receive(ByteQueue data, bool endStream)
    {
        if (IsDetached)
        {
            Connection.Take(this, data.Length);
            data.Clear();
            return;
        }

        if (HoldsInput)
        {
            Held.Keep(data);
            HeldEnd |= endStream;
            return;
        }

        Connection.Take(this, data.Length);
        Deliver(data, endStream);
    }

    /// <summary>Trailers are in their map.</summary>
    internal void ReceiveTrailers()
    {
        if (IsDetached)
            return;
        if (HoldsInput)
            HeldTrailers = true;
        else
            DeliverTrailers();
    }

    /// <summary>Shows its reader what was held, as far as it wants it.</summary>
    internal void Resume()
    {
        if (!IsOpen || _readDisabled > 0 || IsDetached)
            return;
        if (!Held.IsEmpty || HeldEnd)
        {
            var end = HeldEnd;
            HeldEnd = false;
            Connection.Take(this, Held.Length);
            var data = Connection.Chunk;
            data.Append(Held);
            Deliver(data, end);
            data.Clear();
        }

        if (!IsOpen || !HeldTrailers || _readDisabled > 0)
            return;
        HeldTrailers = false;
        DeliverTrailers();
    }

    /// <summary>Some of what waited has gone.</summary>
    internal void CheckLow()
    {
        if (!_aboveHigh || Pending.Length > Connection.StreamBufferLimit / 2)
            return;
        _aboveHigh = false;
        if (!Connection.IsOutputFull)
            OnLow();
    }

    /// <summary>The connection's output is full, or is not any longer.</summary>
    internal void OnConnectionWatermark(bool above)
    {
        if (!IsOpen || _aboveHigh || IsDetached)
            return;
        if (above)
            OnHigh();
        else
            OnLow();
    }

    internal abstract HeaderMap? TrailersMap { get; }

    /// <summary>It has ended before its time, by the peer, its connection, or a fault.</summary>
    internal abstract void OnReset(StreamResetReason reason, string details);

    /// <summary>Everything has been sent.</summary>
    internal virtual void OnSent()
    {
    }

    protected abstract void Deliver(ByteQueue data, bool endStream);

    protected abstract void DeliverTrailers();

    protected abstract void OnHigh();

    protected abstract void OnLow();

    private void CheckHigh()
    {
        if (_aboveHigh || !IsOpen || IsDetached || Pending.Length <= Connection.StreamBufferLimit || Connection.StreamBufferLimit == 0)
            return;
        _aboveHigh = true;
        if (!Connection.IsOutputFull)
            OnHigh();
    }
}
