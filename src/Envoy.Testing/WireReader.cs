using System.Buffers;
using System.Globalization;
using System.Text;

namespace Envoy.Testing;

/// <summary>
/// Reads HTTP/1.1 messages from a stream the plain way, independent of the proxy's own codec, which it is there to check. Used by one reader.
/// </summary>
internal sealed class WireReader(Stream stream)
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Bytes received and not taken yet.</summary>
    public int Buffered => _end - _start;

    /// <summary>The lines before the next empty one; null if the stream ends before the first byte.</summary>
    public async Task<string[]?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8);
            if (length >= 0)
            {
                var text = Encoding.Latin1.GetString(_buffer, _start, length);
                _start += length + 4;
                return text.Split("\r\n");
            }

            if (await FillAsync(cancellationToken).ConfigureAwait(false))
                continue;
            return Buffered == 0 ? null : throw new EndOfStreamException($"The stream ended inside a head: '{Rest()}'.");
        }
    }

    public async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                var text = Encoding.Latin1.GetString(_buffer, _start, length);
                _start += length + 2;
                return text;
            }

            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                throw new EndOfStreamException($"The stream ended inside a line: '{Rest()}'.");
        }
    }

    public async Task<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (Buffered == 0)
            return await stream.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
        var count = Math.Min(Buffered, destination.Length);
        _buffer.AsMemory(_start, count).CopyTo(destination);
        _start += count;
        return count;
    }

    /// <summary>Moves <paramref name="count"/> bytes into <paramref name="destination"/>.</summary>
    public async Task CopyExactlyAsync(ArrayBufferWriter<byte> destination, long count, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            if (Buffered == 0 && !await FillAsync(cancellationToken).ConfigureAwait(false))
                throw new EndOfStreamException($"The stream ended {count} bytes before the body did.");
            var now = (int)Math.Min(count, Buffered);
            lock (destination)
                destination.Write(_buffer.AsSpan(_start, now));
            _start += now;
            count -= now;
        }
    }

    /// <summary>Moves a chunked body into <paramref name="destination"/> and returns its trailers.</summary>
    public async Task<WireHeaders> CopyChunksAsync(ArrayBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            var line = await ReadLineAsync(cancellationToken).ConfigureAwait(false);
            var size = int.Parse(line.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
                break;
            await CopyExactlyAsync(destination, size, cancellationToken).ConfigureAwait(false);
            if ((await ReadLineAsync(cancellationToken).ConfigureAwait(false)).Length > 0)
                throw new InvalidDataException("A chunk is longer than it says.");
        }

        var trailers = new List<string>();
        while (await ReadLineAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } trailer)
            trailers.Add(trailer);
        return WireHeaders.Parse(trailers);
    }

    /// <summary>Moves what comes until the stream ends into <paramref name="destination"/>.</summary>
    public async Task CopyToEndAsync(ArrayBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        do
        {
            lock (destination)
                destination.Write(_buffer.AsSpan(_start, Buffered));
            _start = _end;
        }
        while (await FillAsync(cancellationToken).ConfigureAwait(false));
    }

    private string Rest() => Encoding.Latin1.GetString(_buffer, _start, Math.Min(Buffered, 200));

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
            _start = _end = 0;
        if (_end == _buffer.Length)
        {
            if (_start > 0)
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            else
                Array.Resize(ref _buffer, _buffer.Length * 2);
            _end -= _start;
            _start = 0;
        }

        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += count;
        return count > 0;
    }
}
