using System.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Http.Http1;

/// <summary>
/// Writes HTTP/1.1: heads, chunk headers and trailers, in one pass over the map and with no memory of its own. Names go out in lower case,
/// as from Envoy, or <c>Like-This</c> for peers that want it so. What the map holds has been checked when it went in. Immutable.
/// </summary>
internal static class Http1Encoder
{
    /// <summary>The most that <see cref="WriteChunkHeader"/> writes: 16 hex digits and CRLF.</summary>
    public const int MaxChunkHeaderSize = 18;

    // Request or status line without method and target or with the longest reason, the framing header, the empty line.
    private const int FixedSize = 128;

    // Above this a head is written beside the output first, since writers need not have so much room in one piece.
    private const int MaxDirectSize = 4096;

    /// <summary>What ends a chunk's data.</summary>
    public static ReadOnlySpan<byte> ChunkEnd => "\r\n"u8;

    /// <summary>The last chunk, with no trailers.</summary>
    public static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    /// <summary>A bound on what <c>WriteRequestHead</c>, <c>WriteResponseHead</c> or <c>WriteLastChunk</c> writes for this map, in bytes.</summary>
    public static int MaxSize(HeaderMap headers) =>
        // CONNECT writes its authority twice.
        headers.ByteSize + (headers.Count * 4) + headers.Get(HeaderId.Authority).Length + FixedSize;

    /// <summary>Writes a request's head; returns its length. <paramref name="output"/> has room for <see cref="MaxSize"/>.</summary>
    public static int WriteRequestHead(HeaderMap headers, Http1BodyFraming framing, Span<byte> output, bool properCase = false)
    {
        var method = headers.Get(HeaderId.Method);
        var hasAuthority = headers.TryGet(HeaderId.Authority, out var authority);
        // CONNECT's target is host and port (RFC 9112 section 3.2.3).
        var target = method.SequenceEqual("CONNECT"u8) ? authority : headers.Get(HeaderId.Path);

        var writer = new SpanWriter(output);
        writer.Write(method);
        writer.Write(" "u8);
        writer.Write(target);
        writer.Write(" HTTP/1.1\r\n"u8);
        if (hasAuthority)
        {
            // First, as RFC 9110 section 7.2 recommends.
            writer.WriteName("host: "u8, headers.Cases, properCase);
            writer.WriteLine(authority);
        }

        WriteFields(ref writer, headers, framing, skipHost: hasAuthority, properCase);
        return writer.Written;
    }

    /// <summary>Writes a request's head.</summary>
    public static void WriteRequestHead(HeaderMap headers, Http1BodyFraming framing, IBufferWriter<byte> output, bool properCase = false)
    {
        var size = MaxSize(headers);
        if (size <= MaxDirectSize)
        {
            output.Advance(WriteRequestHead(headers, framing, output.GetSpan(size), properCase));
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(size);
        output.Write(rented.AsSpan(0, WriteRequestHead(headers, framing, rented, properCase)));
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Writes a response's head (also an interim one's); returns its length. <paramref name="output"/> has room for <see cref="MaxSize"/>.</summary>
    /// <param name="headers">The headers; <c>:status</c> is looked for in <paramref name="status"/> instead.</param>
    /// <param name="status">The status, three digits.</param>
    /// <param name="framing">From <see cref="Http1Framing.ForResponse"/>.</param>
    /// <param name="version">What the status line says: Envoy answers HTTP/1.0 with HTTP/1.0 where it serves it.</param>
    /// <param name="output">Where to.</param>
    /// <param name="properCase">Names <c>Like-This</c>.</param>
    public static int WriteResponseHead(
        HeaderMap headers, int status, Http1BodyFraming framing, Http1Version version, Span<byte> output, bool properCase = false)
    {
        var writer = new SpanWriter(output);
        writer.Write(version == Http1Version.Http11 ? "HTTP/1.1 "u8 : "HTTP/1.0 "u8);
        writer.WriteStatus(status);
        writer.WriteLine(Http1ReasonPhrases.Get(status));
        WriteFields(ref writer, headers, framing, skipHost: false, properCase);
        return writer.Written;
    }

    /// <summary>Writes a response's head.</summary>
    public static void WriteResponseHead(
        HeaderMap headers, int status, Http1BodyFraming framing, Http1Version version, IBufferWriter<byte> output, bool properCase = false)
    {
        var size = MaxSize(headers);
        if (size <= MaxDirectSize)
        {
            output.Advance(WriteResponseHead(headers, status, framing, version, output.GetSpan(size), properCase));
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(size);
        output.Write(rented.AsSpan(0, WriteResponseHead(headers, status, framing, version, rented, properCase)));
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Writes the header of a chunk of <paramref name="length"/> (above zero) bytes; returns its length.</summary>
    public static int WriteChunkHeader(long length, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        var digits = (67 - System.Numerics.BitOperations.LeadingZeroCount((ulong)length)) >> 2;
        for (var i = digits - 1; i >= 0; i--)
        {
            output[i] = "0123456789abcdef"u8[(int)(length & 15)];
            length >>= 4;
        }

        output[digits] = (byte)'\r';
        output[digits + 1] = (byte)'\n';
        return digits + 2;
    }

    /// <summary>Writes the last chunk with its trailers; returns its length. <paramref name="output"/> has room for <see cref="MaxSize"/>.</summary>
    public static int WriteLastChunk(HeaderMap trailers, Span<byte> output, bool properCase = false)
    {
        var writer = new SpanWriter(output);
        writer.Write("0\r\n"u8);
        WriteFields(ref writer, trailers, Http1BodyFraming.None, skipHost: true, properCase);
        return writer.Written;
    }

    private static void WriteFields(ref SpanWriter writer, HeaderMap headers, Http1BodyFraming framing, bool skipHost, bool properCase)
    {
        var restyle = properCase || headers.Cases is not null;
        foreach (var field in headers)
        {
            var start = writer.Written;
            if (field.Id == HeaderId.Other)
            {
                writer.Write(field.Name);
                writer.Write(": "u8);
            }
            else
            {
                // Pseudo headers are in the first line; the framing headers are ours alone to write.
                if (field.Id <= HeaderId.Protocol
                    || field.Id == HeaderId.TransferEncoding
                    || (field.Id == HeaderId.Host && skipHost)
                    || (field.Id == HeaderId.ContentLength && framing != Http1BodyFraming.Length))
                    continue;
                writer.Write(HeaderNames.GetWithColon(field.Id));
            }

            if (restyle)
                writer.Rewrite(start, headers.Cases, properCase);
            writer.WriteLine(field.Value);
        }

        if (framing == Http1BodyFraming.ZeroLength)
        {
            writer.WriteName("content-length: "u8, headers.Cases, properCase);
            writer.Write("0\r\n"u8);
        }
        else if (framing is Http1BodyFraming.Chunked or Http1BodyFraming.ChunkedWithoutBody)
        {
            writer.WriteName("transfer-encoding: "u8, headers.Cases, properCase);
            writer.Write("chunked\r\n"u8);
        }

        writer.Write("\r\n"u8);
    }

    private ref struct SpanWriter(Span<byte> output)
    {
        private readonly Span<byte> _output = output;
        private int _written;

        public readonly int Written => _written;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_output[_written..]);
            _written += bytes.Length;
        }

        public void WriteLine(ReadOnlySpan<byte> bytes)
        {
            var to = _output[_written..];
            bytes.CopyTo(to);
            to[bytes.Length] = (byte)'\r';
            to[bytes.Length + 1] = (byte)'\n';
            _written += bytes.Length + 2;
        }

        /// <summary>Writes a name in lower case, with its colon and space, as the message's peer wrote it or as is wished.</summary>
        public void WriteName(ReadOnlySpan<byte> nameWithColon, HeaderCases? cases, bool properCase)
        {
            var start = _written;
            Write(nameWithColon);
            Rewrite(start, cases, properCase);
        }

        /// <summary>The same for a name, with its colon and space, that has just been written.</summary>
        public readonly void Rewrite(int start, HeaderCases? cases, bool properCase)
        {
            var name = _output[start..(_written - 2)];
            if (cases is not null && cases.TryFind(name, out var written))
                written.CopyTo(name);
            else if (properCase)
                Capitalize(name);
        }

        // Words begin behind what is neither a letter nor a digit.
        private static void Capitalize(Span<byte> name)
        {
            var begins = true;
            foreach (ref var b in name)
            {
                if (begins && b is >= (byte)'a' and <= (byte)'z')
                    b -= 0x20;
                begins = b is not ((>= (byte)'A' and <= (byte)'Z') or (>= (byte)'a' and <= (byte)'z') or (>= (byte)'0' and <= (byte)'9'));
            }
        }

        public void WriteStatus(int status)
        {
            var to = _output.Slice(_written, 4);
            to[0] = (byte)('0' + (status / 100));
            to[1] = (byte)('0' + (status / 10 % 10));
            to[2] = (byte)('0' + (status % 10));
            to[3] = (byte)' ';
            _written += 4;
        }
    }
}
