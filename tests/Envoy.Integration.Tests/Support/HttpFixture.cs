using Envoy.Formatting;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Support;

/// <summary>What the HTTP fixtures share: the engine under test and short words for what they check.</summary>
public abstract class HttpFixture(EngineKind engine)
{
    protected const string Get = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";

    protected TestProxyOptions Options { get; } = new() { Engine = engine };

    /// <summary>The next finished exchange was this one.</summary>
    protected static async Task AssertLogged(TestProxy proxy, int status, ResponseFlags flags, string? details)
    {
        var record = await proxy.AccessLog.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(record.Status, Is.EqualTo(status), "logged status");
            Assert.That(record.Flags, Is.EqualTo(flags), "logged flags");
            Assert.That(record.Details, Is.EqualTo(details), "logged details");
        }
    }

    /// <summary>A new connection is served as ever.</summary>
    protected static async Task AssertServes(TestProxy proxy)
    {
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        Assert.That(response.Status, Is.EqualTo(200), "the proxy serves on");
    }

    /// <summary>Nothing is left of any exchange: no request, no waiting one, no stream.</summary>
    protected static async Task AssertQuiet(TestProxy proxy)
    {
        await proxy.WaitForAsync("http.ingress.downstream_rq_active", v => v == 0);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_active", v => v == 0);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_pending_active", v => v == 0);
    }

    protected static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
