using System.Text;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Whatever an upstream does, the client gets Envoy's answer or a cut connection, and the proxy serves on.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class UpstreamFaultTests(EngineKind engine) : HttpFixture(engine)
{
    private const string ConnectError = "upstream connect error or disconnect/reset before headers. reset reason: ";

    private static readonly TestCaseData<UpstreamHandler>[] CutBeforeHeaders =
    [
        new(Answers.Close()) { TestName = "{m}(Close)" },
        new(Answers.Reset()) { TestName = "{m}(Reset)" },
        new(HalfAHead()) { TestName = "{m}(HalfAHead)" },
    ];

    private static readonly TestCaseData<UpstreamHandler>[] Malformed =
    [
        new(Answers.MalformedStatusLine()) { TestName = "{m}(StatusLine)" },
        new(Answers.MalformedHeader()) { TestName = "{m}(Header)" },
        new(Answers.HugeHeader(200_000)) { TestName = "{m}(HugeHeader)" },
        new(Answers.Raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok")) { TestName = "{m}(TwoLengths)" },
        new(Answers.Raw("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")) { TestName = "{m}(LengthAndChunks)" },
        new(Answers.Raw("HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n")) { TestName = "{m}(Nul)" },
        new(Answers.Raw("SSH-2.0-OpenSSH_9.2\r\n\r\n")) { TestName = "{m}(Ssh)" },
    ];

    [TestCaseSource(nameof(CutBeforeHeaders))]
    public async Task Upstream_ThatEndsBeforeItsHeaders_Is503UC(UpstreamHandler answer)
    {
        await using var upstream = new FakeUpstream().AnswerNext(answer);
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(503));
            Assert.That(response.BodyText, Is.EqualTo(ConnectError + "connection termination"));
            Assert.That(response.Headers["content-type"], Is.EqualTo("text/plain"));
        }

        await AssertLogged(proxy, 503, ResponseFlags.UpstreamConnectionTermination, "upstream_reset_before_response_started{connection_termination}");
        Assert.That((await client.ExchangeAsync(Get)).BodyText, Is.EqualTo("ok"), "the client's connection lives on");
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_destroy_remote_with_active_rq"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_rx_reset"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_503"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_5xx"], Is.EqualTo(1));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Upstream_ThatEndsInsideItsBody_CutsTheClientsBodyToo(bool reset)
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().AnswerNext(async e =>
        {
            await e.SendHeadersAsync(200, ("content-length", "100"));
            await e.Connection.SendAsync("only this");
            await gate.Task;
            if (reset)
                e.Connection.Reset();
            else
                e.Connection.Close();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        // The client has the beginning before the upstream ends: a reset destroys what is under way.
        await proxy.WaitForAsync("http.ingress.downstream_cx_tx_bytes_total", v => v > 0);
        gate.SetResult();
        var (bytes, _) = await client.ReadToEndAsync();
        Assert.That(Encoding.Latin1.GetString(bytes), Does.Contain("content-length: 100").And.EndsWith("only this"));
        await AssertLogged(proxy, 200, ResponseFlags.UpstreamConnectionTermination, "upstream_reset_after_response_started{connection_termination}");
        await AssertQuiet(proxy);
        await AssertServes(proxy);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_rx_reset"], Is.EqualTo(1));
    }

    [Test]
    public async Task Upstream_ThatEndsInsideAChunk_NeverLooksCompleteToTheClient()
    {
        await using var upstream = new FakeUpstream().AnswerNext(async e =>
        {
            await e.SendHeadersAsync(200, ("transfer-encoding", "chunked"));
            await e.Connection.SendAsync("a\r\nhalf");
            e.Connection.Close();
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        var (bytes, _) = await client.ReadToEndAsync();
        Assert.That(Encoding.Latin1.GetString(bytes), Does.Not.EndWith("0\r\n\r\n"));
        await AssertLogged(proxy, 200, ResponseFlags.UpstreamConnectionTermination, "upstream_reset_after_response_started{connection_termination}");
        await AssertServes(proxy);
    }

    [TestCaseSource(nameof(Malformed))]
    public async Task Upstream_ThatBreaksTheProtocolBeforeItsHeaders_Is502UPE(UpstreamHandler answer)
    {
        await using var upstream = new FakeUpstream().AnswerNext(answer);
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        var record = await proxy.AccessLog.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(502));
            Assert.That(response.BodyText, Does.StartWith(ConnectError + "protocol error"));
            Assert.That(record.Flags, Is.EqualTo(ResponseFlags.UpstreamProtocolError));
            Assert.That(record.Details, Does.StartWith("upstream_reset_before_response_started{protocol_error"));
        }

        await upstream.EndedAsync();
        await AssertQuiet(proxy);
        await AssertServes(proxy);
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_protocol_error"], Is.EqualTo(1));
    }

    [Test]
    public async Task Upstream_ThatBreaksAChunk_CutsTheClientsBody()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.MalformedChunk());
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        var (bytes, _) = await client.ReadToEndAsync();
        Assert.That(Encoding.Latin1.GetString(bytes), Does.Not.EndWith("0\r\n\r\n"));
        var record = await proxy.AccessLog.NextAsync();
        Assert.That(record.Flags, Is.EqualTo(ResponseFlags.UpstreamProtocolError));
        await AssertQuiet(proxy);
        await AssertServes(proxy);
    }

    [Test]
    public async Task Upstream_ThatSendsMoreThanItsLength_LosesItsConnectionOnly()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var first = await client.ExchangeAsync(Get);
        await upstream.EndedAsync();
        var second = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.BodyText, Is.EqualTo("ok"));
            Assert.That(second.BodyText, Is.EqualTo("ok"));
            Assert.That(upstream.Connections, Has.Count.EqualTo(2));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_protocol_error"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Upstream_ThatTalksUnasked_LosesItsConnection()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        await AssertServes(proxy);
        await (await upstream.ConnectedAsync()).SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nunasked");
        await upstream.EndedAsync();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_protocol_error");
        await AssertServes(proxy);
        Assert.That(upstream.Connections, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Upstream_ThatEndsAnIdleConnection_IsConnectedToAnew()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        await AssertServes(proxy);
        (await upstream.ConnectedAsync()).Close();
        await proxy.WaitForAsync("cluster.upstream.upstream_cx_destroy_remote");
        await AssertServes(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(upstream.Connections, Has.Count.EqualTo(2));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_active"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Upstream_ThatRefuses_Is503UF()
    {
        await using var upstream = FakeUpstream.ThatRefuses();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(503));
            Assert.That(response.BodyText, Is.EqualTo(ConnectError + "remote connection failure, transport failure reason: delayed connect error: Connection refused"));
        }

        await AssertLogged(proxy, 503, ResponseFlags.UpstreamConnectionFailure,
            "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}");
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_fail"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_active"], Is.Zero);
            Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_pending_failure_eject"], Is.EqualTo(1));
        }
    }

    [Test]
    [Platform("Linux")]
    public async Task Upstream_WhoseHandshakeNeverEnds_Is503UFAfterTheConnectTimeout()
    {
        await using var upstream = FakeUpstream.ThatNeverAccepts();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureCluster = c => c with { ConnectTimeout = TimeSpan.FromMilliseconds(250) } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_pending_active");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(249));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_rq_pending_active"], Is.EqualTo(1), "not yet");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(503));
            Assert.That(response.BodyText, Is.EqualTo(ConnectError + "connection timeout"));
        }

        await AssertLogged(proxy, 503, ResponseFlags.UpstreamConnectionFailure, "upstream_reset_before_response_started{connection_timeout}");
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_connect_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task Sequence_FailTwiceThenSucceed_IsSeenInOrder()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Reset(), Answers.Status(500)).Answer(Answers.Ok("third time lucky"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = proxy.CreateClient();
        var statuses = new List<int>();
        for (var i = 0; i < 3; i++)
            statuses.Add((int)(await client.GetAsync("/")).StatusCode);
        Assert.That(statuses, Is.EqualTo([503, 500, 200]));
    }

    [Test]
    public async Task DrippedBody_ArrivesByteByByte()
    {
        using var gate = new SemaphoreSlim(0);
        await using var upstream = new FakeUpstream().Answer(Answers.Drip("drip", () => gate.WaitAsync()));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options);
        using var client = proxy.CreateClient();
        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var one = new byte[1];
        foreach (var c in "drip")
        {
            gate.Release();
            Assert.That(await body.ReadAsync(one), Is.EqualTo(1));
            Assert.That((char)one[0], Is.EqualTo(c));
        }
    }

    private static UpstreamHandler HalfAHead() => async e =>
    {
        await e.Connection.SendAsync("HTTP/1.1 200 OK\r\ncontent-le");
        e.Connection.Close();
    };
}
