namespace Envoy.Http.Http1;

/// <summary>
/// Reads the chunked coding (RFC 9112 section 7.1) a byte at a time between the runs of data, so that a chunk header split over inputs needs
/// no memory. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
/// SizeStart -hex-> Size -CR-> SizeLf -LF-> Data -size bytes-> DataCr -CR-> DataLf -LF-> SizeStart
///                   | ';'        ^   \-LF, size 0-> Last
///                   v            | CR
///                NameStart -> Name -> AfterName -'='-> ValueStart -> Value | Quoted -> AfterQuoted
/// </code>
/// </remarks>
internal struct Http1ChunkReader
{
    // Nobody sends extensions; Node's bound on their sum per message, after its CVE-2024-22019.
    private const int MaxExtensionBytes = 16 * 1024;

    // As many hex digits as a 64-bit size can have.
    private const int MaxSizeDigits = 16;

    private State _state;
    private int _digits;
    private int _extensionBytes;

    private enum State : byte
    {
        SizeStart,
        Size,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        NameStart,
        Name,
        AfterName,
        ValueStart,
        Value,
        Quoted,
        QuotedPair,
        AfterQuoted,
        Last,
    }

    /// <summary>Bytes of the current chunk still to come; above zero only inside a chunk's data.</summary>
    public long Remaining { get; private set; }

    /// <summary>Whether the next byte is chunk data.</summary>
    public readonly bool InData => _state == State.Data;

    /// <summary>Whether the last chunk's header has been read: trailers follow.</summary>
    public readonly bool AtTrailers => _state == State.Last;

    /// <summary>Takes <paramref name="count"/> bytes of data as read.</summary>
    public void TakeData(int count)
    {
        Remaining -= count;
        if (Remaining == 0)
            _state = State.DataCr;
    }

    /// <summary>Reads up to the next data, the trailers or the end of <paramref name="input"/>; returns how much it read.</summary>
    public int Read(ReadOnlySpan<byte> input, out ProtocolError? error)
    {
        error = null;
        var i = 0;
        while (i < input.Length && _state != State.Data && _state != State.Last)
        {
            error = Step(input[i++]);
            if (error is not null)
                break;
        }

        return i;
    }

    private ProtocolError? Step(byte b)
    {
        switch (_state)
        {
            case State.SizeStart:
                _digits = 0;
                Remaining = 0;
                _state = State.Size;
                return AddDigit(b);
            case State.Size:
                if (b == (byte)'\r')
                    _state = State.SizeLf;
                else if (b == (byte)';')
                    return Extension(State.NameStart);
                else
                    return AddDigit(b);
                return null;
            case State.SizeLf:
                _state = Remaining == 0 ? State.Last : State.Data;
                return b == (byte)'\n' ? null : Http1Errors.BareCarriageReturn;
            case State.DataCr:
                _state = State.DataLf;
                return b == (byte)'\r' ? null : Http1Errors.ChunkEnd;
            case State.DataLf:
                _state = State.SizeStart;
                return b == (byte)'\n' ? null : Http1Errors.ChunkEnd;
            default:
                return StepExtension(b);
        }
    }

    private ProtocolError? AddDigit(byte b)
    {
        var digit = Digit(b);
        if (digit < 0 || ++_digits > MaxSizeDigits || Remaining > long.MaxValue >> 4)
            return b == (byte)'\n' ? Http1Errors.BareLineFeed : Http1Errors.ChunkSize;
        Remaining = (Remaining << 4) | (uint)digit;
        return null;
    }

    private static int Digit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };

    // chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ): an endpoint that skips to the next LF instead can be made
    // to see other chunks than we do.
    private ProtocolError? StepExtension(byte b)
    {
        var isSpace = b is (byte)' ' or (byte)'\t';
        var isToken = AsciiBytes.TokenLower[b] != 0;
        switch (_state)
        {
            case State.NameStart:
                return isSpace ? Extension(State.NameStart) : isToken ? Extension(State.Name) : Fail(b);
            case State.Name:
                return isToken ? Extension(State.Name) : isSpace ? Extension(State.AfterName) : AfterElement(b, valueMayFollow: true);
            case State.AfterName:
                // Space is allowed before "=" or ";", not before the line's end.
                return isSpace ? Extension(State.AfterName) : b == (byte)'\r' ? Fail(b) : AfterElement(b, valueMayFollow: true);
            case State.ValueStart:
                return isSpace ? Extension(State.ValueStart)
                    : b == (byte)'"' ? Extension(State.Quoted)
                    : isToken ? Extension(State.Value) : Fail(b);
            case State.Value:
                return isToken ? Extension(State.Value) : AfterElement(b, valueMayFollow: false);
            case State.Quoted:
                return b == (byte)'"' ? Extension(State.AfterQuoted)
                    : b == (byte)'\\' ? Extension(State.QuotedPair)
                    : IsText(b) ? Extension(State.Quoted) : Fail(b);
            case State.QuotedPair:
                return IsText(b) ? Extension(State.Quoted) : Fail(b);
            default:
                return AfterElement(b, valueMayFollow: false);
        }
    }

    private ProtocolError? AfterElement(byte b, bool valueMayFollow)
    {
        if (b == (byte)'\r')
        {
            _state = State.SizeLf;
            return null;
        }

        return b == (byte)';' ? Extension(State.NameStart)
            : b == (byte)'=' && valueMayFollow ? Extension(State.ValueStart)
            : Fail(b);
    }

    private ProtocolError? Extension(State next)
    {
        _state = next;
        return ++_extensionBytes > MaxExtensionBytes ? Http1Errors.ChunkExtension : null;
    }

    private static bool IsText(byte b) => b >= 0x20 ? b != 0x7f : b == (byte)'\t';

    private static ProtocolError Fail(byte b) => b == (byte)'\n' ? Http1Errors.BareLineFeed : Http1Errors.ChunkExtension;
}
