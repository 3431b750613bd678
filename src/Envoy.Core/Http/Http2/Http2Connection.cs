using System.Buffers.Binary;
using Envoy.Buffers;
using Envoy.Http.Hpack;
using Envoy.Http.Streams;

namespace Envoy.Http.Http2;

/// <summary>
/// The HTTP/2 codec of a connection (RFC 9113), of either side: a sans-IO state machine from bytes to the events of its streams, and from what streams
/// send to bytes. It has no socket and no clock; its owner has (<see cref="IHttp2ConnectionHandler"/>). Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///  preface ─► SETTINGS ─► frames* ─┬─► GOAWAY sent or received: streams under way end, none begin
///                                  └─► a fault of the connection's scope: GOAWAY, all streams reset, nothing more is read
/// </code>
/// The parts of the class: here what both directions share; <c>Frames</c>, <c>Messages</c> and <c>Control</c> take in what comes, by its kind;
/// <c>Send</c> has windows and output.
/// </remarks>
internal sealed partial class Http2Connection
{
    private const long MaxWindow = int.MaxValue;
    private const int DefaultWindow = 65535;
    private const uint AssumedConcurrentStreams = 100;

    private readonly IHttp2ConnectionHandler _owner;
    private readonly Http2ProtocolOptions _options;
    private readonly Http2FloodGuard _guard;
    private readonly HpackDecoder _decoder = new();
    private readonly HpackEncoder _encoder;
    private readonly Http2HeaderReader _reader;
    private readonly SlabPool _pool;
    private readonly ByteQueue _out;
    private readonly Dictionary<uint, Http2Stream> _streams = [];
    private readonly Stack<Http2Stream> _free = new();
    private readonly Stack<List<Http2Stream>> _lists = new();
    private readonly Http2ClosedStreams _closed = new();
    private readonly bool _isServer;
    private uint _lastPeerStream;
    private uint _lastOwnStream;
    private uint _goAwayLimit = int.MaxValue;
    private bool _receiving;

    /// <param name="isServer">The peer is the client.</param>
    /// <param name="options">Limits and windows.</param>
    /// <param name="maxHeaderBytes">The most that a message's headers may hold.</param>
    /// <param name="maxHeaderCount">The most fields of a message.</param>
    /// <param name="streamBufferLimit">How much of a stream's body waits before its source is held back; 0: no limit.</param>
    /// <param name="pool">The worker's memory.</param>
    /// <param name="owner">The owner.</param>
    public Http2Connection(
        bool isServer, Http2ProtocolOptions options, int maxHeaderBytes, int maxHeaderCount, long streamBufferLimit, SlabPool pool, IHttp2ConnectionHandler owner)
    {
        _isServer = isServer;
        _options = options;
        _owner = owner;
        _pool = pool;
        _guard = new Http2FloodGuard(options);
        _encoder = new HpackEncoder(TableSize);
        Writer = new Http2HeaderWriter(_encoder);
        _reader = new Http2HeaderReader(_decoder, maxHeaderBytes, maxHeaderCount);
        _maxBlock = maxHeaderBytes + Http2FrameHeader.DefaultMaxLength;
        StreamBufferLimit = streamBufferLimit;
        _out = NewQueue();
        Chunk = NewQueue();
        _prefaceLeft = isServer ? Preface.Length : 0;
        _receiveWindow = options.InitialConnectionWindowSize;
    }

    /// <summary>What a client's connection begins with (section 3.4).</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public Http2HeaderWriter Writer { get; }

    public long StreamBufferLimit { get; }

    /// <summary>Streams under way.</summary>
    public int ActiveStreams => _streams.Count;

    /// <summary>It has ended with a fault, or was closed.</summary>
    public bool IsDead { get; private set; }

    /// <summary>No stream begins any more.</summary>
    public bool IsGoingAway { get; private set; }

    /// <summary>How many streams the peer lets us have at the same time; until it says so, what no peer should go below (section 6.5.2).</summary>
    public uint PeerMaxConcurrentStreams { get; private set; } = AssumedConcurrentStreams;

    /// <summary>The peer's settings have come.</summary>
    public bool HasPeerSettings { get; private set; }

    internal bool IsOutputFull => _owner.IsOutputFull;

    // One number for all streams: a peer that changes it again and again must not cost a walk over them each time.
    internal long PeerInitialWindow { get; private set; } = DefaultWindow;

    // Bytes on their way from a frame to a stream's reader.
    internal ByteQueue Chunk { get; }

    /// <summary>Says hello: the preface, where we are the client, and our settings.</summary>
    public void Start()
    {
        if (!_isServer)
            _out.Append(Preface);
        Span<byte> settings = stackalloc byte[6 * 5];
        var length = 0;
        if (_options.HpackTableSize != 4096)
            Add(settings, Http2Setting.HeaderTableSize, (uint)TableSize);
        if (_isServer)
            Add(settings, Http2Setting.MaxConcurrentStreams, _options.MaxConcurrentStreams);
        else
            Add(settings, Http2Setting.EnablePush, 0);
        if (_isServer && _options.AllowConnect)
            Add(settings, Http2Setting.EnableConnectProtocol, 1);
        if (_options.InitialStreamWindowSize != DefaultWindow)
            Add(settings, Http2Setting.InitialWindowSize, _options.InitialStreamWindowSize);
        WriteFrame(Http2FrameType.Settings, Http2FrameFlags.None, 0, settings[..length], isControl: false);
        if (_options.InitialConnectionWindowSize > DefaultWindow)
            WriteWindowUpdate(0, _options.InitialConnectionWindowSize - DefaultWindow);
        FlushOutput();

        void Add(Span<byte> to, Http2Setting setting, uint value)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to[length..], (ushort)setting);
            BinaryPrimitives.WriteUInt32BigEndian(to[(length + 2)..], value);
            length += 6;
        }
    }

    /// <summary>Begins a request (client side). Only while there is room: see <see cref="CanOpen"/>.</summary>
    public Http2ClientStream Open(IClientStreamHandler handler)
    {
        _lastOwnStream += _lastOwnStream == 0 ? 1u : 2u;
        var stream = (Http2ClientStream)(_free.TryPop(out var free) ? free : new Http2ClientStream(this));
        Begin(stream, _lastOwnStream);
        stream.Handler = handler;
        return stream;
    }

    /// <summary>Another request may begin.</summary>
    public bool CanOpen => !IsDead && !IsGoingAway && ActiveStreams < Math.Min(_options.MaxConcurrentStreams, PeerMaxConcurrentStreams) && _lastOwnStream < int.MaxValue - 2;

    /// <summary>How many requests more it may have, as far as is known; below zero where the peer has lowered its limit.</summary>
    public long Room => IsDead || IsGoingAway
        ? 0
        : Math.Min((long)Math.Min(_options.MaxConcurrentStreams, HasPeerSettings ? PeerMaxConcurrentStreams : uint.MaxValue) - ActiveStreams, (int.MaxValue - 2 - (long)_lastOwnStream) / 2);

    /// <summary>Begins to go away (section 6.8): first so that nothing is cut that is on its way already, then for good.</summary>
    public void GoAway(bool final)
    {
        if (IsDead || (IsGoingAway && !final))
            return;
        if (final)
        {
            IsGoingAway = true;
            // What was once excluded stays so.
            _goAwayLimit = Math.Min(_goAwayLimit, _lastPeerStream);
        }

        if (Admits(isControl: false))
            PutGoAway(_goAwayLimit, Http2ErrorCode.NoError);
        FlushOutput();
    }

    /// <summary>Asks for a sign of life.</summary>
    public void Ping()
    {
        if (IsDead)
            return;
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(payload, 0x456e766f79);
        WriteFrame(Http2FrameType.Ping, Http2FrameFlags.None, 0, payload, isControl: true);
        FlushOutput();
    }

    /// <summary>The socket is gone: every stream ends.</summary>
    public void OnClosed()
    {
        IsDead = true;
        EndAll();
        _out.Clear();
        Chunk.Clear();
    }

    /// <summary>Ends with a GOAWAY of this code.</summary>
    public void Fail(Http2ErrorCode code, string message)
    {
        if (IsDead)
            return;
        // Before the streams hear of it: what they answer would come too late.
        IsDead = true;
        PutGoAway(Math.Min(_lastPeerStream, _goAwayLimit), code);
        HandOver();
        EndAll();
        _owner.OnConnectionError(code, message);
    }

    internal ByteQueue NewQueue() => new(_pool);

    private int TableSize => (int)Math.Min(_options.HpackTableSize, HpackDecoder.MaxInteger);

    /// <summary>Resets a stream of ours, or of the peer's.</summary>
    internal void ResetStream(Http2Stream stream, Http2ErrorCode code)
    {
        if (!stream.IsOpen)
            return;
        _owner.Count(Http2Count.TxReset);
        RememberReset(stream);
        WriteReset(stream.Id, code);
        CloseStream(stream);
        FlushOutput();
    }

    /// <summary>A stream's handler has let go of it, and everything was sent.</summary>
    internal void FinishStream(Http2Stream stream)
    {
        if (!stream.IsOpen || !stream.LocalEnded)
            return;
        if (stream.RemoteEnded)
            CloseStream(stream);
        else
            ResetStream(stream, Http2ErrorCode.NoError);
    }

    /// <summary>Streams can be used again when nobody holds them any more.</summary>
    internal void Release(Http2Stream stream)
    {
        if (stream.IsOpen || !stream.IsDetached || stream.IsWaiting || stream.IsResuming || stream.IsFree)
            return;
        stream.IsFree = true;
        if (_free.Count < _options.MaxConcurrentStreams)
            _free.Push(stream);
    }

    private void Begin(Http2Stream stream, uint id)
    {
        stream.Begin(id, _options.InitialStreamWindowSize);
        _streams.Add(id, stream);
        _guard.OnStreamBegun();
    }

    private void CloseStream(Http2Stream stream)
    {
        if (!stream.IsOpen)
            return;
        Forget(stream);
        Release(stream);
        FlushOutput();
    }

    /// <summary>A stream ends before its time, by the peer's doing or its connection's: its handler hears of it once it is closed.</summary>
    private void End(Http2Stream stream, StreamResetReason reason, string details)
    {
        if (!stream.IsOpen)
            return;
        Forget(stream);
        stream.OnReset(reason, details);
        Release(stream);
    }

    private void Forget(Http2Stream stream)
    {
        _streams.Remove(stream.Id);
        TakeConnection(stream.HeldLength);
        _owner.OnStreamClosed(stream);
        stream.Close();
    }

    private void EndAll()
    {
        var streams = SnapshotOfStreams();
        foreach (var stream in streams)
            End(stream, StreamResetReason.ConnectionTermination, "");
        Return(streams);
    }

    // What streams hear may end others, begin some, or bring another walk about.
    private List<Http2Stream> SnapshotOfStreams()
    {
        var list = _lists.TryPop(out var spare) ? spare : [];
        list.AddRange(_streams.Values);
        return list;
    }

    private void Return(List<Http2Stream> list)
    {
        list.Clear();
        _lists.Push(list);
    }

    // Before the peer has ended it; afterwards nothing may come, whatever we have said.
    private void RememberReset(Http2Stream stream)
    {
        if (!stream.RemoteEnded)
            _closed.Add(stream.Id, byUs: true);
    }
}
