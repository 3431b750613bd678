using System.Text;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.Core.Tests.Http.Http1;

public class Http1RequestDecoderTests
{
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "> :method=GET :path=/ :authority=a [1.1 keep end]\n.\nClean")]
    [TestCase("GET /p?q=1 HTTP/1.1\r\nHOST:A:80\r\nX-Y:\t v \t\r\n\r\n", "> :method=GET :path=/p?q=1 :authority=A:80 x-y=v [1.1 keep end]\n.\nClean")]
    [TestCase("GET / HTTP/1.1\r\n\r\n", "> :method=GET :path=/ [1.1 keep end]\n.\nClean", TestName = "Missing Host is left to the connection manager")]
    [TestCase("GET / HTTP/1.0\r\n\r\n", "> :method=GET :path=/ [1.0 close end]\n.\nClean")]
    [TestCase("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "> :method=GET :path=/ connection=Keep-Alive [1.0 keep end]\n.\nClean")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", "> :method=GET :path=/ :authority=a connection=x, CLOSE [1.1 close end]\n.\nClean")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n", "> :method=GET :path=/ :authority=a proxy-connection=close [1.1 close end]\n.\nClean")]
    [TestCase("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "> :method=GET :path=/ :authority=a [1.1 keep end]\n.\nClean")]
    [TestCase("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "> :method=OPTIONS :path=* :authority=a [1.1 keep end]\n.\nClean")]
    [TestCase("GET HTTP://b:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n", "> :method=GET :path=/x?y :authority=b:81 :scheme=http [1.1 keep end]\n.\nClean")]
    [TestCase("GET https://b HTTP/1.1\r\nHost: a\r\n\r\n", "> :method=GET :path=/ :authority=b :scheme=https [1.1 keep end]\n.\nClean")]
    [TestCase("GET http://b?x=/ HTTP/1.1\r\nHost: a\r\n\r\n", "> :method=GET :path=/?x=/ :authority=b :scheme=http [1.1 keep end]\n.\nClean")]
    [TestCase("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "> :method=GET :path=/ :authority=[::1]:8080 [1.1 keep end]\n.\nClean")]
    [TestCase("CONNECT a:443 HTTP/1.1\r\nHost: b\r\ncontent-length: 0\r\n\r\nxyz", "> :method=CONNECT :authority=a:443 [1.1 keep length=0 tunnel]\n| data xyz\nComplete")]
    [TestCase("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET", "> :method=PUT :path=/ :authority=a content-length=3 [1.1 keep length=3]\n| data abc\n.\nTruncated")]
    [TestCase("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "> :method=PUT :path=/ :authority=a content-length=0 [1.1 keep length=0 end]\n.\nClean")]
    [TestCase("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\nExpect: 100-Continue\r\n\r\n", "> :method=PUT :path=/ :authority=a content-length=9223372036854775807 expect=100-Continue [1.1 keep length=9223372036854775807 expects-continue]\nTruncated")]
    [TestCase("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na", "> :method=PUT :path=/ expect=100-continue content-length=1 [1.0 close length=1]\n| data a\n.\nClean")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n", "> :method=GET :path=/ :authority=a connection=keep-alive, Upgrade upgrade=websocket [1.1 keep end upgrade]\n.\nClean")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "> :method=GET :path=/ :authority=a connection=Upgrade upgrade=h2c [1.1 keep end]\n.\nClean")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", "> :method=GET :path=/ :authority=a upgrade=websocket [1.1 keep end]\n.\nClean")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nX: \u00e9\r\nY:\r\n\r\n", "> :method=GET :path=/ :authority=a x=\u00e9 y= [1.1 keep end]\n.\nClean")]
    [TestCase("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET", "> :method=GET :path=/1 :authority=a [1.1 keep end]\n.\n> :method=GET :path=/2 :authority=a [1.1 keep end]\n.\nTruncated")]
    public void Next_ValidRequest_SaysWhatItIs(string bytes, string expected) => AssertAllCuts(bytes, expected);

    [TestCase("3\r\nabc\r\nA;n=v\r\n0123456789\r\n0\r\n\r\n", "| data abc0123456789\n.\nClean")]
    [TestCase("00003;a ;b\t=\t\"q\\\" \u00e9\";c\r\nabc\r\n0;x\r\n\r\n", "| data abc\n.\nClean")]
    [TestCase("1\r\na\r\n0\r\nX-T: v\r\n\r\n", "| data a\n.\nClean", TestName = "Trailers are dropped by default")]
    [TestCase("7fffffffffffffff\r\nab", "| data ab\nTruncated")]
    [TestCase("1\r\na\r\n0\r\n", "| data a\nTruncated")]
    public void Next_ChunkedBody_IsDecoded(string body, string expected) =>
        AssertAllCuts("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n" + body,
            "> :method=POST :path=/ :authority=a transfer-encoding=CHUNKED [1.1 keep chunked]\n" + expected);

    [TestCase("\r\n", "a chunk size")]
    [TestCase("g\r\n", "a chunk size")]
    [TestCase("-1\r\n", "a chunk size")]
    [TestCase("0x1\r\n", "a chunk size")]
    [TestCase(" 1\r\n", "a chunk size")]
    [TestCase("1 \r\n", "a chunk size")]
    [TestCase("8000000000000000\r\n", "a chunk size")]
    [TestCase("00000000000000001\r\n", "a chunk size")]
    [TestCase("1\n", "a line ends with LF")]
    [TestCase("1\rX", "a CR is not")]
    [TestCase("1\r\nabc", "a chunk's data")]
    [TestCase("1\r\na\n0\r\n\r\n", "a chunk's data")]
    [TestCase("1;\r\n", "a chunk extension")]
    [TestCase("1;;a\r\n", "a chunk extension")]
    [TestCase("1;a\n", "a line ends with LF")]
    [TestCase("1;a\0\r\n", "a chunk extension")]
    [TestCase("1;a=\r\n", "a chunk extension")]
    [TestCase("1;a \r\n", "a chunk extension")]
    [TestCase("1;a=\"b\r\n", "a chunk extension")]
    [TestCase("1;a=b=c\r\n", "a chunk extension")]
    [TestCase("0\r\nBad Name: x\r\n\r\n", "a header name")]
    [TestCase("0\r\nContent-Length: 5\r\n\r\n", "a trailer names")]
    [TestCase("0\r\nTransfer-Encoding: chunked\r\n\r\n", "a trailer names")]
    [TestCase("0\r\nHost: b\r\n\r\n", "a trailer names")]
    [TestCase("0\r\nX: a\n\r\n", "a line ends with LF")]
    public void Next_InvalidChunk_IsRefused(string body, string message)
    {
        var text = AssertAllCuts("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body, null);
        Assert.That(text, Does.Contain("! 400 http1.codec_error: " + message));
    }

    [Test]
    public void Next_EndlessChunkExtension_IsRefused()
    {
        var text = Http1Transcript.OfRequests(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + new string('a', 20_000));
        Assert.That(text, Does.EndWith("a chunk extension is malformed"));
    }

    [Test]
    public void Next_TrailersEnabled_HandsThemOut() =>
        AssertAllCuts(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-One: 1\r\nx-two:2\r\n\r\n",
            "> :method=POST :path=/ :authority=a transfer-encoding=chunked [1.1 keep chunked]\n| data a\n> trailers x-one=1 x-two=2\n.\nClean",
            new Http1CodecOptions { EnableTrailers = true });

    [TestCase("GET / HTTP/1.1\nHost: a\n\n", "400 http1.codec_error: a line ends with LF alone")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\n\r\n", "400 http1.codec_error: a line ends with LF alone")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "400 http1.codec_error: a CR is not followed by LF")]
    [TestCase("GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", "400 http1.codec_error: a CR is not followed by LF")]
    [TestCase("GET / HTTP/1.1\rHost: a\r\n\r\n", "400 http1.codec_error: a CR is not followed by LF")]
    [TestCase("GET  / HTTP/1.1\r\n\r\n", "400 http1.codec_error: the request line")]
    [TestCase("GET /  HTTP/1.1\r\n\r\n", "400 http1.codec_error: the request line")]
    [TestCase("GET /a b HTTP/1.1\r\n\r\n", "400 http1.codec_error: the request line")]
    [TestCase("GET /\tHTTP/1.1\r\n\r\n", "400 http1.codec_error: the request line")]
    [TestCase(" GET / HTTP/1.1\r\n\r\n", "400 http1.codec_error: the request line")]
    [TestCase("GET /\u00e9 HTTP/1.1\r\n\r\n", "400 http1.codec_error: the request line")]
    [TestCase("GET /\0 HTTP/1.1\r\n\r\n", "400 http1.codec_error: the first line")]
    [TestCase("GET /\r\n\r\n", "400 http1.codec_error: the request line")]
    [TestCase("\x16\x03\x01\x02", "400 http1.codec_error: the first line")]
    [TestCase("get / HTTP/1.1\r\n\r\n", "400 http1.codec_error: the method")]
    [TestCase("BREW / HTTP/1.1\r\n\r\n", "400 http1.codec_error: the method")]
    [TestCase("GET / http/1.1\r\n\r\n", "400 http1.codec_error: the version")]
    [TestCase("GET / HTTP/11\r\n\r\n", "400 http1.codec_error: the request line")]
    [TestCase("GET / HTTP/1.2\r\n\r\n", "426 low_version")]
    [TestCase("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "426 low_version")]
    [TestCase("GET /#x HTTP/1.1\r\n\r\n", "400 http1.invalid_url")]
    [TestCase("GET * HTTP/1.1\r\n\r\n", "400 http1.invalid_url")]
    [TestCase("GET a/b HTTP/1.1\r\n\r\n", "400 http1.codec_error: the target")]
    [TestCase("GET http:///a HTTP/1.1\r\n\r\n", "400 http1.invalid_url")]
    [TestCase("GET http://u@b/ HTTP/1.1\r\n\r\n", "400 http1.invalid_url")]
    [TestCase("GET http://b:99999/ HTTP/1.1\r\n\r\n", "400 http1.invalid_url")]
    [TestCase("GET ftp://b/ HTTP/1.1\r\n\r\n", "400 http1.invalid_scheme")]
    [TestCase("GET http://b/ HTTP/1.1\r\n\r\n", "400 missing_host_header")]
    [TestCase("CONNECT / HTTP/1.1\r\n\r\n", "400 http1.invalid_url")]
    [TestCase("CONNECT a HTTP/1.1\r\n\r\n", "400 http1.invalid_url")]
    [TestCase("CONNECT a: HTTP/1.1\r\n\r\n", "400 http1.invalid_url")]
    [TestCase("CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", "400 http1.body_disallowed")]
    [TestCase("CONNECT a:1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "501 http1.invalid_transfer_encoding")]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400 http1.codec_error: there is more than one Host")]
    [TestCase("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 http.invalid_authority")]
    [TestCase("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 http.invalid_authority")]
    [TestCase("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "400 http.invalid_authority")]
    [TestCase("GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", "400 http.invalid_authority")]
    [TestCase("GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n", "400 http.invalid_authority")]
    [TestCase("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400 http.invalid_authority")]
    [TestCase("GET / HTTP/1.1\r\nHost:\r\n\r\n", "400 http.invalid_authority")]
    [TestCase("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 http1.codec_error: a header line begins with white space")]
    [TestCase("GET / HTTP/1.1\r\nX: a\r\n\tb\r\n\r\n", "400 http1.codec_error: a header line begins with white space")]
    [TestCase("GET / HTTP/1.1\r\nX : a\r\n\r\n", "400 http1.codec_error: a header name")]
    [TestCase("GET / HTTP/1.1\r\n: a\r\n\r\n", "400 http1.codec_error: a header name")]
    [TestCase("GET / HTTP/1.1\r\nX\r\n\r\n", "400 http1.codec_error: a header name")]
    [TestCase("GET / HTTP/1.1\r\nX\u00e9: a\r\n\r\n", "400 http1.codec_error: a header name")]
    [TestCase("GET / HTTP/1.1\r\n:path: /\r\n\r\n", "400 http1.codec_error: a header name")]
    [TestCase("GET / HTTP/1.1\r\nX: a\0\r\n\r\n", "400 http1.invalid_characters")]
    [TestCase("GET / HTTP/1.1\r\nX: \x7f\r\n\r\n", "400 http1.invalid_characters")]
    [TestCase("GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "400 http1.codec_error: Content-Length")]
    [TestCase("GET / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n", "400 http1.codec_error: Content-Length")]
    [TestCase("GET / HTTP/1.1\r\nContent-Length: \r\n\r\n", "400 http1.codec_error: Content-Length")]
    [TestCase("GET / HTTP/1.1\r\nContent-Length: 1 1\r\n\r\n", "400 http1.codec_error: Content-Length")]
    [TestCase("GET / HTTP/1.1\r\nContent-Length: 9223372036854775808\r\n\r\n", "400 http1.codec_error: Content-Length")]
    [TestCase("GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", "400 http1.codec_error: Content-Length is given more than once")]
    [TestCase("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "400 http1.codec_error: Content-Length is given more than once")]
    [TestCase("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400 http1.content_length_and_chunked_not_allowed")]
    [TestCase("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\n", "400 http1.content_length_and_chunked_not_allowed")]
    [TestCase("GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501 http1.invalid_transfer_encoding")]
    [TestCase("GET / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", "501 http1.invalid_transfer_encoding")]
    [TestCase("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "501 http1.invalid_transfer_encoding")]
    [TestCase("GET / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n", "501 http1.invalid_transfer_encoding")]
    [TestCase("GET / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n", "501 http1.invalid_transfer_encoding")]
    [TestCase("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400 http1.invalid_transfer_encoding")]
    [TestCase("\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", "400 http1.codec_error: empty lines")]
    public void Next_InvalidRequest_IsRefused(string bytes, string expected) =>
        Assert.That(AssertAllCuts(bytes, null), Does.Contain("! " + expected));

    [Test]
    public void Next_HeadAboveTheLimit_IsTooLarge()
    {
        var options = new Http1CodecOptions { MaxHeadersBytes = 100 };
        var head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        var fits = head + new string('x', 100 - head.Length - 4) + "\r\n\r\n";
        Assert.That(AssertAllCuts(fits, null, options), Does.EndWith("Clean"));
        var over = head + new string('x', 100 - head.Length - 3) + "\r\n\r\n";
        Assert.That(AssertAllCuts(over, null, options), Does.StartWith("! 431 http1.headers_too_large"));
        Assert.That(AssertAllCuts("GET /" + new string('x', 200), null, options), Does.StartWith("! 431 http1.headers_too_large"));
    }

    [Test]
    public void Next_HeadersAboveTheCount_AreTooMany()
    {
        var options = new Http1CodecOptions { MaxHeadersCount = 2 };
        Assert.That(AssertAllCuts("GET / HTTP/1.1\r\nHost: a\r\nB: b\r\n\r\n", null, options), Does.EndWith("Clean"));
        Assert.That(AssertAllCuts("GET / HTTP/1.1\r\nHost: a\r\nB: b\r\nC: c\r\n\r\n", null, options), Does.StartWith("! 431 http1.too_many_headers"));
    }

    [Test]
    public void Next_TrailersAboveTheLimits_AreRefused()
    {
        const string Head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
        var options = new Http1CodecOptions { MaxHeadersBytes = 100, MaxHeadersCount = 3 };
        Assert.That(AssertAllCuts(Head + "X: " + new string('x', 100) + "\r\n\r\n", null, options), Does.Contain("! 431 http1.headers_too_large"));
        Assert.That(AssertAllCuts(Head + "A: a\r\nB: a\r\nC: a\r\nD: a\r\n\r\n", null, options), Does.Contain("! 431 http1.too_many_headers"));
    }

    [Test]
    public void Next_CustomMethodAllowed_IsTaken() =>
        AssertAllCuts(
            "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "> :method=BREW :path=/ :authority=a [1.1 keep end]\n.\nClean",
            new Http1CodecOptions { AllowCustomMethods = true });

    [Test]
    public void Next_AfterAnError_SaysTheSameAgain()
    {
        var decoder = new Http1RequestDecoder(Http1CodecOptions.Request);
        decoder.Start(new HeaderMap(), new HeaderMap());
        Assert.That(decoder.Next("X\n"u8, out _, out _, out _), Is.EqualTo(Http1Step.Error));
        Assert.That(decoder.Next("GET / HTTP/1.1\r\n\r\n"u8, out var consumed, out _, out _), Is.EqualTo(Http1Step.Error));
        Assert.That(consumed, Is.Zero);
        Assert.That(decoder.OnEndOfStream(), Is.EqualTo(Http1EndOfStream.Truncated));
    }

    [Test]
    public void Next_BeforeStart_Throws() =>
        Assert.That(() => new Http1RequestDecoder(Http1CodecOptions.Request).Next(default, out _, out _, out _), Throws.InvalidOperationException);

    [Test]
    public void BecomeTunnel_AfterHeaders_PassesBytesOn()
    {
        var decoder = new Http1RequestDecoder(Http1CodecOptions.Request);
        decoder.Start(new HeaderMap(), new HeaderMap());
        decoder.Next("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"u8, out _, out _, out _);
        Assert.That(decoder.RequestsUpgrade);
        decoder.BecomeTunnel();
        Assert.That(decoder.Next("raw"u8, out _, out _, out var length), Is.EqualTo(Http1Step.Data));
        Assert.That(length, Is.EqualTo(3));
    }

    [Test]
    public void InMessage_FollowsTheMessage()
    {
        var decoder = new Http1RequestDecoder(Http1CodecOptions.Request);
        Assert.That(decoder.InMessage, Is.False);
        decoder.Start(new HeaderMap(), new HeaderMap());
        Assert.That(decoder.InMessage, Is.False);
        decoder.Next("G"u8, out _, out _, out _);
        Assert.That(decoder.InMessage, Is.True);
        decoder.Next("ET / HTTP/1.1\r\nHost: a\r\n\r\n"u8, out _, out _, out _);
        Assert.That(decoder.EndsWithHeaders, Is.True);
        Assert.That(decoder.InMessage, Is.False);
        decoder.Stop();
        Assert.That(decoder.OnEndOfStream(), Is.EqualTo(Http1EndOfStream.Clean));
    }

    private static string AssertAllCuts(string bytes, string? expected, Http1CodecOptions? options = null)
    {
        var whole = Http1Transcript.OfRequests(bytes, options);
        if (expected is not null)
            Assert.That(whole, Is.EqualTo(expected));
        Assert.That(Http1Transcript.OfRequests(bytes, options, () => 1), Is.EqualTo(whole), "byte by byte");
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var first = true;
            var at = cut;
            Assert.That(
                Http1Transcript.OfRequests(bytes, options, () => first ? Once() : int.MaxValue), Is.EqualTo(whole), $"cut at {cut}");

            int Once()
            {
                first = false;
                return at;
            }
        }

        return whole;
    }
}
