using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Envoy.Integration.Tests.Support;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Listeners;

/// <summary>What a client's first bytes say chooses the filter chain, and nothing of them is lost.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class InspectorTests(EngineKind engine) : ListenerFilterFixture(engine)
{
    [TestCase("a.example", "h2", "a", "a.example")]
    [TestCase("A.EXAMPLE", "h2", "a", "a.example")]
    [TestCase("x.b.example", "h2", "b", "x.b.example")]
    [TestCase("c.example", "h2", "h2", "c.example")]
    [TestCase("c.example", "http/1.1", "tls", "c.example")]
    [TestCase("127.0.0.1", "", "tls", null, Description = "an address is no server name")]
    public async Task ClientHello_ChoosesTheChain_AndPassesUntouched(string name, string protocol, string chain, string? logged)
    {
        await using var upstream = new FakeUpstream().OnConnection(async c => await c.SendAsync(await c.ReadToEndAsync()));
        await using var proxy = await Start(
            l => Chains(l.AddTlsInspector(new() { EnableJa3Fingerprinting = true, EnableJa4Fingerprinting = true })),
            b => b.AddCluster("up", c => c.Endpoint("127.0.0.1", upstream.Port)));
        var hello = protocol.Length > 0 ? CapturedHello.Of(name, protocol) : CapturedHello.Of(name);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(hello.AsMemory(0, hello.Length / 2));
        await proxy.TurnAsync();
        await client.SendAsync(hello.AsMemory(hello.Length / 2));
        client.ShutdownSend();
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.EqualTo(hello));
        var record = await proxy.AccessLog.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(record.FilterChain, Is.EqualTo(chain));
            Assert.That(record.RequestedServerName, Is.EqualTo(logged));
            Assert.That(record.TlsJa3Fingerprint, Has.Length.EqualTo(32));
            Assert.That(record.TlsJa4Fingerprint, Does.StartWith(logged is null ? "t13i" : "t13d"));
            Assert.That(proxy.Statistics["tls_inspector.tls_found"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["tls_inspector.sni_found"], Is.EqualTo(logged is null ? 0 : 1));
            Assert.That(proxy.Statistics["tls_inspector.sni_not_found"], Is.EqualTo(logged is null ? 1 : 0));
            Assert.That(proxy.Statistics["tls_inspector.alpn_found"], Is.EqualTo(protocol.Length > 0 ? 1 : 0));
        }
    }

    [Test]
    public async Task Plain_ChoosesItsChain()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c => await c.SendAsync(await c.ReadToEndAsync()));
        await using var proxy = await Start(l => Chains(l.AddTlsInspector()), b => b.AddCluster("up", c => c.Endpoint("127.0.0.1", upstream.Port)));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("plain");
        client.ShutdownSend();
        Assert.That(Text((await client.ReadToEndAsync()).Bytes), Is.EqualTo("plain"));
        var record = await proxy.AccessLog.NextAsync();
        Assert.That((record.FilterChain, record.TlsJa3Fingerprint), Is.EqualTo(("plain", (string?)null)));
        Assert.That(proxy.Statistics["tls_inspector.tls_not_found"], Is.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task BrokenHello_IsPlain_OrClosed(bool closes)
    {
        await using var proxy = await Start(l => l.AddTlsInspector(new() { CloseConnectionOnClientHelloParsingErrors = closes }).AddEcho());
        var hello = CapturedHello.Of("a.example");
        hello[46] = 0xff;
        hello[43] = 0xff;
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(hello);
        if (closes)
            Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        else
            Assert.That(await client.ReadExactlyAsync(hello.Length), Is.EqualTo(hello));
        await proxy.WaitForAsync("tls_inspector.tls_not_found");
    }

    [Test]
    public async Task HelloTooLarge_IsClosed()
    {
        await using var proxy = await Start(l => l.AddTlsInspector(new() { MaxClientHelloSize = 256 }).AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(new byte[] { 22, 3, 1, 1, 10, 1, 0, 1, 0 });
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        await proxy.WaitForAsync("tls_inspector.client_hello_too_large");
        await AssertQuiet(proxy);
    }

    [TestCase("GET / HTTP/1.1\r\n", "http/1.1", "http11_found")]
    [TestCase("GET / HTTP/1.0\r\n", "http/1.0", "http10_found")]
    [TestCase("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "h2c", "http2_found")]
    [TestCase("\u0001\u0002", "none", "http_not_found")]
    public async Task FirstLine_ChoosesTheChain(string text, string chain, string statistic)
    {
        await using var proxy = await Start(l =>
        {
            l.AddTlsInspector().AddHttpInspector().DefaultFilterChain(c => c.AddDirectResponse("none"));
            foreach (var protocol in new[] { "http/1.0", "http/1.1", "h2c" })
                l.FilterChain(new() { ApplicationProtocols = [protocol] }, c => c.AddDirectResponse(protocol));
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(text);
        Assert.That(Text((await client.ReadToEndAsync()).Bytes), Is.EqualTo(chain));
        Assert.That(proxy.Statistics["http_inspector." + statistic], Is.EqualTo(1));
    }

    [Test]
    public async Task FirstLine_WithoutEnd_IsClosed()
    {
        await using var proxy = await Start(l => l.AddHttpInspector().AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET /" + new string('a', 64 * 1024));
        await client.ReadToEndAsync();
        await proxy.WaitForAsync("http_inspector.read_error");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task SniCluster_TheNameIsTheCluster()
    {
        await using var first = new FakeUpstream().OnConnection(c => c.SendAsync("1"));
        await using var second = new FakeUpstream().OnConnection(c => c.SendAsync("2"));
        await using var proxy = await Start(
            l => l.AddTlsInspector().AddSniCluster().AddTcpProxy("t", "second.example"),
            b => b.AddCluster("first.example", c => c.Endpoint("127.0.0.1", first.Port)).AddCluster("second.example", c => c.Endpoint("127.0.0.1", second.Port)));
        foreach (var (bytes, answer) in new[] { (CapturedHello.Of("first.example"), "1"), (CapturedHello.Of("second.example"), "2"), (Bytes("plain"), "2"), (CapturedHello.Of("no.example"), "") })
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync(bytes);
            Assert.That(Text((await client.ReadToEndAsync()).Bytes), Is.EqualTo(answer));
        }
    }

    [Test]
    public async Task Handshake_PassesThrough_ToTheUpstreamOfItsName()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=a.example", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        await using var proxy = await Start(
            l => Chains(l.AddTlsInspector()),
            b => b.AddCluster("up", c => c.Endpoint("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port)));
        var serving = Task.Run(async () =>
        {
            await using var server = new SslStream(new NetworkStream(await listener.AcceptAsync(), ownsSocket: true));
            await server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate, ApplicationProtocols = [new("h2")] });
            await server.WriteAsync("hello"u8.ToArray());
            return server.TargetHostName;
        });
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(proxy.Address);
        await using var client = new SslStream(new NetworkStream(socket));
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "a.example",
            ApplicationProtocols = [new("h2")],
#pragma warning disable CA5359 // The certificate is the test's own.
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        var bytes = new byte[5];
        await client.ReadExactlyAsync(bytes);
        Assert.That((Text(bytes), await serving), Is.EqualTo(("hello", "a.example")));
    }

    /// <summary>One for each of several names, one for h2, one for other TLS, one for what is plain.</summary>
    private static void Chains(ListenerBuilder listener) => listener
        .FilterChain(new() { ServerNames = ["a.example"] }, c => c.AddTcpProxy("t", "up"), "a")
        .FilterChain(new() { ServerNames = ["*.b.example"], TransportProtocol = "tls" }, c => c.AddTcpProxy("t", "up"), "b")
        .FilterChain(new() { TransportProtocol = "tls", ApplicationProtocols = ["h2"] }, c => c.AddTcpProxy("t", "up"), "h2")
        .FilterChain(new() { TransportProtocol = "tls" }, c => c.AddTcpProxy("t", "up"), "tls")
        .FilterChain(new() { TransportProtocol = "raw_buffer" }, c => c.AddTcpProxy("t", "up"), "plain");
}
