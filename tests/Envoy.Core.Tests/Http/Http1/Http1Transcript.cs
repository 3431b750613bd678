using System.Text;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.Core.Tests.Http.Http1;

/// <summary>Runs a decoder over bytes, cut as wanted, and writes down what it says in a form that does not depend on the cuts.</summary>
internal static class Http1Transcript
{
    public static string OfRequests(string bytes, Http1CodecOptions? options = null, Func<int>? pieces = null) =>
        OfRequests(Encoding.Latin1.GetBytes(bytes), options, pieces);

    public static string OfRequests(ReadOnlySpan<byte> bytes, Http1CodecOptions? options = null, Func<int>? pieces = null)
    {
        var decoder = new Http1RequestDecoder(options ?? Http1CodecOptions.Request);
        var headers = new HeaderMap();
        var trailers = new HeaderMap();
        return Run(decoder, () => decoder.Start(headers, trailers), headers, trailers, bytes, pieces);
    }

    public static string OfResponse(
        string bytes, Http1ResponseContext context = default, Http1CodecOptions? options = null, Func<int>? pieces = null) =>
        OfResponse(Encoding.Latin1.GetBytes(bytes), context, options, pieces);

    public static string OfResponse(
        ReadOnlySpan<byte> bytes, Http1ResponseContext context = default, Http1CodecOptions? options = null, Func<int>? pieces = null)
    {
        var decoder = new Http1ResponseDecoder(options ?? Http1CodecOptions.Response);
        var headers = new HeaderMap();
        var trailers = new HeaderMap();
        return Run(decoder, () => decoder.Start(headers, trailers, context), headers, trailers, bytes, pieces);
    }

    public static string Text(HeaderMap map)
    {
        var text = new StringBuilder();
        foreach (var field in map)
        {
            if (text.Length > 0)
                text.Append(' ');
            text.Append(Encoding.Latin1.GetString(field.Name)).Append('=').Append(Encoding.Latin1.GetString(field.Value));
        }

        return text.ToString();
    }

    private static string Run(
        Http1Decoder decoder, Action start, HeaderMap headers, HeaderMap trailers, ReadOnlySpan<byte> bytes, Func<int>? pieces)
    {
        var text = new StringBuilder();
        var body = new StringBuilder();
        start();
        while (true)
        {
            var piece = bytes[..Math.Min(bytes.Length, pieces?.Invoke() ?? bytes.Length)];
            bytes = bytes[piece.Length..];
            while (true)
            {
                var step = decoder.Next(piece, out var consumed, out var offset, out var length);
                if (step == Http1Step.Data)
                    body.Append(Encoding.Latin1.GetString(piece.Slice(offset, length)));
                else if (body.Length > 0 && step != Http1Step.NeedMore)
                    text.Append("| data ").Append(body).Append(body.Clear().Length == 0 ? "\n" : "");
                piece = piece[consumed..];
                switch (step)
                {
                    case Http1Step.Error:
                        return text.Append("! ").Append(decoder.Error!.HttpStatus).Append(' ').Append(decoder.Error.Details).Append(": ")
                            .Append(decoder.Error.Message).ToString();
                    case Http1Step.Headers or Http1Step.Informational:
                        text.Append(step == Http1Step.Headers ? "> " : "~ ").Append(Text(headers)).Append(Flags(decoder)).Append('\n');
                        break;
                    case Http1Step.Trailers:
                        text.Append("> trailers ").Append(Text(trailers)).Append('\n');
                        break;
                    case Http1Step.MessageComplete:
                        text.Append(".\n");
                        start();
                        break;
                }

                // A tunnel or a body to the end of the stream says no more without bytes; a complete message says so without.
                if (step == Http1Step.NeedMore || (step == Http1Step.MessageComplete && piece.IsEmpty))
                    break;
            }

            if (!piece.IsEmpty)
                throw new InvalidOperationException("NeedMore left bytes behind.");
            if (bytes.IsEmpty)
                return text.Append(body.Length > 0 ? "| data " + body + "\n" : "").Append(decoder.OnEndOfStream()).ToString();
        }
    }

    private static string Flags(Http1Decoder decoder)
    {
        var text = new StringBuilder(" [");
        text.Append(decoder.Version == Http1Version.Http11 ? "1.1" : "1.0");
        text.Append(decoder.KeepAlive ? " keep" : " close");
        if (decoder.IsChunked)
            text.Append(" chunked");
        if (decoder.ContentLength is { } length)
            text.Append(" length=").Append(length);
        if (decoder.EndsWithHeaders)
            text.Append(" end");
        if (decoder.LastsUntilClose)
            text.Append(" until-close");
        if (decoder.IsTunnel)
            text.Append(" tunnel");
        if (decoder is Http1RequestDecoder { ExpectsContinue: true })
            text.Append(" expects-continue");
        if (decoder is Http1RequestDecoder { RequestsUpgrade: true })
            text.Append(" upgrade");
        return text.Append(']').ToString();
    }
}
