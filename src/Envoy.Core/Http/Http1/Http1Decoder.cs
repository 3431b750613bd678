using Envoy.Http.Headers;

namespace Envoy.Http.Http1;

/// <summary>
/// What requests and responses share of the HTTP/1 syntax (RFC 9112), read strictly: a sans-IO state machine from bytes to
/// <see cref="Http1Step"/>s. The caller gives the maps with <c>Start</c>, then calls <see cref="Next"/> with what it has received until the
/// message is complete. Body bytes are never copied: <see cref="Http1Step.Data"/> names a range of the input. A head goes into the map's own
/// arena with one copy and is indexed there; one that arrives in pieces gathers in the same place, so a decoder between messages holds no
/// memory at all. The events do not depend on how the bytes were cut. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
/// Idle -Start-> Head -+-> Complete (no body)
///                     +-> Length ----------------> Complete
///                     +-> Chunks -> Trailers ----> Complete
///                     +-> UntilClose -end of stream-> Complete
///                     +-> Tunnel ----end of stream-> Complete
/// </code>
/// </remarks>
internal abstract class Http1Decoder(Http1CodecOptions options)
{
    // RFC 9112 section 2.2: a server should ignore at least one empty line before a request. Clients that end a body with a CRLF of their own
    // have been seen to send two.
    private const int MaxEmptyLines = 2;

    private HeaderMap? _headers;
    private HeaderMap? _trailers;
    private State _state;
    private Http1ChunkReader _chunks;
    private long _remaining;

    // Of the head or trailers under way: where its current line begins in the arena, how far that line's name has been read (so that a long
    // name that arrives byte by byte is not read again and again), and what has been seen.
    private int _lineStart;
    private int _nameEnd;
    private int _lines;
    private int _emptyLines;
    private bool _startLineRead;
    private bool _hasLength;
    private bool _hasTransferEncoding;
    private bool _transferEncodingIsChunked;
    private bool _sawInformational;

    private enum State : byte
    {
        Idle,
        Head,
        Length,
        Chunks,
        Trailers,
        TrailersDone,
        UntilClose,
        Tunnel,
        Complete,
        Failed,
    }

    private enum Lines : byte
    {
        Unfinished,
        Done,
        Failed,
    }

    /// <summary>The peer's fault after <see cref="Http1Step.Error"/>; otherwise null.</summary>
    public ProtocolError? Error { get; private set; }

    /// <summary>The message's version. Valid from <see cref="Http1Step.Headers"/> on, as are the properties below.</summary>
    public Http1Version Version { get; protected set; }

    /// <summary>Whether the sender wants to use the connection again (RFC 9112 section 9.3).</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>The body's length where <c>Content-Length</c> gives it; null otherwise.</summary>
    public long? ContentLength => _hasLength ? DeclaredLength : null;

    /// <summary>Whether the body is chunked.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>Whether the message has no body: <see cref="Http1Step.MessageComplete"/> is what comes next.</summary>
    public bool EndsWithHeaders => _state == State.Complete;

    /// <summary>Whether the body lasts until the peer closes.</summary>
    public bool LastsUntilClose => _state == State.UntilClose;

    /// <summary>Whether all further bytes are opaque: CONNECT, or an upgrade that was accepted.</summary>
    public bool IsTunnel => _state == State.Tunnel;

    /// <summary>Whether a message is under way: begun (its first byte seen) and not complete.</summary>
    public bool InMessage => _state switch
    {
        State.Idle or State.Complete => false,
        State.Head => _startLineRead || _sawInformational || _headers!.ArenaLength > 0,
        _ => true,
    };

    /// <summary>Bytes of head received so far (with line ends), for statistics.</summary>
    public int HeadBytes { get; private set; }

    protected Http1CodecOptions Options => options;

    protected HeaderMap Headers => _headers!;

    protected bool HasLength => _hasLength;

    protected long DeclaredLength { get; private set; }

    protected bool HasTransferEncoding => _hasTransferEncoding;

    protected bool ConnectionClose { get; private set; }

    protected bool ConnectionKeepAlive { get; private set; }

    protected bool ConnectionUpgrade { get; private set; }

    /// <summary>
    /// Reads on. <see cref="Http1Step.Data"/> names <paramref name="dataLength"/> bytes from <paramref name="dataOffset"/> of
    /// <paramref name="input"/>. After any step but <see cref="Http1Step.NeedMore"/> call again with what was not consumed, even when that is
    /// nothing: <see cref="Http1Step.MessageComplete"/> may be due.
    /// </summary>
    public Http1Step Next(ReadOnlySpan<byte> input, out int consumed, out int dataOffset, out int dataLength)
    {
        consumed = dataOffset = dataLength = 0;
        switch (_state)
        {
            case State.Head:
                return ReadHead(input, out consumed);
            case State.Length:
                if (input.IsEmpty)
                    return Http1Step.NeedMore;
                consumed = dataLength = (int)Math.Min(_remaining, input.Length);
                _remaining -= consumed;
                if (_remaining == 0)
                    _state = State.Complete;
                return Http1Step.Data;
            case State.Chunks:
                return ReadChunks(input, out consumed, out dataOffset, out dataLength);
            case State.Trailers:
                return ReadTrailers(input, out consumed);
            case State.UntilClose or State.Tunnel:
                consumed = dataLength = input.Length;
                return input.IsEmpty ? Http1Step.NeedMore : Http1Step.Data;
            case State.TrailersDone:
                _state = State.Complete;
                return Http1Step.MessageComplete;
            case State.Complete:
                return Http1Step.MessageComplete;
            case State.Failed:
                return Http1Step.Error;
            default:
                throw new InvalidOperationException("Start comes before Next.");
        }
    }

    /// <summary>The peer will send no more. Tells what that means for the message under way.</summary>
    public Http1EndOfStream OnEndOfStream()
    {
        switch (_state)
        {
            case State.UntilClose or State.Tunnel or State.TrailersDone:
                _state = State.Complete;
                return Http1EndOfStream.Complete;
            default:
                return InMessage ? Http1EndOfStream.Truncated : Http1EndOfStream.Clean;
        }
    }

    /// <summary>An upgrade was agreed: all further bytes are opaque data. Call after <see cref="Http1Step.Headers"/>.</summary>
    public void BecomeTunnel() => _state = State.Tunnel;

    /// <summary>Lets go of the maps; the decoder is idle until <c>Start</c>.</summary>
    public void Stop()
    {
        _headers = _trailers = null;
        _state = State.Idle;
    }

    /// <summary>Begins a message that will be read into these two maps.</summary>
    protected void StartMessage(HeaderMap headers, HeaderMap trailers)
    {
        _headers = headers;
        _trailers = trailers;
        headers.Clear();
        trailers.Clear();
        _emptyLines = 0;
        _sawInformational = false;
        HeadBytes = 0;
        Error = null;
        BeginHead();
    }

    /// <summary>Reads the first line, at <paramref name="start"/> of the map's arena, CRLF not included, and adds the pseudo headers.</summary>
    protected abstract ProtocolError? ReadStartLine(int start, int length);

    /// <summary>Takes a Host header, which a request turns into <c>:authority</c>.</summary>
    protected abstract ProtocolError? ReadHost(int nameOffset, int valueOffset, int valueLength);

    /// <summary>All header lines are read: checks them together and chooses the framing with the <c>Body…</c> methods.</summary>
    protected abstract ProtocolError? FinishHead(out Http1Step step);

    protected void BodyNone() => _state = State.Complete;

    protected void BodyTunnel() => _state = State.Tunnel;

    protected void BodyUntilClose() => _state = State.UntilClose;

    /// <summary>The body is what <c>Content-Length</c> or the chunked coding says; none when there is neither.</summary>
    protected bool BodyAsDeclared()
    {
        if (_hasTransferEncoding)
        {
            IsChunked = true;
            _chunks = default;
            _state = State.Chunks;
            return true;
        }

        _remaining = DeclaredLength;
        _state = _remaining > 0 ? State.Length : State.Complete;
        return _hasLength;
    }

    /// <summary>The rules that keep two readers from seeing two different bodies (RFC 9112 section 6.1 and 6.3).</summary>
    protected ProtocolError? CheckFraming()
    {
        if (!_hasTransferEncoding)
            return null;
        if (_hasLength && !options.AllowChunkedLength)
            return Http1Errors.BothLengths;
        if (!_transferEncodingIsChunked)
            return Http1Errors.TransferEncoding;
        // An HTTP/1.0 peer cannot mean it (section 6.1): it passed on what it did not understand.
        if (Version == Http1Version.Http10)
            return Http1Errors.TransferEncodingInHttp10;
        if (_hasLength)
        {
            // The chunks count (section 6.3), and nobody behind us may think otherwise.
            _headers!.Remove(HeaderId.ContentLength);
            _hasLength = false;
            // Section 6.1: the sender may be at odds with somebody, so nothing that it sends after this is taken.
            ConnectionClose = true;
        }

        return null;
    }

    /// <summary>Forgets an interim response and reads the next head into the same map.</summary>
    protected void BeginNextHead()
    {
        _sawInformational = true;
        BeginHead();
    }

    private void BeginHead()
    {
        _state = State.Head;
        _lineStart = 0;
        _nameEnd = 0;
        _lines = 0;
        _startLineRead = false;
        _hasLength = _hasTransferEncoding = _transferEncodingIsChunked = false;
        DeclaredLength = 0;
        IsChunked = false;
        ConnectionClose = ConnectionKeepAlive = ConnectionUpgrade = false;
    }

    private Http1Step ReadHead(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = 0;
        if (input.IsEmpty)
            return Http1Step.NeedMore;
        var map = _headers!;
        if (_sawInformational && !_startLineRead && _lineStart == 0 && map.Count > 0)
            map.Clear();

        Lines lines;
        var end = map.ArenaLength == 0 && input[0] != (byte)'\r' ? input.IndexOf("\r\n\r\n"u8) : -1;
        if (end >= 0 && end + 4 <= options.MaxHeadersBytes)
        {
            // The usual case: the whole head is here. One copy, then everything is indexed in place.
            consumed = end + 4;
            map.AppendRaw(input[..consumed]);
            lines = ReadLines(map, input);
        }
        else
        {
            lines = GatherLines(map, input, out consumed);
        }

        HeadBytes += consumed;
        if (lines != Lines.Done)
            return lines == Lines.Failed ? Http1Step.Error : Http1Step.NeedMore;

        var error = FinishHead(out var step);
        if (error is not null)
            return Fail(error);
        // Proxy-Connection is nobody's standard; Envoy honours its close, so we do.
        KeepAlive = !ConnectionClose && (Version == Http1Version.Http11 || ConnectionKeepAlive)
            && !(map.TryGet(HeaderId.ProxyConnection, out var proxy) && AsciiBytes.ListContains(proxy, "close"u8));
        return step;
    }

    /// <summary>The head (or the trailers) in pieces: takes line after line into the map's arena.</summary>
    private Lines GatherLines(HeaderMap map, ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = 0;
        while (consumed < input.Length)
        {
            var rest = input[consumed..];
            var lineFeed = rest.IndexOf((byte)'\n');
            var take = lineFeed < 0 ? rest.Length : lineFeed + 1;
            var room = options.MaxHeadersBytes - map.ArenaLength;
            var isOver = take > room;
            if (isOver)
                take = room;
            map.AppendRaw(rest[..take]);
            consumed += take;
            var lines = ReadLines(map, map.Arena);
            if (lines != Lines.Unfinished)
                return lines;
            if (isOver)
            {
                Fail(Http1Errors.HeadersTooLarge);
                return Lines.Failed;
            }
        }

        return Lines.Unfinished;
    }

    /// <summary>
    /// Indexes the lines that are whole in the arena, from the first one not yet read. Faults are found from left to right, so that the same
    /// bytes give the same fault however they were cut.
    /// </summary>
    /// <param name="map">Where the bytes are.</param>
    /// <param name="source">
    /// The same bytes at the same places: the arena, or better the input that was just copied into it, since reading what was written a
    /// moment ago waits for the write.
    /// </param>
    private Lines ReadLines(HeaderMap map, ReadOnlySpan<byte> source)
    {
        var arena = map.Arena;
        var end = map.ArenaLength;
        var p = _lineStart;
        if (!_startLineRead && _state == State.Head)
        {
            var eol = FindLineEnd(source, p, end, out var fault);
            if (fault is not null)
                return FailLines(fault == Http1Errors.InvalidCharacters ? Http1Errors.FirstLine : fault);
            if (eol < 0)
                return Lines.Unfinished;
            if (eol == p)
            {
                if (this is not Http1RequestDecoder || ++_emptyLines > MaxEmptyLines)
                    return FailLines(Http1Errors.EmptyLines);
                map.TruncateRaw(0);
                return Lines.Unfinished;
            }

            fault = ReadStartLine(p, eol - p);
            if (fault is not null)
                return FailLines(fault);
            _startLineRead = true;
            p = eol + 2;
        }

        while (true)
        {
            _lineStart = p;
            var from = Math.Max(p, _nameEnd);
            if (options.PreserveCase)
                KeepCase(map, source[from..end], begins: from == p);
            var i = AsciiBytes.LowerToken(source, arena, from, end);
            _nameEnd = i;
            if (i >= end)
                return Lines.Unfinished;
            var nameLength = i - p;
            if (source[i] != (byte)':' || nameLength == 0)
            {
                if (nameLength > 0 || source[i] != (byte)'\r')
                    return FailLines(NameFault(source[i], nameLength));
                if (i + 1 >= end)
                    return Lines.Unfinished;
                return source[i + 1] == (byte)'\n' ? Lines.Done : FailLines(Http1Errors.BareCarriageReturn);
            }

            i++;
            while (i < end && source[i] is (byte)' ' or (byte)'\t')
                i++;
            var eol = FindLineEnd(source, i, end, out var fault);
            if (fault is not null)
                return FailLines(fault);
            if (eol < 0)
                return Lines.Unfinished;
            var valueEnd = eol;
            while (valueEnd > i && source[valueEnd - 1] is (byte)' ' or (byte)'\t')
                valueEnd--;

            if (++_lines > options.MaxHeadersCount)
                return FailLines(Http1Errors.TooManyHeaders);
            if (options.PreserveCase)
                map.Cases!.End();
            var id = HeaderNames.Find(arena.AsSpan(p, nameLength));
            if (id is >= HeaderId.Host and <= HeaderId.ContentLength)
            {
                fault = ReadFramingHeader(map, id, p, i, valueEnd - i);
                if (fault is not null)
                    return FailLines(fault);
            }
            else
            {
                map.AddSlice(id, p, nameLength, i, valueEnd - i);
            }

            p = eol + 2;
        }
    }

    // Before the name becomes lower case where it stands.
    private static void KeepCase(HeaderMap map, ReadOnlySpan<byte> rest, bool begins)
    {
        var cases = map.Cases ??= new HeaderCases();
        if (begins)
            cases.Begin();
        var colon = rest.IndexOf((byte)':');
        cases.Append(colon < 0 ? rest : rest[..colon]);
    }

    private ProtocolError? ReadFramingHeader(HeaderMap map, HeaderId id, int nameOffset, int valueOffset, int valueLength)
    {
        var value = map.Arena.AsSpan(valueOffset, valueLength);
        var inTrailers = _state == State.Trailers;
        switch (id)
        {
            case HeaderId.Host when !inTrailers:
                return ReadHost(nameOffset, valueOffset, valueLength);
            case HeaderId.ContentLength when !inTrailers:
                // RFC 9112 section 6.3 rule 5 would allow equal ones to be merged; two of them are an attack or a fault.
                if (_hasLength)
                    return Http1Errors.RepeatedContentLength;
                if (!AsciiBytes.TryParseLength(value, out var length))
                    return value.Contains((byte)',') ? Http1Errors.RepeatedContentLength : Http1Errors.ContentLength;
                _hasLength = true;
                DeclaredLength = length;
                break;
            case HeaderId.TransferEncoding when !inTrailers:
                // "chunked" alone: every other list is either not ours to decode or a way to hide it from somebody.
                _transferEncodingIsChunked = !_hasTransferEncoding && AsciiBytes.EqualsIgnoreCase(value, "chunked"u8);
                _hasTransferEncoding = true;
                break;
            case HeaderId.Host or HeaderId.ContentLength or HeaderId.TransferEncoding:
                return Http1Errors.FramingTrailer;
            case HeaderId.Connection when !inTrailers:
                ReadOnlySpan<byte> list = value;
                while (AsciiBytes.TryTakeListElement(ref list, out var token))
                {
                    ConnectionClose |= AsciiBytes.EqualsIgnoreCase(token, "close"u8);
                    ConnectionKeepAlive |= AsciiBytes.EqualsIgnoreCase(token, "keep-alive"u8);
                    ConnectionUpgrade |= AsciiBytes.EqualsIgnoreCase(token, "upgrade"u8);
                }

                break;
        }

        map.AddSlice(id, nameOffset, HeaderNames.Get(id).Length, valueOffset, valueLength);
        return null;
    }

    /// <summary>Where the line's CR is; -1 while its CRLF is not all there.</summary>
    private static int FindLineEnd(ReadOnlySpan<byte> source, int start, int end, out ProtocolError? fault)
    {
        fault = null;
        // A little past the end when there is more, so that the last line too is found by the first vector load.
        var limit = Math.Min(source.Length, end + 32);
        var hit = AsciiBytes.IndexOfControl(source[start..limit]);
        var at = start + hit;
        if (hit < 0 || at >= end)
            return -1;
        if (source[at] == (byte)'\r')
        {
            if (at + 1 >= end)
                return -1;
            if (source[at + 1] == (byte)'\n')
                return at;
            fault = Http1Errors.BareCarriageReturn;
        }
        else
        {
            fault = source[at] == (byte)'\n' ? Http1Errors.BareLineFeed : Http1Errors.InvalidCharacters;
        }

        return -1;
    }

    private static ProtocolError NameFault(byte b, int nameLength) => b switch
    {
        (byte)' ' or (byte)'\t' when nameLength == 0 => Http1Errors.LeadingWhitespace,
        (byte)'\n' => Http1Errors.BareLineFeed,
        _ => Http1Errors.HeaderName,
    };

    private Http1Step ReadChunks(ReadOnlySpan<byte> input, out int consumed, out int dataOffset, out int dataLength)
    {
        dataOffset = dataLength = 0;
        consumed = 0;
        if (!_chunks.InData)
        {
            consumed = _chunks.Read(input, out var error);
            if (error is not null)
                return Fail(error);
            if (_chunks.AtTrailers)
            {
                _state = State.Trailers;
                _lineStart = 0;
                _nameEnd = 0;
                _lines = 0;
                var step = ReadTrailers(input[consumed..], out var more);
                consumed += more;
                return step;
            }
        }

        if (consumed == input.Length)
            return Http1Step.NeedMore;
        dataOffset = consumed;
        dataLength = (int)Math.Min(_chunks.Remaining, input.Length - consumed);
        _chunks.TakeData(dataLength);
        consumed += dataLength;
        return Http1Step.Data;
    }

    private Http1Step ReadTrailers(ReadOnlySpan<byte> input, out int consumed)
    {
        var map = _trailers!;
        if (map.ArenaLength == 0 && input.StartsWith("\r\n"u8))
        {
            consumed = 2;
            _state = State.Complete;
            return Http1Step.MessageComplete;
        }

        var lines = GatherLines(map, input, out consumed);
        if (lines != Lines.Done)
            return lines == Lines.Failed ? Http1Step.Error : Http1Step.NeedMore;
        if (options.EnableTrailers && map.Count > 0)
        {
            _state = State.TrailersDone;
            return Http1Step.Trailers;
        }

        map.Clear();
        _state = State.Complete;
        return Http1Step.MessageComplete;
    }

    private Lines FailLines(ProtocolError error)
    {
        Fail(error);
        return Lines.Failed;
    }

    private Http1Step Fail(ProtocolError error)
    {
        Error = error;
        _state = State.Failed;
        return Http1Step.Error;
    }
}
