using Envoy.Buffers;
using Envoy.Fuzz.Engine;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.Fuzz.Http1;

/// <summary>
/// What was read is written as it would be forwarded and read again: the same message, and the only one that anybody can see. Used by one
/// thread.
/// </summary>
internal sealed class Http1RoundTrip
{
    // As lenient as we ever are, so that nothing is refused that the first reading let pass.
    private static readonly Http1CodecOptions Generous = new() { MaxHeadersBytes = 1 << 20, MaxHeadersCount = 1000, EnableTrailers = true, AllowCustomMethods = true };

    private readonly Http1Reader _again = new(Generous);
    private readonly HeaderMap _kept = new();
    private readonly ByteSink _wire = new();
    private readonly ByteSink _second = new();

    public void CheckRequest(Http1Reader read)
    {
        var decoder = read.Request;
        _kept.CopyFrom(read.Headers);
        var error = HopByHop.StripRequest(_kept, isUpgrade: false);
        // What the connection manager answers itself is not forwarded.
        if (error is not null || decoder.IsConnect || decoder.RequestsUpgrade || !_kept.Contains(HeaderId.Authority))
            return;
        FuzzFailure.Unless(decoder.ContentLength is not { } declared || declared == read.Body.Length, "the body is not as long as declared");
        Write(_wire, Http1Framing.ForRequest(_kept, read.EndedWithHeaders), read, status: 0);
        CheckWire(context: null);
        Compare(read);
        _kept.CopyFrom(_again.Headers);
        FuzzFailure.Unless(HopByHop.StripRequest(_kept, isUpgrade: false) is null, "what was forwarded would be refused");
        Write(_second, Http1Framing.ForRequest(_kept, _again.EndedWithHeaders), _again, status: 0);
        FuzzFailure.Unless(_second.Written.SequenceEqual(_wire.Written), "forwarded twice it is another request");
    }

    public void CheckResponse(Http1Reader read, Http1ResponseContext context)
    {
        var status = read.Response.StatusCode;
        if (status == 101 || (context.IsConnect && status is >= 200 and < 300))
            return;
        _kept.CopyFrom(read.Headers);
        HopByHop.StripResponse(_kept, isUpgrade: false);
        Write(_wire, Http1Framing.ForResponse(_kept, status, read.EndedWithHeaders, context, Http1Version.Http11), read, status);
        CheckWire(context);
        Compare(read);
        FuzzFailure.Unless(_again.Response.StatusCode == status, "another status");
    }

    private void Write(ByteSink output, Http1BodyFraming framing, Http1Reader read, int status)
    {
        output.Clear();
        if (status == 0)
            Http1Encoder.WriteRequestHead(_kept, framing, output);
        else
            Http1Encoder.WriteResponseHead(_kept, status, framing, Http1Version.Http11, output);
        FuzzFailure.Unless(output.Length <= Http1Encoder.MaxSize(_kept), "a head longer than its bound");
        switch (framing)
        {
            case Http1BodyFraming.Length:
                output.Append(read.Body);
                break;
            case Http1BodyFraming.Chunked:
                WriteChunks(output, read);
                break;
            default:
                FuzzFailure.Unless(read.Body.IsEmpty, "a body that the framing has no room for");
                break;
        }
    }

    private static void WriteChunks(ByteSink output, Http1Reader read)
    {
        Span<byte> header = stackalloc byte[Http1Encoder.MaxChunkHeaderSize];
        if (!read.Body.IsEmpty)
        {
            output.Append(header[..Http1Encoder.WriteChunkHeader(read.Body.Length, header)]);
            output.Append(read.Body);
            output.Append(Http1Encoder.ChunkEnd);
        }

        var last = new byte[Http1Encoder.MaxSize(read.Trailers)];
        output.Append(last.AsSpan(0, Http1Encoder.WriteLastChunk(read.Trailers, last)));
    }

    private void CheckWire(Http1ResponseContext? context)
    {
        var wire = _wire.Written;
        _again.Read(wire, default, context, onMessage: null);
        FuzzFailure.Unless(_again.EndedWell && _again.Ends.Count == 1 && _again.Ends[0] == wire.Length, "what we forward we do not read as one message");
        foreach (var kind in CarelessReader.Kinds)
        {
            var at = 0;
            var seen = kind.TryRead(wire, ref at, out var body, context is not null, context?.IsHead ?? false);
            FuzzFailure.Unless(seen && at == wire.Length && body == _again.BodyLengths[0], "what we forward somebody reads otherwise");
        }
    }

    private void Compare(Http1Reader read)
    {
        FuzzFailure.Unless(_again.Body.SequenceEqual(read.Body), "another body");
        CompareFields(_kept, _again.Headers);
        CompareFields(read.Trailers, _again.Trailers);
        foreach (var id in (ReadOnlySpan<HeaderId>)[HeaderId.Method, HeaderId.Path, HeaderId.Authority])
            FuzzFailure.Unless(_kept.Get(id).SequenceEqual(_again.Headers.Get(id)), "another request line");
    }

    // Order counts; the first line's parts and the framing are looked at apart.
    private static void CompareFields(HeaderMap expected, HeaderMap found)
    {
        var other = found.GetEnumerator();
        foreach (var field in expected)
        {
            if (IsApart(field.Id))
                continue;
            bool has;
            do
                has = other.MoveNext();
            while (has && IsApart(other.Current.Id));
            FuzzFailure.Unless(has && other.Current.Name.SequenceEqual(field.Name) && other.Current.Value.SequenceEqual(field.Value), "another header");
        }

        while (other.MoveNext())
            FuzzFailure.Unless(IsApart(other.Current.Id), "a header too many");
    }

    private static bool IsApart(HeaderId id) => id is >= HeaderId.Method and <= HeaderId.Protocol or HeaderId.ContentLength or HeaderId.TransferEncoding;
}
