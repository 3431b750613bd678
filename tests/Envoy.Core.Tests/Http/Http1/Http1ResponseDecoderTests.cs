using Envoy.Http.Http1;

namespace Envoy.Core.Tests.Http.Http1;

public class Http1ResponseDecoderTests
{
    private static readonly Http1ResponseContext Get = new(IsHead: false, IsConnect: false, IsUpgrade: false);
    private static readonly Http1ResponseContext Head = new(IsHead: true, IsConnect: false, IsUpgrade: false);
    private static readonly Http1ResponseContext Connect = new(IsHead: false, IsConnect: true, IsUpgrade: false);
    private static readonly Http1ResponseContext Upgrade = new(IsHead: false, IsConnect: false, IsUpgrade: true);

    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "> :status=200 content-length=2 [1.1 keep length=2]\n| data hi\n.\nClean")]
    [TestCase("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "> :status=200 content-length=0 [1.1 keep length=0 end]\n.\nClean")]
    [TestCase("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "> :status=200 transfer-encoding=chunked [1.1 keep chunked]\n| data hi\n.\nClean")]
    [TestCase("HTTP/1.0 404 Not Found\u00e9\r\n\r\nhi", "> :status=404 [1.0 close until-close]\n| data hi\nComplete")]
    [TestCase("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n", "> :status=204 [1.1 keep length=0 end]\n.\nClean")]
    [TestCase("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nConnection: close\r\n\r\n", "> :status=304 content-length=9 connection=close [1.1 close length=9 end]\n.\nClean")]
    [TestCase("HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "~ :status=100 x=1 [1.1 keep]\n~ :status=103 [1.1 keep]\n> :status=200 content-length=0 [1.1 keep length=0 end]\n.\nClean")]
    [TestCase("HTTP/1.1 100 Continue\r\n\r\n", "~ :status=100 [1.1 keep]\nTruncated")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", "> :status=200 content-length=3 [1.1 keep length=3]\n| data hi\nTruncated")]
    [TestCase("HTTP/1.1 200 OK\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "> :status=200 host=x content-length=0 [1.1 keep length=0 end]\n.\nClean")]
    public void Next_ValidResponse_SaysWhatItIs(string bytes, string expected) => AssertAllCuts(bytes, expected, Get);

    [Test]
    public void Next_AnswerToHead_HasNoBody() =>
        AssertAllCuts("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "> :status=200 content-length=5 [1.1 keep length=5 end]\n.\nClean", Head);

    [Test]
    public void Next_ConnectGranted_IsATunnel() =>
        AssertAllCuts("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nxyz", "> :status=200 [1.1 keep length=5 tunnel]\n| data xyz\nComplete", Connect);

    [Test]
    public void Next_ConnectRefused_HasABody() =>
        AssertAllCuts("HTTP/1.1 403 No\r\nContent-Length: 1\r\n\r\nx", "> :status=403 content-length=1 [1.1 keep length=1]\n| data x\n.\nClean", Connect);

    [Test]
    public void Next_UpgradeGranted_IsATunnel() =>
        AssertAllCuts(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nxyz",
            "> :status=101 connection=Upgrade upgrade=x [1.1 keep tunnel]\n| data xyz\nComplete", Upgrade);

    [TestCase("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "http1.codec_error: 101")]
    [TestCase("HTTP/1.1 99 X\r\n\r\n", "http1.codec_error: the status line")]
    [TestCase("HTTP/1.1 2000 X\r\n\r\n", "http1.codec_error: the status line")]
    [TestCase("HTTP/1.1  200 OK\r\n\r\n", "http1.codec_error: the status line")]
    [TestCase("HTTP/1.1 099 OK\r\n\r\n", "http1.codec_error: the status line")]
    [TestCase("HTTP/1.1\r\n\r\n", "http1.codec_error: the status line")]
    [TestCase("HTTP/2.0 200 OK\r\n\r\n", "http1.codec_error: the version")]
    [TestCase("\r\nHTTP/1.1 200 OK\r\n\r\n", "http1.codec_error: empty lines")]
    [TestCase("HTTP/1.1 200 OK\0\r\n\r\n", "http1.codec_error: the first line")]
    [TestCase("HTTP/1.1 200 OK\n\r\n", "http1.codec_error: a line ends")]
    [TestCase("HTTP/1.1 204 X\r\nContent-Length: 1\r\n\r\n", "http1.content_length_not_allowed")]
    [TestCase("HTTP/1.1 100 X\r\nTransfer-Encoding: chunked\r\n\r\n", "http1.transfer_encoding_not_allowed")]
    [TestCase("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", "http1.content_length_and_chunked_not_allowed")]
    [TestCase("HTTP/1.1 200 X\r\nTransfer-Encoding: gzip\r\n\r\n", "http1.invalid_transfer_encoding")]
    [TestCase("HTTP/1.0 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", "http1.invalid_transfer_encoding")]
    [TestCase("HTTP/1.1 200 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "http1.codec_error: Content-Length is given more than once")]
    public void Next_InvalidResponse_IsRefused(string bytes, string expected) =>
        Assert.That(AssertAllCuts(bytes, null, Get), Does.StartWith("! ").And.Contain(expected));

    private static string AssertAllCuts(string bytes, string? expected, Http1ResponseContext context)
    {
        var whole = Http1Transcript.OfResponse(bytes, context);
        if (expected is not null)
            Assert.That(whole, Is.EqualTo(expected));
        Assert.That(Http1Transcript.OfResponse(bytes, context, null, () => 1), Is.EqualTo(whole), "byte by byte");
        return whole;
    }
}
