using System.Text;
using Envoy.AccessLog;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Http.Headers;
using Envoy.Integration.Tests.Support;
using Envoy.Net;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Runtime.Memory;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Clients, filters and logs that do what they should not: it costs a bounded amount, and only those who did it.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class AbuseTests(EngineKind engine) : HttpFixture(engine)
{
    private const int Limit = 64 * 1024;
    private const int Requests = 2000;

    [Test]
    public async Task PipeliningClient_ThatDoesNotRead_IsHeldBackAndThenAnsweredInFull([Values] bool byUpstream)
    {
        var network = new MemoryNetwork();
        var body = new string('x', 4000);
        await using var upstream = new FakeUpstream(network, "origin").Answer(Answers.Ok(Encoding.ASCII.GetBytes(body)));
        await using var proxy = await TestProxy.ForwardTo(upstream, InMemory(network, byUpstream ? null : new DirectResponseActionConfig(200) { Body = body }));
        using var client = await proxy.ConnectAsync();
        var sent = client.SendAsync(string.Concat(Enumerable.Repeat(Get, Requests)));
        await proxy.WaitForAsync("http.ingress.downstream_cx_tx_bytes_buffered", v => v > Limit);
        for (var i = 0; i < 200; i++)
            await proxy.TurnAsync();
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_tx_bytes_buffered"], Is.LessThan(4 * Limit));
        for (var i = 0; i < Requests; i++)
            Assert.That((await client.ReadResponseAsync()).Body, Has.Length.EqualTo(4000));
        await sent;
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task SlowReader_OfAResponseThatClosesTheConnection_GetsAllOfIt()
    {
        var network = new MemoryNetwork();
        var body = Bytes(900_000);
        await using var upstream = new FakeUpstream(network, "origin").Answer(Answers.Ok(body));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { MemoryNetwork = network, Address = new MemoryAddressConfig("front") });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        await proxy.AccessLog.NextAsync();
        var head = await client.ReadExactlyAsync(200_000);
        // Longer in all than the delayed close timeout of one second, and never idle for as long.
        for (var i = 0; i < 3; i++)
        {
            await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(600));
            head = [.. head, .. await client.ReadExactlyAsync(200_000)];
        }

        var (rest, end) = await client.ReadToEndAsync();
        byte[] all = [.. head, .. rest];
        Assert.That(all.AsSpan(all.Length - body.Length).SequenceEqual(body), Is.True);
        Assert.That(end, Is.EqualTo(ConnectionEnd.ByPeer));
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_delayed_close_timeout"], Is.Zero);
    }

    [Test]
    public async Task ResponseFilter_ThatThrowsOnALocalReplyOfTheUpstreamsSide_ResetsThatStreamOnly()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok("fine"));
        var throws = true;
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            Filters = [() => new ScriptedFilter { ResponseHeaders = (_, _, _) => throws ? throw new InvalidOperationException("scripted") : FilterStatus.Continue }],
        });
        upstream.AnswerNext(e =>
        {
            e.Connection.Reset();
            return Task.CompletedTask;
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        var (bytes, _) = await client.ReadToEndAsync();
        Assert.That(bytes, Is.Empty);
        throws = false;
        await AssertServes(proxy);
        await AssertQuiet(proxy);
        Assert.That(proxy.Proxy.Completion.IsCompleted, Is.False, "no loop has failed");
    }

    [Test]
    public async Task LocalReply_PausedByAnotherFilter_IsNotMixedWithTheUpstreamsAnswer()
    {
        await using var upstream = new FakeUpstream();
        var gate = new TaskCompletionSource();
        upstream.Answer(async e =>
        {
            await e.SendHeadersAsync(200, ("content-length", "13"));
            await gate.Task;
            await e.Connection.SendAsync("upstream body");
        });
        ScriptedFilter? pauser = null, answerer = null;
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            Filters =
            [
                () => pauser = new ScriptedFilter { ResponseHeaders = (_, _, _) => FilterStatus.Pause },
                () => answerer = new ScriptedFilter(),
            ],
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.StartedAsync(1);
        answerer!.Later(c => c.SendLocalReply(new LocalReply(403, "scripted") { Body = "local" }));
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_tx_reset");
        gate.SetResult();
        for (var i = 0; i < 20; i++)
            await proxy.TurnAsync();
        pauser!.Later(c => c.ResumeResponse());
        var response = await client.ReadResponseAsync();
        Assert.That((response.Status, Encoding.ASCII.GetString(response.Body)), Is.EqualTo((403, "local")));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task AccessLog_ThatThrows_DoesNotKeepTheConnection()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok("fine"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { AccessLogs = [AccessLogConfig.Of(new BadLog())] } });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 3; i++)
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task DirectResponse_304WithABody_SendsNone()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            Configure = p => WithAction(p, new DirectResponseActionConfig(304) { Body = "HTTP/1.1 200 OK\r\n\r\n" }),
        });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            var response = await client.ReadResponseAsync(toHead: true);
            Assert.That(response.Status, Is.EqualTo(304));
        }
    }

    [Test]
    public async Task EmptyLine_AfterARequest_BeginsNoOther()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok("fine"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get + "\r\n");
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_total"], Is.EqualTo(2));
    }

    [Test]
    public async Task ControlHeaders_FromOutside_DoNotReachTheUpstream()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok("fine"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-envoy-retry-on: 5xx\r\nx-envoy-max-retries: 9\r\nx-envoy-upstream-rq-timeout-ms: 1\r\n"
            + "x-envoy-hedge-on-per-try-timeout: true\r\nx-envoy-internal: true\r\nx-other: stays\r\n\r\n");
        var names = upstream.Requests[0].Headers.Select(h => h.Key).ToArray();
        Assert.That(names, Does.Contain("x-other"));
        Assert.That(names.Where(n => n.StartsWith("x-envoy-", StringComparison.Ordinal)), Is.EquivalentTo(new[] { "x-envoy-expected-rq-timeout-ms" }));
    }

    [Test]
    public async Task Drain_OfAConnectionWhoseResponseHasBegun_EndsWithIt()
    {
        await using var upstream = new FakeUpstream();
        var gate = new TaskCompletionSource();
        upstream.Answer(async e =>
        {
            await e.SendHeadersAsync(200, ("content-length", "4"));
            await gate.Task;
            await e.Connection.SendAsync("done");
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.downstream_rq_2xx");
        var drained = proxy.Proxy.DrainAsync();
        gate.SetResult();
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        await drained.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static Envoy.Proxy.ProxyConfig WithAction(Envoy.Proxy.ProxyConfig config, RouteActionConfig action)
    {
        var chain = config.Listeners[0].FilterChains[0];
        var manager = (Envoy.ConnectionManager.HttpConnectionManagerOptions)chain.Filters[0].Options;
        var host = manager.RouteConfig.VirtualHosts[0];
        manager = manager with { RouteConfig = manager.RouteConfig with { VirtualHosts = [host with { Routes = [host.Routes[0] with { Action = action }] }] } };
        return config with { Listeners = [config.Listeners[0] with { FilterChains = [chain with { Filters = [chain.Filters[0] with { Options = manager }] }] }] };
    }

    private TestProxyOptions InMemory(MemoryNetwork network, RouteActionConfig? action) => Options with
    {
        MemoryNetwork = network,
        Address = new MemoryAddressConfig("front"),
        Configure = p =>
        {
            p = p with { Listeners = [p.Listeners[0] with { PerConnectionBufferLimitBytes = Limit }] };
            return action is null ? p : WithAction(p, action);
        },
    };

    private sealed class BadLog : IAccessLog
    {
        public void Log(StreamInfo info) => throw new InvalidOperationException("scripted");
    }
}
