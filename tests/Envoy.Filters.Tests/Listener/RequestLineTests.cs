using System.Text;
using Envoy.Filters.Listener.HttpInspector;

namespace Envoy.Filters.Tests.Listener;

/// <summary>What a connection speaks shows in its first line, and what is no HTTP is not waited for.</summary>
public sealed class RequestLineTests
{
    [TestCase("GET / HTTP/1.1\r\n", "http/1.1")]
    [TestCase("GET / HTTP/1.1\nhost: a", "http/1.1", Description = "a bare line feed ends a line")]
    [TestCase("GET / HTTP/1.0\r\n", "http/1.0")]
    [TestCase("GET / HTTP/0.9\r\n", "http/1.0", Description = "all that is not 1.1 is 1.0, as in Envoy")]
    [TestCase("M-SEARCH * HTTP/1.1\r\n", "http/1.1", Description = "any token is a method")]
    [TestCase("OPTIONS http://a/b?c HTTP/1.1\r\n", "http/1.1")]
    [TestCase("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nframes", "h2c")]
    public void TryReadProtocol_Http_IsFoundOnceTheLineIsWhole(string text, string protocol)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        Assert.That((RequestLine.TryReadProtocol(bytes, out var found), found), Is.EqualTo(((bool?)true, protocol)));
        var end = protocol == "h2c" ? 24 : text.IndexOf('\n', StringComparison.Ordinal) + 1;
        for (var i = 0; i < end; i++)
            Assert.That(RequestLine.TryReadProtocol(bytes.AsSpan(0, i), out _), Is.Null, $"{i} of {end} bytes");
    }

    [TestCase("\r\nGET / HTTP/1.1\r\n")]
    [TestCase("\u0016\u0003\u0001")]
    [TestCase("GET")]
    [TestCase("GET /\r\n", Description = "no version")]
    [TestCase("GET / HTTP/1.1 x\r\n")]
    [TestCase("GET / HTTPS/1.1\r\n")]
    [TestCase("GET  HTTP/1.1\r\n")]
    [TestCase(" / HTTP/1.1\r\n")]
    [TestCase("G\u00e9T")]
    public void TryReadProtocol_SomethingElse_IsNone(string text) => Assert.That(
        RequestLine.TryReadProtocol(Encoding.Latin1.GetBytes(text), out _), text == "GET" ? Is.Null : Is.False);
}
