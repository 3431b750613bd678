using Envoy.ConnectionManager;
using Envoy.Http.Http1;
using Envoy.Integration.Tests.Support;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Who a client is, whether it is one of us, and what its peculiarities are.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class ClientOptionsTests(EngineKind engine) : HttpFixture(engine)
{
    private static readonly InternalAddressConfig Loopback = new() { CidrRanges = [new CidrRangeConfig("127.0.0.1", 8), new CidrRangeConfig("10.0.0.0", 8)] };

    [TestCase(true, "", true, TestName = "Internal_AtTheEdge_ByTheConnection")]
    [TestCase(true, "x-forwarded-for: 10.1.1.1\r\n", false, TestName = "Internal_AtTheEdge_NotBehindSomebody")]
    [TestCase(false, "x-forwarded-for: 10.1.1.1\r\n", true, TestName = "Internal_BehindUs_ByTheOnlyAddress")]
    [TestCase(false, "x-forwarded-for: 192.0.2.1\r\n", false, TestName = "Internal_BehindUs_NotByAnAddressOutside")]
    [TestCase(false, "x-forwarded-for: 192.0.2.1, 10.1.1.1\r\n", false, TestName = "Internal_BehindUs_NotByOneOfTwo")]
    [TestCase(false, "", false, TestName = "Internal_WithoutAnyAddress_IsNobody")]
    public async Task Internal(bool edge, string headers, bool isInternal)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { UseRemoteAddress = edge, InternalAddresses = Loopback }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\n{headers}x-envoy-internal: no\r\nx-envoy-upstream-rq-timeout-ms: 7000\r\nx-envoy-downstream-service-node: n\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Headers["x-envoy-internal"], Is.EqualTo(isInternal ? "true" : null));
            Assert.That(request.Headers["x-envoy-expected-rq-timeout-ms"], Is.EqualTo(isInternal ? "7000" : "15000"), "who is inside may say how long");
            Assert.That(request.Headers["x-envoy-external-address"], Is.EqualTo(edge && !isInternal ? "127.0.0.1" : null));
            Assert.That(request.Headers["x-envoy-downstream-service-node"], Is.EqualTo(edge && !isInternal ? null : "n"));
        }
    }

    [TestCase("127.0.0.1", "mine")]
    [TestCase("10.0.0.0", null)]
    public async Task RequestId_AtTheEdge_IsBelievedFromInsideOnly(string inside, string? expected)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(
            upstream, Http(h => h with { UseRemoteAddress = true, InternalAddresses = new() { CidrRanges = [new CidrRangeConfig(inside, 8)] } }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-request-id: mine\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync()).Headers["x-request-id"], expected is null ? Is.Not.EqualTo("mine") : Is.EqualTo(expected));
    }

    [TestCase(true, "internal")]
    [TestCase(false, "external")]
    public async Task Answers_AreCountedByWhoAsks_AndByCanaries(bool inside, string counted)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "", ("x-envoy-upstream-canary", "true")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { UseRemoteAddress = true, InternalAddresses = inside ? Loopback : new() { CidrRanges = [new CidrRangeConfig("10.0.0.0", 8)] } }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics[$"cluster.upstream.{counted}.upstream_rq_200"], Is.EqualTo(1));
            Assert.That(proxy.Statistics[$"cluster.upstream.{(inside ? "external" : "internal")}.upstream_rq_200"], Is.Zero);
            Assert.That(proxy.Statistics["cluster.upstream.canary.upstream_rq_200"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.canary.upstream_rq_completed"], Is.EqualTo(1));
        }
    }

    [TestCase("x-real-ip: 192.0.2.7\r\n", 200, "192.0.2.7")]
    [TestCase("x-real-ip: nonsense\r\n", 403, null)]
    [TestCase("", 403, null)]
    public async Task CustomHeader_NamesTheClient(string header, int status, string? address)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => Named(h) with
        {
            OriginalIpDetection = [new CustomHeaderDetectionConfig("X-Real-Ip") { RejectWithStatus = 200 }],
        }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\n{header}\r\n");
        Assert.That(response.Status, Is.EqualTo(status));
        if (address is not null)
        {
            Assert.That((await upstream.ReceivedAsync()).Headers["x-client"], Is.EqualTo(address));
            return;
        }

        Assert.That((await proxy.AccessLog.NextAsync()).Details, Is.EqualTo("rejecting_because_detection_failed"));
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_rejected_via_ip_detection"], Is.EqualTo(1));
    }

    [TestCase("192.0.2.1, 10.0.0.1", "192.0.2.1", TestName = "TrustedCidrs_TheFirstThatIsInNone")]
    [TestCase("192.0.2.1, 192.0.2.2, 10.0.0.1", "192.0.2.2", TestName = "TrustedCidrs_FromTheRight")]
    [TestCase("10.0.0.2, 10.0.0.1", "10.0.0.2", TestName = "TrustedCidrs_AllTrusted_TheFirst")]
    [TestCase("nonsense", "127.0.0.1", TestName = "TrustedCidrs_NoAddress_WhoeverIsConnected")]
    public async Task TrustedCidrs(string forwarded, string expected)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => Named(h) with { OriginalIpDetection = [new XffDetectionConfig { TrustedCidrs = Loopback.CidrRanges }] }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: test\r\nx-forwarded-for: {forwarded}\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        Assert.That((request.Headers["x-client"], request.Headers["x-forwarded-for"]), Is.EqualTo((expected, forwarded)));
    }

    [Test]
    public async Task UserAgent_SaysWhichNodeItIs()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { AddUserAgent = true }) with
        {
            Configure = c => c with { Node = new NodeConfig { Id = "n1", Cluster = "shop" } },
        });
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nuser-agent: mine\r\n\r\n");
        var first = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Headers["user-agent"], Is.EqualTo("shop"));
            Assert.That(first.Headers["x-envoy-downstream-service-cluster"], Is.EqualTo("shop"));
            Assert.That(first.Headers["x-envoy-downstream-service-node"], Is.EqualTo("n1"));
            Assert.That((await upstream.ReceivedAsync(2)).Headers["user-agent"], Is.EqualTo("mine"));
        }
    }

    [TestCase(ForwardClientCertDetails.Sanitize, null)]
    [TestCase(ForwardClientCertDetails.AppendForward, null, Description = "there is no client certificate")]
    [TestCase(ForwardClientCertDetails.AlwaysForwardOnly, "Hash=1")]
    public async Task ClientCertificateHeader_OfAClientWithoutOne(ForwardClientCertDetails details, string? expected)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { ForwardClientCertDetails = details }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-forwarded-client-cert: Hash=1\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync()).Headers["x-forwarded-client-cert"], Is.EqualTo(expected));
    }

    [Test]
    public async Task Scheme_IsOverwritten()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with
        {
            SchemeToOverwrite = "https",
            RouteConfig = h.RouteConfig with { Headers = new() { RequestHeadersToAdd = [new("x-scheme", "%REQ(:SCHEME)%")] } },
        }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET http://test/ HTTP/1.1\r\nhost: test\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync()).Headers["x-scheme"], Is.EqualTo("https"));
    }

    [TestCase(false, ConnectionEnd.ByPeer)]
    [TestCase(true, ConnectionEnd.Open)]
    public async Task WrongMessage_EndsItsStreamOrItsConnection(bool streamError, ConnectionEnd end)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Http(h => h with { StreamErrorOnInvalidHttpMessage = streamError }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync("GET / HTTP/1.1\r\n\r\n")).Status, Is.EqualTo(400));
        if (end == ConnectionEnd.Open)
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        else
            Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(end));
    }

    [Test]
    public async Task LengthBesideChunks_IsTakenOrRefused()
    {
        const string Both = "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        await using var upstream = new FakeUpstream();
        await using var strict = await TestProxy.ForwardTo(upstream, Options);
        using var refused = await strict.ConnectAsync();
        Assert.That((await refused.ExchangeAsync(Both)).Status, Is.EqualTo(400));

        await using var lax = await TestProxy.ForwardTo(upstream, Http(h => h with { AllowChunkedLength = true }));
        using var client = await lax.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Both)).Status, Is.EqualTo(200));
        var request = await upstream.ReceivedAsync();
        Assert.That((request.BodyText, request.Headers["content-length"], request.Headers["transfer-encoding"]), Is.EqualTo(("hello", (string?)null, "chunked")));
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.ByPeer), "whoever means two lengths is not asked again");
    }

    [Test]
    public async Task ProperCase_IsWrittenBothWays()
    {
        string? head = null;
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var buffer = new byte[4096];
            head = System.Text.Encoding.ASCII.GetString(buffer, 0, await c.ReadAsync(buffer));
            await c.SendAsync("HTTP/1.1 200 OK\r\nx-one_two-3three: v\r\ncontent-length: 0\r\n\r\n");
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, WithFormat(HeaderKeyFormat.ProperCaseWords));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\nx-a-b: LeaveMe\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        var answer = System.Text.Encoding.ASCII.GetString((await client.ReadToEndAsync()).Bytes);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(head, Does.StartWith("POST / HTTP/1.1\r\nHost: test\r\nX-A-B: LeaveMe\r\nContent-Length: 0\r\n"));
            Assert.That(answer, Does.Contain("X-One_Two-3three: v\r\n").And.Contain("\r\nServer: envoy\r\n").And.Contain("Content-Length: 0"));
        }
    }

    [TestCase(HeaderKeyFormat.PreserveCase, "x-request-id: ", "server: envoy", TestName = "PreserveCase_OwnHeadersInLowerCase")]
    [TestCase(HeaderKeyFormat.PreserveOrProperCase, "X-Request-Id: ", "Server: envoy", TestName = "PreserveCase_OwnHeadersInProperCase")]
    public async Task PreserveCase(HeaderKeyFormat format, string ownRequest, string ownResponse)
    {
        string? head = null;
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var buffer = new byte[4096];
            head = System.Text.Encoding.ASCII.GetString(buffer, 0, await c.ReadAsync(buffer));
            await c.SendAsync("HTTP/1.1 200 OK\r\nX-fOO: v\r\nCONTENT-LENGTH: 0\r\n\r\n");
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, WithFormat(format));
        using var client = await proxy.ConnectAsync();
        // In pieces, since names are read as they come.
        foreach (var piece in new[] { "GET / HTTP/1.1\r\nHOST: test\r\nx-", "AbC: 1\r", "\nAccepT: */*\r\nConnection: close\r\n\r\n" })
        {
            await client.SendAsync(piece);
            await proxy.TurnAsync();
        }

        var answer = System.Text.Encoding.ASCII.GetString((await client.ReadToEndAsync()).Bytes);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(head, Does.Contain("\r\nHOST: test\r\n").And.Contain("\r\nx-AbC: 1\r\n").And.Contain("\r\nAccepT: */*\r\n").And.Contain("\r\n" + ownRequest));
            Assert.That(answer, Does.Contain("\r\nX-fOO: v\r\n").And.Contain("\r\nCONTENT-LENGTH: 0\r\n").And.Contain("\r\n" + ownResponse));
        }
    }

    private TestProxyOptions WithFormat(HeaderKeyFormat format) =>
        Http(h => h with { HeaderKeyFormat = format }) with { ConfigureCluster = c => c with { HeaderKeyFormat = format } };

    private static HttpConnectionManagerOptions Named(HttpConnectionManagerOptions http) => http with
    {
        RouteConfig = http.RouteConfig with { Headers = new() { RequestHeadersToAdd = [new("x-client", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")] } },
    };

    private TestProxyOptions Http(Func<HttpConnectionManagerOptions, HttpConnectionManagerOptions> configure) => Options with { ConfigureHttp = configure };
}
