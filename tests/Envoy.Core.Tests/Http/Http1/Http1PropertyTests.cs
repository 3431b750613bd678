using System.Buffers;
using System.Text;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.Core.Tests.Http.Http1;

/// <summary>What must hold for all messages, over messages made from a seed.</summary>
public class Http1PropertyTests
{
    private static readonly string[] Fragments =
    [
        "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", ": ", "\0", "\x7f", "\u00ff", "0\r\n\r\n", "5\r\nhello\r\n", ";a=b", ",", "GET ", "/",
        " HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "Host: a\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n",
    ];

    [Test]
    public void Decode_AnyCuts_GiveTheSameEvents()
    {
        var random = new Random(11);
        var options = new Http1CodecOptions { EnableTrailers = true, MaxHeadersBytes = 400, MaxHeadersCount = 12 };
        for (var round = 0; round < 20_000; round++)
        {
            var isRequest = random.Next(2) == 0;
            var bytes = Message(random, isRequest);
            if (random.Next(2) == 0)
                Mutate(random, bytes);
            var array = bytes.ToArray();
            var whole = Run(isRequest, array, options, null);
            var size = 1 + random.Next(20);
            Assert.That(
                Run(isRequest, array, options, () => 1 + random.Next(size)), Is.EqualTo(whole), () => Encoding.Latin1.GetString(array));
        }
    }

    [Test]
    public void Decode_MutatedInput_NeverThrows()
    {
        var random = new Random(12);
        var headers = new HeaderMap();
        var trailers = new HeaderMap();
        var request = new Http1RequestDecoder(Http1CodecOptions.Request);
        var response = new Http1ResponseDecoder(Http1CodecOptions.Response);
        var refused = 0;
        for (var round = 0; round < 200_000; round++)
        {
            var isRequest = random.Next(2) == 0;
            var bytes = Message(random, isRequest);
            Mutate(random, bytes);
            Http1Decoder decoder = isRequest ? request : response;
            if (isRequest)
                request.Start(headers, trailers);
            else
                response.Start(headers, trailers, new Http1ResponseContext(random.Next(8) == 0, random.Next(8) == 0, random.Next(8) == 0));
            var rest = bytes.ToArray().AsSpan();
            while (true)
            {
                var step = decoder.Next(rest, out var consumed, out var offset, out var length);
                if (consumed < 0 || consumed > rest.Length || offset + length > consumed)
                    Assert.Fail("a range outside the input");
                rest = rest[consumed..];
                if (step is Http1Step.Error)
                    refused++;
                if (step is Http1Step.Error or Http1Step.MessageComplete or Http1Step.NeedMore)
                    break;
            }

            _ = decoder.OnEndOfStream();
        }

        Assert.That(refused, Is.InRange(20_000, 190_000), "mutations are neither all fatal nor all harmless");
    }

    [Test]
    public void Encode_WhatWasDecoded_DecodesToTheSame()
    {
        var random = new Random(13);
        for (var round = 0; round < 20_000; round++)
        {
            var isRequest = random.Next(2) == 0;
            var bytes = Message(random, isRequest).ToArray();
            var first = new HeaderMap();
            var body = Decode(isRequest, bytes, first);
            var encoded = Encode(isRequest, first, body);
            var second = new HeaderMap();
            var bodyAgain = Decode(isRequest, encoded, second);

            Assert.That(bodyAgain, Is.EqualTo(body));
            Assert.That(Sorted(second), Is.EqualTo(Sorted(first)), () => Encoding.Latin1.GetString(bytes));
        }
    }

    [Test]
    public void DecodeAndEncode_WarmBuffers_AllocateNothing()
    {
        var request = new Http1RequestDecoder(Http1CodecOptions.Request);
        var response = new Http1ResponseDecoder(Http1CodecOptions.Response);
        var headers = new HeaderMap();
        var trailers = new HeaderMap();
        var output = new byte[8192];
        var requestBytes = "GET /path?q=1 HTTP/1.1\r\nHost: example.com\r\nUser-Agent: test\r\nAccept: */*\r\nConnection: keep-alive\r\nX-Own: 1\r\n\r\n"u8.ToArray();
        var responseBytes = "HTTP/1.1 200 OK\r\nDate: today\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"u8.ToArray();

        void Exchange()
        {
            request.Start(headers, trailers);
            Drain(request, requestBytes);
            if (HopByHop.StripRequest(headers, isUpgrade: false) is not null)
                throw new InvalidOperationException();
            headers.Set(HeaderId.XRequestId, "0123456789abcdef"u8);
            _ = Http1Encoder.WriteRequestHead(headers, Http1Framing.ForRequest(headers, endStream: true), output);
            response.Start(headers, trailers, default);
            Drain(response, responseBytes);
            HopByHop.StripResponse(headers, isUpgrade: false);
            headers.Set(HeaderId.Server, "envoy"u8);
            _ = Http1Encoder.WriteResponseHead(headers, 200, Http1BodyFraming.Chunked, Http1Version.Http11, output);
            _ = Http1Encoder.WriteChunkHeader(3, output);

            // In pieces too.
            request.Start(headers, trailers);
            Drain(request, requestBytes.AsSpan(0, 30));
            Drain(request, requestBytes.AsSpan(30));
        }

        Exchange();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            Exchange();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static void Drain(Http1Decoder decoder, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var step = decoder.Next(bytes, out var consumed, out _, out _);
            bytes = bytes[consumed..];
            if (step == Http1Step.Error)
                throw new InvalidOperationException(decoder.Error!.Message);
            if (step is Http1Step.MessageComplete or Http1Step.NeedMore)
                return;
        }
    }

    private static string Run(bool isRequest, byte[] bytes, Http1CodecOptions options, Func<int>? pieces) => isRequest
        ? Http1Transcript.OfRequests(bytes, options, pieces)
        : Http1Transcript.OfResponse(bytes, default, options, pieces);

    private static string Decode(bool isRequest, byte[] bytes, HeaderMap headers)
    {
        Http1Decoder decoder;
        if (isRequest)
        {
            var request = new Http1RequestDecoder(Http1CodecOptions.Request);
            request.Start(headers, new HeaderMap());
            decoder = request;
        }
        else
        {
            var response = new Http1ResponseDecoder(Http1CodecOptions.Response);
            response.Start(headers, new HeaderMap(), default);
            decoder = response;
        }

        var body = new StringBuilder();
        var rest = bytes.AsSpan();
        while (true)
        {
            var step = decoder.Next(rest, out var consumed, out var offset, out var length);
            if (step == Http1Step.Data)
                body.Append(Encoding.Latin1.GetString(rest.Slice(offset, length)));
            rest = rest[consumed..];
            if (step == Http1Step.Error)
                throw new InvalidOperationException(decoder.Error!.Message + ": " + Encoding.Latin1.GetString(bytes));
            if (step is Http1Step.MessageComplete or Http1Step.NeedMore)
            {
                Assert.That(rest.Length, Is.Zero);
                return body.ToString();
            }
        }
    }

    private static byte[] Encode(bool isRequest, HeaderMap headers, string body)
    {
        var writer = new ArrayBufferWriter<byte>();
        Http1BodyFraming framing;
        if (isRequest)
        {
            framing = Http1Framing.ForRequest(headers, endStream: body.Length == 0 && !headers.Contains(HeaderId.TransferEncoding));
            Http1Encoder.WriteRequestHead(headers, framing, writer);
        }
        else
        {
            framing = Http1Framing.ForResponse(headers, 200, endStream: false, default, Http1Version.Http11);
            Http1Encoder.WriteResponseHead(headers, 200, framing, Http1Version.Http11, writer);
        }

        if (framing == Http1BodyFraming.Chunked)
        {
            if (body.Length > 0)
            {
                writer.Advance(Http1Encoder.WriteChunkHeader(body.Length, writer.GetSpan(Http1Encoder.MaxChunkHeaderSize)));
                writer.Write(Encoding.Latin1.GetBytes(body));
                writer.Write(Http1Encoder.ChunkEnd);
            }

            writer.Write(Http1Encoder.LastChunk);
        }
        else
        {
            writer.Write(Encoding.Latin1.GetBytes(body));
        }

        return writer.WrittenSpan.ToArray();
    }

    // Host moves to the front and the framing headers to the end; the rest keeps its order.
    private static string Sorted(HeaderMap headers)
    {
        var known = new List<string>();
        var other = new List<string>();
        foreach (var field in headers)
        {
            var text = Encoding.Latin1.GetString(field.Name) + "=" + Encoding.Latin1.GetString(field.Value).ToLowerInvariant();
            if (field.Id is HeaderId.Other or HeaderId.Cookie)
                other.Add(text);
            else if (field.Id != HeaderId.ContentLength || !field.Value.SequenceEqual("0"u8))
                known.Add(text);
        }

        known.Sort(StringComparer.Ordinal);
        return string.Join('\n', known) + "\n\n" + string.Join('\n', other);
    }

    private static List<byte> Message(Random random, bool isRequest)
    {
        var text = new StringBuilder();
        var isBodiless = false;
        if (isRequest)
        {
            string[] methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"];
            text.Append(methods[random.Next(methods.Length)]).Append(' ');
            text.Append("/" + new string('p', random.Next(30)) + (random.Next(2) == 0 ? "?q=" + random.Next() : ""));
            text.Append(" HTTP/1.1\r\n");
            isBodiless = random.Next(3) == 0;
        }
        else
        {
            text.Append("HTTP/1.1 200").Append(random.Next(3) == 0 ? "" : " OK fine").Append("\r\n");
        }

        var lines = new List<string>();
        if (isRequest)
            lines.Add("Host: example.com" + (random.Next(2) == 0 ? ":8080" : ""));
        for (var i = random.Next(6); i > 0; i--)
        {
            string[] names = ["X-A", "x-b", "Cookie", "Accept", "User-Agent", "X-Long-Name-Nobody-Knows"];
            var value = new string((char)('a' + random.Next(26)), random.Next(random.Next(10) == 0 ? 300 : 40));
            lines.Add(names[random.Next(names.Length)] + ":" + new string(' ', random.Next(3)) + value + (random.Next(4) == 0 ? " \t" : ""));
        }

        var body = new string((char)('A' + random.Next(26)), random.Next(50));
        if (!isBodiless && random.Next(2) == 0)
        {
            lines.Insert(random.Next(lines.Count + 1), "Transfer-Encoding: chunked");
            var at = 0;
            var chunked = new StringBuilder();
            while (at < body.Length)
            {
                var size = 1 + random.Next(body.Length - at);
                chunked.Append(size.ToString("x")).Append(random.Next(5) == 0 ? ";ext=\"v\"" : "").Append("\r\n")
                    .Append(body, at, size).Append("\r\n");
                at += size;
            }

            chunked.Append("0\r\n").Append(random.Next(4) == 0 ? "X-Trailer: t\r\n" : "").Append("\r\n");
            body = chunked.ToString();
        }
        else if (!isBodiless)
        {
            lines.Insert(random.Next(lines.Count + 1), "Content-Length: " + body.Length);
        }
        else
        {
            body = "";
        }

        foreach (var line in lines)
            text.Append(line).Append("\r\n");
        return [.. Encoding.Latin1.GetBytes(text.Append("\r\n").Append(body).ToString())];
    }

    private static void Mutate(Random random, List<byte> bytes)
    {
        for (var i = 1 + random.Next(3); i > 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.Latin1.GetBytes(Fragments[random.Next(Fragments.Length)]));
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(20)));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(20))));
                    break;
            }
        }
    }
}
