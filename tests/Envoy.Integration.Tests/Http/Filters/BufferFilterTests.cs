using Envoy.Filters.Http.Buffer;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The buffer filter: requests that go on whole.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class BufferFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string Name = "envoy.filters.http.buffer";
    private static readonly BufferOptions Hundred = new() { MaxRequestBytes = 100 };

    [Test]
    public async Task ChunkedRequest_GoesOnWhole_WithItsLength()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, Hundred));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
        await proxy.WaitForAsync("http.ingress.downstream_rq_active");
        await proxy.TurnAsync();
        Assert.That(upstream.Connections, Is.Empty, "nothing goes on before the end");
        await client.SendAsync("5\r\nworld\r\n0\r\n\r\n");
        await client.ReadResponseAsync();
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.BodyText, Is.EqualTo("helloworld"));
            Assert.That(request.Headers["content-length"], Is.EqualTo("10"));
            Assert.That(request.Headers.Contains("transfer-encoding"), Is.False);
        }
    }

    [TestCase(100, 200)]
    [TestCase(101, 413)]
    public async Task Body_OfTheLimit_Passes_AndOneByteMoreIs413(int length, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, Hundred));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n{new string('x', length)}");
        Assert.That(response.Status, Is.EqualTo(status));
        if (status == 413)
        {
            await AssertLogged(proxy, 413, ResponseFlags.None, "request_payload_too_large");
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_too_large"], Is.EqualTo(1));
            Assert.That(upstream.Requests, Is.Empty);
        }
    }

    [Test]
    public async Task Route_MayHaveAnotherLimit_OrNone()
    {
        await using var upstream = new FakeUpstream();
        var body = new string('x', 150);
        var request = $"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n96\r\n{body}\r\n0\r\n\r\n";
        await using var more = await TestProxy.ForwardTo(upstream, With(Name, Hundred, new BufferRouteOptions { Buffer = new BufferOptions { MaxRequestBytes = 150 } }));
        using var first = await more.ConnectAsync();
        Assert.That((await first.ExchangeAsync(request)).Status, Is.EqualTo(200));
        Assert.That((await upstream.ReceivedAsync()).Headers["content-length"], Is.EqualTo("150"));

        await using var none = await TestProxy.ForwardTo(upstream, With(Name, Hundred, new BufferRouteOptions { Disabled = true }));
        using var second = await none.ConnectAsync();
        Assert.That((await second.ExchangeAsync(request)).Status, Is.EqualTo(200));
        Assert.That((await upstream.ReceivedAsync(2)).Headers["transfer-encoding"], Is.EqualTo("chunked"), "it passed as it came");
    }

    [Test]
    public async Task RequestWithTrailers_IsHeldToItsEnd()
    {
        await using var upstream = new FakeUpstream();
        var options = With(Name, Hundred);
        await using var proxy = await TestProxy.ForwardTo(upstream, options with { ConfigureHttp = h => options.ConfigureHttp!(h) with { EnableTrailers = true } });
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-end: 1\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync()).BodyText, Is.EqualTo("hello"));
    }

    [Test]
    public void Limit_OfZero_IsRefused() =>
        Assert.That(async () => await TestProxy.ForwardTo(new FakeUpstream(), With(Name, new BufferOptions())), Throws.ArgumentException.With.Message.Contains("max_request_bytes"));
}
