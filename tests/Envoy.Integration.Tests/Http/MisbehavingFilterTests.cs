using System.Collections.Concurrent;
using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Filters that use every freedom of the contract, and some that break it: the order of a message is kept, and nobody else suffers.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed partial class MisbehavingFilterTests(EngineKind engine) : HttpFixture(engine)
{
    private const string Post = "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\nbody";
    private const string PostTrailers = "POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx-trailer: 1\r\n\r\n";

    private readonly ConcurrentQueue<ScriptedFilter> _filters = new();

    public enum Hook
    {
        Attach,
        RequestHeaders,
        RequestData,
        RequestTrailers,
        Informational,
        ResponseHeaders,
        ResponseData,
        ResponseTrailers,
        StreamEnd,
    }

    [Test]
    public async Task PausedRequest_ResumedLate_GoesOnInOrder()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await Start(upstream, () => new ScriptedFilter { RequestHeaders = (_, _, _) => FilterStatus.Pause });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(PostTrailers);
        var filter = await FirstFilter(proxy);
        await proxy.TurnAsync();
        Assert.That(upstream.Connections, Is.Empty, "nothing passes a pause");
        filter.Later(c => c.ResumeRequest());
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("body"));
        Assert.That(upstream.Requests[0].Trailers["x-trailer"], Is.EqualTo("1"));
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
    }

    [Test]
    public async Task PausedResponse_ResumedLate_GoesOnInOrder()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.ChunkedWithTrailers(["one", "two"], ("x-trailer", "1")));
        var paused = new TaskCompletionSource();
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            ResponseHeaders = (_, _, _) =>
            {
                paused.TrySetResult();
                return FilterStatus.Pause;
            },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await paused.Task;
        await proxy.TurnAsync();
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_tx_bytes_total"], Is.Zero);
        (await FirstFilter(proxy)).Later(c => c.ResumeResponse());
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.BodyText, Is.EqualTo("onetwo"));
            Assert.That(response.Trailers["x-trailer"], Is.EqualTo("1"));
        }
    }

    [Test]
    public async Task PausedForEver_ClientThatLeaves_EndsTheFilter_AndALateResumeIsHarmless()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, () => new ScriptedFilter { RequestHeaders = (_, headers, _) => headers.Contains("x-pause"u8) ? FilterStatus.Pause : FilterStatus.Continue });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nhost: test\r\nx-pause: 1\r\n\r\n");
        var filter = await FirstFilter(proxy);
        client.Dispose();
        await filter.Ended;
        filter.Later(c =>
        {
            c.ResumeRequest();
            c.ResumeResponse();
            c.SendLocalReply(new LocalReply(200, "late"));
            c.Reset();
        });
        await proxy.TurnAsync();
        await AssertQuiet(proxy);
        await AssertServes(proxy);
        Assert.That(filter.Ends, Is.EqualTo(1));
    }

    [Test]
    public async Task LateCallsOfAnEndedStream_DoNotTouchTheNextOne()
    {
        // The next stream on the worker uses the same chain object: what an old filter still says must not reach it.
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Ok(), async e =>
        {
            await gate.Task;
            await e.RespondAsync(200, "second");
        });
        await using var proxy = await Start(upstream, () => new ScriptedFilter());
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        var old = await FirstFilter(proxy);
        await old.Ended;
        await client.SendAsync(Get);
        await upstream.ReceivedAsync(2);
        old.Later(c =>
        {
            c.ResumeRequest();
            c.ResumeResponse();
            c.SendLocalReply(new LocalReply(500, "stale"));
            c.Reset();
        });
        await proxy.TurnAsync();
        gate.SetResult();
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("second"));
    }

    [Test]
    public async Task ResumeInsideTheHookThatPauses_IsContinue()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            RequestHeaders = (f, _, _) =>
            {
                f.Callbacks.ResumeRequest();
                return FilterStatus.Pause;
            },
            ResponseHeaders = (f, _, _) =>
            {
                f.Callbacks.ResumeResponse();
                return FilterStatus.Pause;
            },
        });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Post)).BodyText, Is.EqualTo("body"));
    }

    [Test]
    public async Task HeldMessages_ReleasedAtTheirEnd_ArriveWhole()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Chunked("one ", "two ", "three"));
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            RequestHeaders = (_, _, end) => end ? FilterStatus.Continue : FilterStatus.Hold,
            RequestData = (_, _, end) => end ? FilterStatus.Continue : FilterStatus.Hold,
            ResponseHeaders = (_, _, end) => end ? FilterStatus.Continue : FilterStatus.Hold,
            ResponseData = (_, _, end) => end ? FilterStatus.Continue : FilterStatus.Hold,
        });
        using var client = await proxy.ConnectAsync();
        foreach (var part in new[] { "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\n", "bo", "d" })
        {
            await client.SendAsync(part);
            await proxy.TurnAsync();
        }

        Assert.That(upstream.Connections, Is.Empty);
        await client.SendAsync("y");
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("one two three"));
        Assert.That(upstream.Requests[0].BodyText, Is.EqualTo("body"));
    }

    [Test]
    public async Task HeldRequest_AboveTheLimit_Is413()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, () => new ScriptedFilter { RequestHeaders = Hold, RequestData = (_, _, _) => FilterStatus.Hold }, limit: 10_000);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 100000\r\n\r\n" + new string('x', 100_000));
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(413));
            Assert.That(response.BodyText, Is.EqualTo("Payload Too Large"));
            Assert.That(upstream.Connections, Is.Empty);
        }

        await AssertLogged(proxy, 413, ResponseFlags.None, "request_payload_too_large");
    }

    [Test]
    public async Task HeldRequest_AboveTheLimitThatAFilterHasSet_Is413()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            RequestHeaders = (f, _, end) =>
            {
                // Streams share nothing: the next one begins with the listener's limit again.
                if (!end)
                    f.Callbacks.BufferLimit = 3;
                return end ? FilterStatus.Continue : FilterStatus.Hold;
            },
            RequestData = (_, _, _) => FilterStatus.Hold,
            ResponseHeaders = (f, headers, _) =>
            {
                headers.Set("x-limit", f.Callbacks.BufferLimit.ToString(System.Globalization.CultureInfo.InvariantCulture));
                return FilterStatus.Continue;
            },
        }, limit: 10_000);
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Post)).Status, Is.EqualTo(413));
        using var next = await proxy.ConnectAsync();
        Assert.That((await next.ExchangeAsync(Get)).Headers["x-limit"], Is.EqualTo("10000"));
    }

    [Test]
    public async Task HoldResponse_UntilLetGo_StopsTheUpstream()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new string('x', 4_000_000)));
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            ResponseHeaders = (f, _, _) =>
            {
                f.Callbacks.HoldResponse(true);
                return FilterStatus.Continue;
            },
        }, limit: 10_000);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_paused_reading_total");
        var received = proxy.Statistics["cluster.upstream.upstream_cx_rx_bytes_total"];
        for (var i = 0; i < 20; i++)
            await proxy.TurnAsync();
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_rx_bytes_total"], Is.EqualTo(received), "nothing more is read");
        (await FirstFilter(proxy)).Later(c => c.HoldResponse(false));
        Assert.That((await client.ReadResponseAsync()).Body, Has.Length.EqualTo(4_000_000));
    }

    [Test]
    public async Task HoldResponse_ForEver_EndsWithTheClient()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new string('x', 4_000_000)));
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            ResponseHeaders = (f, _, _) =>
            {
                if (f.Callbacks.RequestHeaders.Contains("x-hold"u8))
                    f.Callbacks.HoldResponse(true);
                return FilterStatus.Continue;
            },
        });
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync("GET / HTTP/1.1\r\nhost: test\r\nx-hold: 1\r\n\r\n");
            await proxy.WaitForAsync("cluster.upstream.upstream_flow_control_paused_reading_total");
        }

        var filter = await FirstFilter(proxy);
        await filter.Ended;
        filter.Later(c => c.HoldResponse(true));
        await AssertQuiet(proxy);
        await AssertServes(proxy);
    }

    [Test]
    public async Task HeldResponse_AboveTheLimit_Is500()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Ok(new string('x', 100_000)));
        await using var proxy = await Start(upstream, () => new ScriptedFilter { ResponseHeaders = Hold, ResponseData = (_, _, _) => FilterStatus.Hold }, limit: 10_000);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        Assert.That(response.Status, Is.EqualTo(500));
        await AssertLogged(proxy, 500, ResponseFlags.None, "response_payload_too_large");
        await upstream.EndedAsync();
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task PausedUpload_AboveTheLimit_HoldsTheClientBack_AndArrivesWhole()
    {
        var body = Bytes(5_000_000);
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await Start(upstream, () => new ScriptedFilter { RequestHeaders = (_, _, _) => FilterStatus.Pause }, limit: 10_000);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {body.Length}\r\n\r\n");
        var sending = client.SendAsync(body);
        var filter = await FirstFilter(proxy);
        await proxy.WaitForAsync("http.ingress.downstream_cx_rx_bytes_total", v => v > 10_000);
        for (var i = 0; i < 50; i++)
            await proxy.TurnAsync();
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_rx_bytes_total"], Is.LessThan(200_000));
        filter.Later(c => c.ResumeRequest());
        var response = client.ReadResponseAsync();
        await sending;
        var echo = await response;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(echo.Status, Is.EqualTo(200), echo.BodyText.Length > 1000 ? "" : echo.BodyText);
            Assert.That(echo.Body, Has.Length.EqualTo(body.Length));
            Assert.That(echo.Body.AsSpan().CommonPrefixLength(body), Is.EqualTo(body.Length));
        }
    }

    [Test]
    public async Task BodyAdded_ToMessagesThatHadNone_IsTheirBody()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200));
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            RequestHeaders = (f, _, _) => Add(f, "added request", f.Callbacks.AddRequestData),
            ResponseHeaders = (f, headers, _) =>
            {
                headers.Remove("content-length"u8);
                return Add(f, "added response", f.Callbacks.AddResponseData);
            },
        });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.BodyText, Is.EqualTo("added request"));
            Assert.That(response.BodyText, Is.EqualTo("added response"));
        }

        static FilterStatus Add(ScriptedFilter filter, string text, Action<ByteQueue> add)
        {
            filter.Taken.Append(System.Text.Encoding.ASCII.GetBytes(text));
            add(filter.Taken);
            return FilterStatus.Continue;
        }
    }

    [Test]
    public async Task TrailersAdded_AtTheEnd_Arrive()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Chunked("body"));
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            RequestData = (f, _, end) =>
            {
                if (end)
                    f.Callbacks.AddRequestTrailers().Add("x-request", "1");
                return FilterStatus.Continue;
            },
            ResponseData = (f, _, end) =>
            {
                if (end)
                    f.Callbacks.AddResponseTrailers().Add("x-response", "2");
                return FilterStatus.Continue;
            },
        });
        using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n");
            var request = await upstream.ReceivedAsync(i + 1);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(response.BodyText, Is.EqualTo("body"));
                Assert.That(response.Trailers.All("x-response"), Is.EqualTo(["2"]));
                Assert.That(request.BodyText, Is.EqualTo("body"));
                Assert.That(request.Trailers.All("x-request"), Is.EqualTo(["1"]));
            }
        }
    }

    [Test]
    public async Task TakenBytes_InjectedLate_ArriveOnce()
    {
        var requestTaken = new TaskCompletionSource();
        var responseTaken = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            RequestData = (f, data, end) =>
            {
                if (end)
                    requestTaken.TrySetResult();
                return f.Take(data);
            },
            ResponseData = (f, data, end) =>
            {
                if (end)
                    responseTaken.TrySetResult();
                return f.Take(data);
            },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post);
        var filter = await FirstFilter(proxy);
        await requestTaken.Task;
        filter.Later(c => c.InjectRequestData(filter.Taken, endStream: true));
        await responseTaken.Task;
        filter.Later(c => c.InjectResponseData(filter.Taken, endStream: true));
        var response = await client.ReadResponseAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.BodyText, Is.EqualTo("body"));
            Assert.That(upstream.Requests[0].BodyText, Is.EqualTo("body"));
        }
    }

    [Test]
    public async Task HeldBody_ChangedInPlace_IsWhatArrives()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Echo());
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            RequestHeaders = (_, headers, _) =>
            {
                headers.Remove("content-length"u8);
                return FilterStatus.Hold;
            },
            RequestData = (f, data, end) =>
            {
                data.Clear();
                data.Append("replaced"u8);
                return end ? FilterStatus.Continue : FilterStatus.Hold;
            },
        });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Post)).BodyText, Is.EqualTo("replaced"));
    }

    [Test]
    public async Task AnswerWhileTheResponseIsUnderWay_ResetsTheStream()
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().Answer(async e =>
        {
            await e.SendHeadersAsync(200, ("content-length", "10"));
            await gate.Task;
            await e.Connection.SendAsync("0123456789");
        });
        await using var proxy = await Start(upstream, () => new ScriptedFilter
        {
            ResponseData = (f, _, _) =>
            {
                f.Callbacks.SendLocalReply(new LocalReply(500, "too_late"));
                return FilterStatus.Continue;
            },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("http.ingress.downstream_cx_tx_bytes_total");
        gate.SetResult();
        var (bytes, _) = await client.ReadToEndAsync();
        Assert.That(System.Text.Encoding.ASCII.GetString(bytes), Does.StartWith("HTTP/1.1 200").And.EndWith("\r\n\r\n"));
        await AssertLogged(proxy, 200, ResponseFlags.None, "too_late");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task SeveralFilters_RunInOrderOnTheRequest_AndInReverseOnTheResponse()
    {
        await using var upstream = new FakeUpstream();
        var order = new ConcurrentQueue<string>();
        ScriptedFilter Make(string name) => new()
        {
            RequestHeaders = (_, _, _) =>
            {
                order.Enqueue("request " + name);
                return FilterStatus.Continue;
            },
            ResponseHeaders = (_, _, _) =>
            {
                order.Enqueue("response " + name);
                return FilterStatus.Continue;
            },
        };
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { Filters = [() => Make("a"), () => Make("b")] });
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        Assert.That(order, Is.EqualTo(["request a", "request b", "response b", "response a"]));
    }

    private static FilterStatus Hold(ScriptedFilter filter, Envoy.Http.Headers.HeaderMap headers, bool endStream) => FilterStatus.Hold;

    private static async Task<int> ReadFinal(RawClient client)
    {
        while (true)
        {
            var response = await client.ReadResponseAsync();
            if (response.Status >= 200)
                return response.Status;
        }
    }

    private async Task<ScriptedFilter> FirstFilter(TestProxy proxy)
    {
        await proxy.WaitForAsync("http.ingress.downstream_rq_total");
        while (_filters.IsEmpty)
            await proxy.TurnAsync();
        return _filters.First();
    }

    private Task<TestProxy> Start(FakeUpstream upstream, Func<ScriptedFilter> create, uint limit = 1024 * 1024) => TestProxy.ForwardTo(upstream, Options with
    {
        Filters =
        [
            () =>
            {
                var filter = create();
                _filters.Enqueue(filter);
                return filter;
            },
        ],
        ConfigureHttp = h => h with { EnableTrailers = true, Proxy100Continue = true },
        Configure = p => p with { Listeners = [p.Listeners[0] with { PerConnectionBufferLimitBytes = limit }] },
    });
}
