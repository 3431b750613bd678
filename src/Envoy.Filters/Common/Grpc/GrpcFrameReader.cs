using Envoy.Buffers;

namespace Envoy.Filters.Common.Grpc;

/// <summary>
/// Finds the frames of gRPC (grpc's doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message": flags, four bytes of length, the message) in a body that
/// comes in pieces, cut anyhow. Holds no bytes but a header's. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
///          5 bytes                 length = 0
/// Header ──────────► [Header] ──────────────► [End] ─► Header
///                       │ length > 0                    ▲
///                       ▼            last byte          │
///                    Message ───────────────► [End] ────┘
/// </code>
/// </remarks>
internal sealed class GrpcFrameReader
{
    /// <summary>A frame's header, in bytes.</summary>
    public const int HeaderLength = 5;

    /// <summary>The message is compressed, as <c>grpc-encoding</c> says.</summary>
    public const byte Compressed = 1;

    /// <summary>A frame of grpc-web that holds trailers instead of a message (grpc's doc/PROTOCOL-WEB.md).</summary>
    public const byte Trailers = 0x80;

    private readonly uint _maxLength;
    private readonly byte _allowedFlags;
    private ulong _header;
    private int _headerBytes;
    private GrpcFrameEvent? _failure;

    /// <summary>A reader at the beginning of a body.</summary>
    /// <param name="maxLength">The longest message, in bytes; 0: no limit but the field's own 4 GiB.</param>
    /// <param name="allowedFlags">Flags that a frame may have; all of them by default.</param>
    public GrpcFrameReader(uint maxLength = 0, byte allowedFlags = 0xff)
    {
        _maxLength = maxLength == 0 ? uint.MaxValue : maxLength;
        _allowedFlags = allowedFlags;
    }

    /// <summary>The flags of the frame at hand, from <see cref="GrpcFrameEvent.Header"/> on.</summary>
    public byte Flags { get; private set; }

    /// <summary>The length of the message at hand, in bytes, from <see cref="GrpcFrameEvent.Header"/> on.</summary>
    public uint Length { get; private set; }

    /// <summary>How much of the message at hand has not come yet, in bytes.</summary>
    public uint Remaining { get; private set; }

    /// <summary>How many frames have begun, which is what Envoy counts: one whose flags have come.</summary>
    public long Frames { get; private set; }

    /// <summary>True between two frames: a body may end here, and nowhere else.</summary>
    public bool IsBetweenFrames => _headerBytes == 0 && _failure is null;

    /// <summary>Looks at the next bytes of the body, up to the next event.</summary>
    /// <param name="input">Bytes that follow those used up before.</param>
    /// <param name="used">How many of them this event used up: header bytes, or bytes of the message.</param>
    public GrpcFrameEvent Read(ReadOnlySpan<byte> input, out int used)
    {
        used = 0;
        if (_failure is { } failure)
            return failure;
        if (_headerBytes < HeaderLength)
            return ReadHeader(input, out used);
        used = (int)Math.Min(Remaining, (uint)input.Length);
        Remaining -= (uint)used;
        if (Remaining > 0)
            return GrpcFrameEvent.NeedMore;
        _headerBytes = 0;
        return GrpcFrameEvent.End;
    }

    /// <summary>Counts the frames of a body that passes by; <paramref name="data"/> stays as it is. Returns how many began in it.</summary>
    public long Watch(ByteQueue data)
    {
        var before = Frames;
        foreach (var slice in data)
        {
            var rest = slice;
            while (true)
            {
                var found = Read(rest, out var used);
                rest = rest[used..];
                // An empty message ends without a byte, which is to be seen before the next piece comes.
                if (found is GrpcFrameEvent.BadFlags or GrpcFrameEvent.TooLong || (rest.IsEmpty && found != GrpcFrameEvent.Header))
                    break;
            }
        }

        return Frames - before;
    }

    /// <summary>
    /// Takes the next bytes out of <paramref name="source"/>, up to the next event: a header's bytes are dropped, a message's are moved behind
    /// those that <paramref name="message"/> holds.
    /// </summary>
    /// <remarks>Call it until it needs more: an empty message ends when <paramref name="source"/> may be empty already.</remarks>
    public GrpcFrameEvent Take(ByteQueue source, ByteQueue message)
    {
        while (true)
        {
            var inMessage = _headerBytes == HeaderLength;
            var found = Read(source.FirstSpan, out var used);
            if (inMessage)
                message.MoveFrom(source, used);
            else
                source.Drain(used);
            if (found != GrpcFrameEvent.NeedMore || source.IsEmpty)
                return found;
        }
    }

    /// <summary>Goes back to the beginning of a body.</summary>
    public void Clear()
    {
        _headerBytes = 0;
        Flags = 0;
        Length = 0;
        Remaining = 0;
        Frames = 0;
        _failure = null;
    }

    /// <summary>Writes a frame's header.</summary>
    public static void WriteHeader(Span<byte> header, byte flags, uint length)
    {
        header[0] = flags;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(header[1..], length);
    }

    private GrpcFrameEvent ReadHeader(ReadOnlySpan<byte> input, out int used)
    {
        used = 0;
        if (_headerBytes == 0 && !input.IsEmpty)
        {
            if ((input[0] & ~_allowedFlags) != 0)
                return Fail(GrpcFrameEvent.BadFlags);
            Frames++;
        }

        while (used < input.Length && _headerBytes < HeaderLength)
        {
            _header = (_header << 8) | input[used++];
            _headerBytes++;
        }

        if (_headerBytes < HeaderLength)
            return GrpcFrameEvent.NeedMore;
        Flags = (byte)(_header >> 32);
        Length = Remaining = (uint)_header;
        return Length > _maxLength ? Fail(GrpcFrameEvent.TooLong) : GrpcFrameEvent.Header;
    }

    private GrpcFrameEvent Fail(GrpcFrameEvent failure)
    {
        _failure = failure;
        return failure;
    }
}
