using System.Text;
using Envoy.Buffers;
using Envoy.Fuzz.Engine;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.Fuzz.Http1;

/// <summary>
/// Reads a connection's bytes, cut at given places, and writes down what the decoder says, so that two cuttings can be compared. It checks
/// on the way that every step keeps the decoder's contract. Used by one thread.
/// </summary>
internal sealed class Http1Reader(Http1CodecOptions options)
{
    private readonly Http1RequestDecoder _request = new(options);
    private readonly Http1ResponseDecoder _response = new(options);
    private readonly ByteSink _body = new();

    /// <summary>What was said, body bytes joined.</summary>
    public ByteSink Trace { get; } = new();

    public HeaderMap Headers { get; } = new();

    public HeaderMap Trailers { get; } = new();

    /// <summary>The body of the message that was last complete.</summary>
    public ReadOnlySpan<byte> Body => _body.Written;

    /// <summary>Where each complete message ended.</summary>
    public List<int> Ends { get; } = [];

    /// <summary>The lengths of their bodies.</summary>
    public List<int> BodyLengths { get; } = [];

    /// <summary>The way it took, without the bytes.</summary>
    public ulong Way { get; private set; }

    /// <summary>Whether the last complete message was the head alone.</summary>
    public bool EndedWithHeaders { get; private set; }

    public Http1CodecOptions Options => options;

    public Http1RequestDecoder Request => _request;

    public Http1ResponseDecoder Response => _response;

    /// <summary>Whether everything was taken, and as whole messages.</summary>
    public bool EndedWell { get; private set; }

    /// <param name="bytes">The connection's bytes.</param>
    /// <param name="cuts">Where what is received ends each time, ascending; the bytes' end is one more.</param>
    /// <param name="context">What a response answers; null: requests.</param>
    /// <param name="onMessage">Told of every complete message, before the next one begins.</param>
    public void Read(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> cuts, Http1ResponseContext? context, Action? onMessage)
    {
        Trace.Clear();
        Ends.Clear();
        BodyLengths.Clear();
        Way = 0;
        EndedWell = false;
        Http1Decoder decoder = context is null ? _request : _response;
        Begin(context);
        var position = 0;
        var cut = 0;
        var end = cuts.IsEmpty ? bytes.Length : cuts[0];
        // Every step takes bytes, but for a few a message, which has sixteen bytes at the least.
        for (var steps = (2 * bytes.Length) + cuts.Length + 64; ; steps--)
        {
            FuzzFailure.Unless(steps > 0, "the decoder does not get on");
            var step = decoder.Next(bytes[position..end], out var consumed, out var offset, out var length);
            FuzzFailure.Unless(consumed >= 0 && consumed <= end - position, "consumed more than there is");
            FuzzFailure.Unless(offset >= 0 && length >= 0 && offset + length <= consumed, "data outside of what was consumed");
            FuzzFailure.Unless(step == Http1Step.Data ? length > 0 : length == 0, "data in another step, or none in its own");
            var data = bytes.Slice(position + offset, length);
            position += consumed;
            if (step != Http1Step.NeedMore)
                Way = (Way ^ (ulong)step) * 1099511628211;
            switch (step)
            {
                case Http1Step.NeedMore:
                    FuzzFailure.Unless(position == end, "needs more and has not taken all");
                    if (end == bytes.Length)
                    {
                        End(decoder, onMessage, position);
                        return;
                    }

                    end = ++cut < cuts.Length ? cuts[cut] : bytes.Length;
                    break;
                case Http1Step.Headers or Http1Step.Informational:
                    WriteHead(decoder, step);
                    break;
                case Http1Step.Data:
                    _body.Append(data);
                    break;
                case Http1Step.Trailers:
                    Trace.Append("trailers "u8);
                    WriteFields(Trailers);
                    break;
                case Http1Step.Error:
                    FuzzFailure.Unless(decoder.Error is not null, "an error that is none");
                    FuzzFailure.Unless(decoder.Next(bytes[position..], out _, out _, out _) == Http1Step.Error, "goes on after an error");
                    Trace.Append(_body.Written);
                    Trace.Append("error "u8);
                    Trace.Append(decoder.Error!.Message.AsSpan());
                    Way = (Way ^ FuzzRandom.SeedOf(Encoding.ASCII.GetBytes(decoder.Error.Message))) * 1099511628211;
                    return;
                case Http1Step.MessageComplete:
                    Complete(onMessage, position);
                    if (context is not null || !decoder.KeepAlive || position == bytes.Length)
                    {
                        EndedWell = position == bytes.Length;
                        Write(position);
                        return;
                    }

                    Begin(context);
                    if (position == end)
                        end = ++cut < cuts.Length ? cuts[cut] : bytes.Length;
                    break;
            }
        }
    }

    private void Begin(Http1ResponseContext? context)
    {
        _body.Clear();
        if (context is { } asked)
            _response.Start(Headers, Trailers, asked);
        else
            _request.Start(Headers, Trailers);
    }

    private void Complete(Action? onMessage, int position)
    {
        Ends.Add(position);
        BodyLengths.Add(_body.Length);
        Trace.Append("complete "u8);
        Write(_body.Length);
        Trace.Append(_body.Written);
        onMessage?.Invoke();
    }

    private void End(Http1Decoder decoder, Action? onMessage, int position)
    {
        var end = decoder.OnEndOfStream();
        Trace.Append("end "u8);
        Write((int)end);
        Way = (Way ^ (uint)end) * 1099511628211;
        if (end == Http1EndOfStream.Complete)
        {
            FuzzFailure.Unless(decoder.Next(default, out _, out _, out _) == Http1Step.MessageComplete, "the end ends the message, and it is not complete");
            Complete(onMessage, position);
        }
        else
        {
            Trace.Append(_body.Written);
        }

        EndedWell = end != Http1EndOfStream.Truncated;
    }

    private void WriteHead(Http1Decoder decoder, Http1Step step)
    {
        EndedWithHeaders = decoder.EndsWithHeaders;
        var isRequest = ReferenceEquals(decoder, _request);
        var traits = (int)decoder.Version
            | (decoder.KeepAlive ? 2 : 0)
            | (decoder.IsChunked ? 4 : 0)
            | (decoder.EndsWithHeaders ? 8 : 0)
            | (decoder.LastsUntilClose ? 16 : 0)
            | (decoder.IsTunnel ? 32 : 0)
            | (isRequest && _request.ExpectsContinue ? 64 : 0)
            | (isRequest && _request.RequestsUpgrade ? 128 : 0)
            | (isRequest && _request.IsHead ? 256 : 0)
            | (step == Http1Step.Informational ? 512 : 0)
            | (decoder.ContentLength is null ? 1024 : 0);
        Way = (Way ^ (uint)traits ^ ((ulong)Headers.Count << 32)) * 1099511628211;
        Trace.Append("head "u8);
        Write(traits);
        Trace.Append(decoder.ContentLength ?? -1);
        Write(isRequest ? 0 : _response.StatusCode);
        Write(decoder.HeadBytes);
        WriteFields(Headers);
        FuzzFailure.Unless(!(decoder.IsChunked && decoder.ContentLength is not null), "two framings");
        FuzzFailure.Unless(Headers.CountOf(HeaderId.ContentLength) <= 1, "two lengths");
        FuzzFailure.Unless(Headers.Count <= options.MaxHeadersCount + 4, "more headers than allowed");
    }

    private void WriteFields(HeaderMap map)
    {
        var count = 0;
        var size = 0;
        foreach (var field in map)
        {
            FuzzFailure.Unless(field.Value.IndexOfAny("\0\r\n"u8) < 0, "a value that splits a message");
            FuzzFailure.Unless(field.Name.IndexOfAnyInRange((byte)'A', (byte)'Z') < 0, "a name in upper case");
            FuzzFailure.Unless(!field.Name.IsEmpty && field.Name.IndexOfAnyInRange((byte)0, (byte)0x20) < 0, "a name that is none");
            count++;
            size += field.Name.Length + field.Value.Length;
            Trace.Append(field.Name);
            Trace.Append((byte)'=');
            Trace.Append(field.Value);
            Trace.Append((byte)'\n');
        }

        FuzzFailure.Unless(count == map.Count && size == map.ByteSize, "the map counts otherwise than it holds");
    }

    private void Write(int number)
    {
        Trace.Append((long)number);
        Trace.Append((byte)' ');
    }
}
