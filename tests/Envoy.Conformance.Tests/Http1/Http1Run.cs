using System.Text;
using Envoy.Http;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.Conformance.Tests.Http1;

/// <summary>What our codec makes of a connection's bytes, together with the rules that the connection manager adds at once.</summary>
internal sealed class Http1Run
{
    private readonly List<(string Method, string Body)> _messages = [];

    private Http1Run()
    {
    }

    /// <summary>The fault, or null.</summary>
    public ProtocolError? Error { get; private set; }

    /// <summary>Bytes came after a message with which the connection ends; they are never read.</summary>
    public bool HasUnreadRest { get; private set; }

    /// <summary>The last message did not end before the bytes did.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>An HTTP/1.1 request without Host, which is answered with 400.</summary>
    public bool LacksHost { get; private set; }

    /// <summary>An HTTP/1.0 request, which is answered with 426.</summary>
    public bool IsOld { get; private set; }

    /// <summary>A request was handed on both with a length and with chunks, or with a Transfer-Encoding that is not "chunked".</summary>
    public bool IsAmbiguous { get; private set; }

    public IReadOnlyList<(string Method, string Body)> Messages => _messages;

    /// <summary>The headers of the last message.</summary>
    public HeaderMap Headers { get; } = new();

    public static Http1Run Of(byte[] bytes, bool isResponse, string settings = "", bool answersConnect = false)
    {
        var options = (isResponse ? Http1CodecOptions.Response : Http1CodecOptions.Request) with
        {
            EnableTrailers = settings.Contains("enable_trailers", StringComparison.Ordinal),
            AllowCustomMethods = settings.Contains("allow_custom_methods", StringComparison.Ordinal),
        };
        var run = new Http1Run();
        run.Read(bytes, isResponse, answersConnect, options);
        return run;
    }

    private void Read(ReadOnlySpan<byte> rest, bool isResponse, bool answersConnect, Http1CodecOptions options)
    {
        var request = new Http1RequestDecoder(options);
        var response = new Http1ResponseDecoder(options);
        Http1Decoder decoder = isResponse ? response : request;
        var trailers = new HeaderMap();
        var body = new StringBuilder();
        do
        {
            if (isResponse)
                response.Start(Headers, trailers, new Http1ResponseContext(IsHead: false, answersConnect, IsUpgrade: true));
            else
                request.Start(Headers, trailers);
            body.Clear();
            Http1Step step;
            do
            {
                step = decoder.Next(rest, out var consumed, out var offset, out var length);
                if (step == Http1Step.Headers && !isResponse)
                    LookAtHeaders(request);
                if (step == Http1Step.Data)
                    body.Append(Encoding.Latin1.GetString(rest.Slice(offset, length)));
                if (step == Http1Step.Error)
                    Error = decoder.Error;
                rest = rest[consumed..];
            }
            while (step is not (Http1Step.Error or Http1Step.MessageComplete or Http1Step.NeedMore) && Error is null);

            if (Error is not null)
                return;
            if (step == Http1Step.MessageComplete || decoder.InMessage)
                _messages.Add((Headers.GetString(HeaderId.Method) ?? "", body.ToString()));
            if (step == Http1Step.NeedMore)
            {
                IsTruncated = decoder.OnEndOfStream() == Http1EndOfStream.Truncated;
                return;
            }
        }
        while (!rest.IsEmpty && decoder.KeepAlive && !isResponse);
        HasUnreadRest = !rest.IsEmpty;
    }

    private void LookAtHeaders(Http1RequestDecoder decoder)
    {
        LacksHost |= decoder.Version == Http1Version.Http11 && !Headers.Contains(HeaderId.Authority);
        IsOld |= decoder.Version == Http1Version.Http10;
        var hasCodings = Headers.TryGet(HeaderId.TransferEncoding, out var codings);
        IsAmbiguous |= (hasCodings && Headers.Contains(HeaderId.ContentLength))
            || Headers.CountOf(HeaderId.ContentLength) > 1
            || (hasCodings && !AsciiBytes.EqualsIgnoreCase(codings, "chunked"u8))
            || hasCodings != decoder.IsChunked;
        Error = Strip(decoder);
    }

    // Works on a copy: the headers that the case names are those before.
    private ProtocolError? Strip(Http1RequestDecoder decoder)
    {
        var copy = new HeaderMap();
        copy.CopyFrom(Headers);
        return HopByHop.StripRequest(copy, decoder.RequestsUpgrade);
    }
}
