using System.Buffers;
using System.Text;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.Core.Tests.Http.Http1;

public class Http1EncoderTests
{
    [TestCase("GET", true, "GET /p HTTP/1.1\r\nhost: a\r\nx: 1\r\n\r\n")]
    [TestCase("POST", true, "POST /p HTTP/1.1\r\nhost: a\r\nx: 1\r\ncontent-length: 0\r\n\r\n")]
    [TestCase("POST", false, "POST /p HTTP/1.1\r\nhost: a\r\nx: 1\r\ntransfer-encoding: chunked\r\n\r\n")]
    [TestCase("GET", false, "GET /p HTTP/1.1\r\nhost: a\r\nx: 1\r\ntransfer-encoding: chunked\r\n\r\n")]
    [TestCase("CONNECT", false, "CONNECT a HTTP/1.1\r\nhost: a\r\nx: 1\r\n\r\n")]
    public void WriteRequestHead_Message_IsFramed(string method, bool endStream, string expected)
    {
        var headers = Map((":method", method), (":path", "/p"), (":scheme", "http"), ("x", "1"), (":authority", "a"), ("host", "ignored"));
        Assert.That(Request(headers, Http1Framing.ForRequest(headers, endStream)), Is.EqualTo(expected));
    }

    [Test]
    public void WriteRequestHead_ContentLength_IsKept()
    {
        var headers = Map((":method", "PUT"), (":path", "/"), ("content-length", "5"), ("transfer-encoding", "chunked"));
        Assert.That(
            Request(headers, Http1Framing.ForRequest(headers, endStream: false)), Is.EqualTo("PUT / HTTP/1.1\r\ncontent-length: 5\r\n\r\n"));
    }

    [Test]
    public void WriteRequestHead_LargeHead_GoesThroughAWriterOfSmallPieces()
    {
        var headers = Map((":method", "GET"), (":path", "/"), ("x-large", new string('x', 50_000)));
        var writer = new ArrayBufferWriter<byte>();
        Http1Encoder.WriteRequestHead(headers, Http1BodyFraming.None, writer);
        Assert.That(
            Encoding.ASCII.GetString(writer.WrittenSpan), Is.EqualTo("GET / HTTP/1.1\r\nx-large: " + new string('x', 50_000) + "\r\n\r\n"));
    }

    [Test]
    public void MaxSize_OfLongParts_IsEnough()
    {
        var authority = new string('a', 1000);
        foreach (var method in (string[])["CONNECT", "OPTIONS"])
        {
            var headers = Map((":method", method), (":path", "/" + authority), (":authority", authority));
            var output = new byte[Http1Encoder.MaxSize(headers)];
            Assert.That(Http1Encoder.WriteRequestHead(headers, Http1BodyFraming.Chunked, output), Is.GreaterThan(2000));
        }
    }

    [TestCase(200, false, false, false, "HTTP/1.1 200 OK\r\nx: 1\r\ntransfer-encoding: chunked\r\n\r\n")]
    [TestCase(200, true, false, false, "HTTP/1.1 200 OK\r\nx: 1\r\ncontent-length: 0\r\n\r\n")]
    [TestCase(404, false, false, true, "HTTP/1.0 404 Not Found\r\nx: 1\r\n\r\n")]
    [TestCase(200, true, true, false, "HTTP/1.1 200 OK\r\nx: 1\r\ntransfer-encoding: chunked\r\n\r\n")]
    [TestCase(204, true, false, false, "HTTP/1.1 204 No Content\r\nx: 1\r\n\r\n")]
    [TestCase(304, true, false, false, "HTTP/1.1 304 Not Modified\r\nx: 1\r\n\r\n")]
    [TestCase(100, false, false, false, "HTTP/1.1 100 Continue\r\nx: 1\r\n\r\n")]
    [TestCase(101, false, false, false, "HTTP/1.1 101 Switching Protocols\r\nx: 1\r\n\r\n")]
    [TestCase(799, true, false, false, "HTTP/1.1 799 Unknown\r\nx: 1\r\ncontent-length: 0\r\n\r\n")]
    public void WriteResponseHead_Message_IsFramed(int status, bool endStream, bool isHead, bool isHttp10, string expected)
    {
        var version = isHttp10 ? Http1Version.Http10 : Http1Version.Http11;
        var headers = Map((":status", "0"), ("x", "1"));
        var framing = Http1Framing.ForResponse(headers, status, endStream, new Http1ResponseContext(isHead, false, false), version);
        Assert.That(Response(headers, status, framing, version), Is.EqualTo(expected));
    }

    [TestCase(200, "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n")]
    [TestCase(304, "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n")]
    [TestCase(204, "HTTP/1.1 204 No Content\r\n\r\n")]
    public void WriteResponseHead_ContentLength_StaysWhereItMay(int status, string expected)
    {
        var headers = Map(("content-length", "7"));
        var framing = Http1Framing.ForResponse(headers, status, endStream: true, default, Http1Version.Http11);
        Assert.That(Response(headers, status, framing, Http1Version.Http11), Is.EqualTo(expected));
    }

    [Test]
    public void ForResponse_ConnectGranted_IsATunnel() =>
        Assert.That(
            Http1Framing.ForResponse(new HeaderMap(), 200, false, new Http1ResponseContext(false, true, false), Http1Version.Http11),
            Is.EqualTo(Http1BodyFraming.Tunnel));

    [TestCase(1, "1\r\n")]
    [TestCase(15, "f\r\n")]
    [TestCase(16, "10\r\n")]
    [TestCase(0xabcdef, "abcdef\r\n")]
    [TestCase(long.MaxValue, "7fffffffffffffff\r\n")]
    public void WriteChunkHeader_Length_IsHexadecimal(long length, string expected)
    {
        Span<byte> output = stackalloc byte[Http1Encoder.MaxChunkHeaderSize];
        var written = Http1Encoder.WriteChunkHeader(length, output);
        Assert.That(Encoding.ASCII.GetString(output[..written]), Is.EqualTo(expected));
    }

    [Test]
    public void WriteChunkHeader_Zero_Throws() =>
        Assert.That(() => Http1Encoder.WriteChunkHeader(0, new byte[20]), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void WriteLastChunk_Trailers_AreWritten()
    {
        var trailers = Map(("grpc-status", "0"), ("x", "1"), ("content-length", "5"));
        var output = new byte[Http1Encoder.MaxSize(trailers)];
        var written = Http1Encoder.WriteLastChunk(trailers, output);
        Assert.That(Encoding.ASCII.GetString(output, 0, written), Is.EqualTo("0\r\ngrpc-status: 0\r\nx: 1\r\n\r\n"));
    }

    private static HeaderMap Map(params (string Name, string Value)[] headers)
    {
        var map = new HeaderMap();
        foreach (var (name, value) in headers)
            map.Add(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
        return map;
    }

    private static string Request(HeaderMap headers, Http1BodyFraming framing)
    {
        var writer = new ArrayBufferWriter<byte>();
        Http1Encoder.WriteRequestHead(headers, framing, writer);
        return Encoding.ASCII.GetString(writer.WrittenSpan);
    }

    private static string Response(HeaderMap headers, int status, Http1BodyFraming framing, Http1Version version)
    {
        var writer = new ArrayBufferWriter<byte>();
        Http1Encoder.WriteResponseHead(headers, status, framing, version, writer);
        return Encoding.ASCII.GetString(writer.WrittenSpan);
    }
}
