using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Every timeout ends what it should at its time and not before, by a clock that the test moves.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class TimeoutTests(EngineKind engine) : HttpFixture(engine)
{
    private static readonly TimeSpan AMillisecond = TimeSpan.FromMilliseconds(1);

    [Test]
    public async Task RouteTimeout_UpstreamThatNeverAnswers_Is504UT()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(15) - AMillisecond);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_active"], Is.EqualTo(1), "not yet");
        await proxy.AdvanceAsync(AMillisecond);
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(504));
            Assert.That(response.BodyText, Is.EqualTo("upstream request timeout"));
        }

        await AssertLogged(proxy, 504, ResponseFlags.UpstreamRequestTimeout, "upstream_response_timeout");
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_timeout"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_504"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task RouteTimeout_InsideTheBody_CutsIt()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Stalled(100, "a beginning"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.downstream_cx_tx_bytes_total");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(15));
        await client.ReadToEndAsync();
        await AssertLogged(proxy, 200, ResponseFlags.UpstreamRequestTimeout, "upstream_response_timeout");
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task RouteTimeout_OfASlowUpload_BeginsWithTheRequestsEnd()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n1");
        await upstream.StartedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(60));
        await client.SendAsync("2");
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task RouteTimeout_Zero_IsNone()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureRoute = r => r with { Timeout = TimeSpan.Zero } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        var request = await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromMinutes(4));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_active"], Is.EqualTo(1));
            Assert.That(request.Headers.Contains("x-envoy-expected-rq-timeout-ms"), Is.False);
        }
    }

    [Test]
    public async Task StreamIdleTimeout_AfterTheWholeRequest_Is504SI()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { Timeout = TimeSpan.Zero },
            ConfigureHttp = h => h with { StreamIdleTimeout = TimeSpan.FromSeconds(10) },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10) - AMillisecond);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_idle_timeout"], Is.Zero, "not yet");
        await proxy.AdvanceAsync(AMillisecond);
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(504));
            Assert.That(response.BodyText, Is.EqualTo("stream timeout"));
        }

        await AssertLogged(proxy, 504, ResponseFlags.StreamIdleTimeout, "stream_idle_timeout");
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_idle_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task StreamIdleTimeout_InsideTheRequestsBody_Is408()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { StreamIdleTimeout = TimeSpan.FromSeconds(10) } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n1");
        await upstream.StartedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(408));
            Assert.That(response.Headers["connection"], Is.EqualTo("close"));
        }

        await AssertLogged(proxy, 408, ResponseFlags.StreamIdleTimeout, "stream_idle_timeout");
        await upstream.EndedAsync();
    }

    [Test]
    public async Task StreamIdleTimeout_OfTheRoute_TakesPrecedence()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Never());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureRoute = r => r with { Timeout = TimeSpan.Zero, IdleTimeout = TimeSpan.FromSeconds(1) } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(504));
    }

    [Test]
    public async Task StreamIdleTimeout_ByteInTime_PutsItOff()
    {
        var gates = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource()).ToArray();
        var next = 0;
        await using var upstream = new FakeUpstream().Answer(Answers.Drip("abc", () => gates[next++].Task));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { StreamIdleTimeout = TimeSpan.FromSeconds(4) } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        // The head alone; then each byte is there before time goes on.
        await proxy.WaitForAsync("http.ingress.downstream_cx_tx_bytes_total");
        var sent = proxy.Statistics["http.ingress.downstream_cx_tx_bytes_total"];
        foreach (var gate in gates)
        {
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(3));
            gate.SetResult();
            sent++;
            await proxy.WaitForAsync("http.ingress.downstream_cx_tx_bytes_total", sent);
        }

        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("abc"));
    }

    [Test]
    public async Task RequestHeadersTimeout_IncompleteHead_Is408()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { RequestHeadersTimeout = TimeSpan.FromSeconds(2) } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nhost:");
        await proxy.WaitForAsync("http.ingress.downstream_rq_active");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2) - AMillisecond);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_header_timeout"], Is.Zero, "not yet");
        await proxy.AdvanceAsync(AMillisecond);
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(408));
            Assert.That(response.BodyText, Is.EqualTo("request header timeout"));
            Assert.That(response.Headers["connection"], Is.EqualTo("close"));
        }

        await AssertLogged(proxy, 408, ResponseFlags.None, "request_header_timeout");
        await AssertServes(proxy);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_header_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task RequestTimeout_IncompleteBody_Is408()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { RequestTimeout = TimeSpan.FromSeconds(2) } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n1");
        await upstream.StartedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2));
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(408));
            Assert.That(response.BodyText, Is.EqualTo("request timeout"));
        }

        await AssertLogged(proxy, 408, ResponseFlags.None, "request_overall_timeout");
        await upstream.EndedAsync();
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task RequestTimeout_CompleteRequest_IsNotTouched()
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().Answer(async e =>
        {
            await gate.Task;
            await e.RespondAsync(200, "late");
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { RequestTimeout = TimeSpan.FromSeconds(2) } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.ReceivedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        gate.SetResult();
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("late"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task IdleTimeout_ConnectionWithoutRequest_IsClosed(bool afterARequest)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { IdleTimeout = TimeSpan.FromSeconds(30) } });
        using var client = await proxy.ConnectAsync();
        await proxy.WaitForAsync("http.ingress.downstream_cx_active");
        if (afterARequest)
        {
            await proxy.AdvanceAsync(TimeSpan.FromSeconds(20));
            await client.ExchangeAsync(Get);
            await proxy.AccessLog.NextAsync();
        }

        await proxy.AdvanceAsync(TimeSpan.FromSeconds(30) - AMillisecond);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_active"], Is.EqualTo(1), "not yet");
        await proxy.AdvanceAsync(AMillisecond);
        var (bytes, end) = await client.ReadToEndAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(bytes, Is.Empty);
            Assert.That(end, Is.EqualTo(ConnectionEnd.ByPeer));
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_idle_timeout"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task UpstreamIdleTimeout_PooledConnection_IsClosed()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureCluster = c => c with { IdleTimeout = TimeSpan.FromSeconds(30) } });
        await AssertServes(proxy);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(30));
        await upstream.EndedAsync();
        await AssertServes(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_idle_timeout"], Is.EqualTo(1));
            Assert.That(upstream.Connections, Has.Count.EqualTo(2));
        }
    }

    [Test]
    public async Task DelayedClose_ClientThatNeverCloses_IsClosedAfterASecond()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("NONSENSE\r\n\r\n");
        var rest = await client.ReadToEndAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(400));
            Assert.That(rest.End, Is.EqualTo(ConnectionEnd.ByPeer), "our direction ends at once");
            Assert.That(proxy.Statistics["http.ingress.downstream_cx_active"], Is.EqualTo(1), "the connection waits for the client's end");
        }

        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        await proxy.WaitForAsync("http.ingress.downstream_cx_active", v => v == 0);
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_delayed_close_timeout"], Is.EqualTo(1));
    }
}
