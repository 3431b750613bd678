using System.Text;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>A client's garbage is an answer or a close, never more.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class BadRequestTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task MissingHost_Is400()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(400));
        await AssertLogged(proxy, 400, ResponseFlags.None, "missing_host_header");
        await AssertServes(proxy);
    }

    [TestCase("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")]
    [TestCase("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx")]
    [TestCase("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n\r\nx")]
    [TestCase("GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n", 501)]
    [TestCase("GET / HTTP/1.1\r\nhost : a\r\n\r\n")]
    [TestCase("GET / HTTP/1.1\r\nhost: a\r\n folded\r\n\r\n")]
    [TestCase("GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n")]
    [TestCase("GET / HTTP/1.1\r\nhost: a\r\nx: a\rb\r\n\r\n")]
    [TestCase("GET / HTTP/1.1\nhost: a\n\n")]
    [TestCase("GET  / HTTP/1.1\r\nhost: a\r\n\r\n")]
    [TestCase("NOSUCHMETHOD / HTTP/1.1\r\nhost: a\r\n\r\n")]
    [TestCase("GET / HTTP/9.9\r\nhost: a\r\n\r\n", 426)]
    [TestCase("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003\r\n\r\n")]
    public async Task BrokenRequest_IsRefusedWithDPE_AndNothingReachesTheUpstream(string bytes, int status = 400)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(bytes);
        var response = await client.ReadResponseAsync();
        var (rest, end) = await client.ReadToEndAsync();
        var record = await proxy.AccessLog.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(status));
            Assert.That(response.Headers["connection"], Is.EqualTo("close"));
            Assert.That(rest, Is.Empty);
            Assert.That(end, Is.EqualTo(ConnectionEnd.ByPeer));
            Assert.That(record.Status, Is.EqualTo(status));
            Assert.That(record.Flags, Is.EqualTo(ResponseFlags.DownstreamProtocolError));
            Assert.That(record.Details, Is.Not.Null);
            Assert.That(upstream.Connections, Is.Empty);
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_protocol_error"], Is.EqualTo(1));
        }

        await AssertServes(proxy);
    }

    [Test]
    public async Task BrokenChunk_AfterTheRequestWasForwarded_ResetsTheUpstreamToo()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
        await upstream.StartedAsync();
        await client.SendAsync("zzz\r\n");
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(400));
        var record = await proxy.AccessLog.NextAsync();
        Assert.That(record.Flags, Is.EqualTo(ResponseFlags.DownstreamProtocolError));
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
        await AssertServes(proxy);
    }

    [TestCase(100 * 1024)]
    [TestCase(1024 * 1024)]
    public async Task HugeHeader_Is431(int size)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nhost: a\r\nx-huge: {new string('h', size)}\r\n\r\n");
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(431));
        Assert.That((await proxy.AccessLog.NextAsync()).Status, Is.EqualTo(431));
        await AssertServes(proxy);
    }

    [Test]
    public async Task TooManyHeaders_Is431()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: a\r\n" + string.Concat(Enumerable.Range(0, 101).Select(i => $"x-{i}: 1\r\n")) + "\r\n");
        Assert.That(response.Status, Is.EqualTo(431));
        await AssertServes(proxy);
    }

    [Test]
    public async Task RandomBytes_AreRefusedOrClosed_AndTheProxyServesOn()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        var random = new Random(4711);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(1, 2000)];
            random.NextBytes(bytes);
            if (i % 4 == 0)
                Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n").AsSpan(0, Math.Min(16, bytes.Length)).CopyTo(bytes);
            await AssertRefusedOrClosed(proxy, bytes, $"random {i}");
        }

        await AssertQuiet(proxy);
        await AssertServes(proxy);
    }

    [Test]
    public async Task TruncatedAndMutatedRequests_AreRefusedOrClosed_AndTheProxyServesOn()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        var request = Encoding.ASCII.GetBytes("POST /a?b HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\nx: y\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        for (var length = 1; length < request.Length; length++)
            await AssertEnds(proxy, request.AsMemory(0, length));
        var random = new Random(815);
        for (var i = 0; i < 300; i++)
        {
            var mutated = (byte[])request.Clone();
            mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            await AssertEnds(proxy, mutated);
        }

        await AssertQuiet(proxy);
        await AssertServes(proxy);
    }

    private static async Task AssertRefusedOrClosed(TestProxy proxy, byte[] bytes, string what)
    {
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(bytes);
        client.ShutdownSend();
        var (answer, _) = await client.ReadToEndAsync();
        if (answer.Length > 0)
            Assert.That(Encoding.Latin1.GetString(answer), Does.Match("^HTTP/1\\.1 (400|408|426|431) "), what);
    }

    private static async Task AssertEnds(TestProxy proxy, ReadOnlyMemory<byte> bytes)
    {
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(bytes);
        client.ShutdownSend();
        await client.ReadToEndAsync();
    }
}
