using System.Text;
using Envoy.Http.Headers;
using Envoy.Http.Http1;

namespace Envoy.Core.Tests.Http.Http1;

public class HopByHopTests
{
    [TestCase("connection=close x=1", "x=1")]
    [TestCase("connection=X-A,keep-alive x-a=1 x-b=2 keep-alive=timeout=5 proxy-connection=close", "x-b=2")]
    [TestCase("connection=x-a connection=x-b x-a=1 x-b=2 x-a=3 x-c=4", "x-c=4")]
    [TestCase("connection=upgrade,http2-settings upgrade=h2c http2-settings=AA x=1", "x=1")]
    [TestCase("transfer-encoding=chunked te=gzip x=1", "x=1")]
    [TestCase("te=gzip,trailers x=1", "te=trailers x=1")]
    [TestCase("te=gzip te=Trailers", "te=trailers")]
    [TestCase("connection=te te=trailers,gzip", "te=trailers")]
    [TestCase("connection=te te=gzip", "")]
    [TestCase("connection=connection x=1", "x=1")]
    public void StripRequest_Headers_LosesThoseOfTheConnection(string headers, string expected)
    {
        var map = Parse(headers);
        Assert.That(HopByHop.StripRequest(map, isUpgrade: false), Is.Null);
        Assert.That(Http1Transcript.Text(map), Is.EqualTo(expected));
    }

    [TestCase("connection=a,b,c,d,e,f,g,h,i,j")]
    [TestCase("connection=X-Forwarded-For")]
    [TestCase("connection=x-forwarded-host")]
    [TestCase("connection=close connection=x-forwarded-proto")]
    [TestCase("connection=host")]
    [TestCase("connection=:path")]
    public void StripRequest_AbusiveConnection_IsRefused(string headers) =>
        Assert.That(
            HopByHop.StripRequest(Parse(headers), isUpgrade: false),
            Has.Property("Details").EqualTo("http1.connection_header_rejected").And.Property("HttpStatus").EqualTo(400));

    [Test]
    public void StripRequest_LongTeNominated_IsRefused()
    {
        var map = Parse("connection=te");
        map.Add("te", new string('x', 256));
        Assert.That(HopByHop.StripRequest(map, isUpgrade: false), Is.Not.Null);
    }

    [Test]
    public void StripRequest_Upgrade_KeepsWhatAsksForIt()
    {
        var map = Parse("connection=upgrade upgrade=websocket keep-alive=1 x=1");
        Assert.That(HopByHop.StripRequest(map, isUpgrade: true), Is.Null);
        Assert.That(Http1Transcript.Text(map), Is.EqualTo("connection=upgrade upgrade=websocket x=1"));
    }

    [TestCase("connection=keep-alive,x-a,content-length x-a=1 content-length=5 keep-alive=9 transfer-encoding=chunked", "content-length=5")]
    [TestCase("upgrade=h2c server=x", "server=x")]
    [TestCase("server=x", "server=x")]
    public void StripResponse_Headers_LosesThoseOfTheConnection(string headers, string expected)
    {
        var map = Parse(headers);
        HopByHop.StripResponse(map, isUpgrade: false);
        Assert.That(Http1Transcript.Text(map), Is.EqualTo(expected));
    }

    [Test]
    public void StripResponse_Upgrade_KeepsWhatGrantsIt()
    {
        var map = Parse("connection=upgrade upgrade=websocket");
        HopByHop.StripResponse(map, isUpgrade: true);
        Assert.That(Http1Transcript.Text(map), Is.EqualTo("connection=upgrade upgrade=websocket"));
    }

    private static HeaderMap Parse(string headers)
    {
        var map = new HeaderMap();
        foreach (var header in headers.Split(' '))
        {
            var mark = header.IndexOf('=', StringComparison.Ordinal);
            map.Add(Encoding.ASCII.GetBytes(header[..mark]), Encoding.ASCII.GetBytes(header[(mark + 1)..]));
        }

        return map;
    }
}
