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
public sealed class MisbehavingFilterTests(EngineKind engine) : HttpFixture(engine)
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
    public async Task Exception_ResetsItsOwnStreamOnly([Values] Hook hook)
    {
        var gate = new TaskCompletionSource();
        await using var upstream = new FakeUpstream()
            .Answer(r => r.Path == "/other", async e =>
            {
                await gate.Task;
                await e.RespondAsync(200, "other");
            })
            .Answer(Answers.Informational(103, Answers.ChunkedWithTrailers(["body"], ("x-trailer", "1"))));
        var armed = true;
        await using var proxy = await Start(upstream, () => Volatile.Read(ref armed) ? Acting(hook, static _ => throw new InvalidOperationException("a filter's own fault")) : new ScriptedFilter());
        Volatile.Write(ref armed, false);
        using var other = await proxy.ConnectAsync();
        await other.SendAsync("GET /other HTTP/1.1\r\nhost: test\r\n\r\n");
        await upstream.StartedAsync();
        Volatile.Write(ref armed, true);
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(PostTrailers);
            // At the end of the stream its exchange is over and cannot be spoilt.
            if (hook == Hook.StreamEnd)
                Assert.That(await ReadFinal(client), Is.EqualTo(200));
            else
                await client.ReadToEndAsync();
        }

        await proxy.AccessLog.NextAsync();
        Volatile.Write(ref armed, false);
        gate.SetResult();
        Assert.That((await other.ReadResponseAsync()).BodyText, Is.EqualTo("other"), "another stream goes on");
        await AssertQuiet(proxy);
        await proxy.WaitForAsync("http.ingress.downstream_cx_active", v => v == 1);
        Assert.That(proxy.Proxy.Completion.IsCompleted, Is.False, "the worker lives");
        using var next = await proxy.ConnectAsync();
        await next.SendAsync(Get);
        Assert.That(await ReadFinal(next), Is.EqualTo(200));
    }

    [TestCase(Hook.Attach, 418)]
    [TestCase(Hook.RequestHeaders, 418)]
    [TestCase(Hook.RequestData, 418)]
    [TestCase(Hook.RequestTrailers, 418)]
    [TestCase(Hook.Informational, 418)]
    [TestCase(Hook.ResponseHeaders, 418)]
    [TestCase(Hook.ResponseData, 0)]
    [TestCase(Hook.ResponseTrailers, 0)]
    [TestCase(Hook.StreamEnd, 200)]
    public async Task LocalReply_InEachHook_IsTheAnswerOrResets(Hook hook, int status)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Informational(103, Answers.ChunkedWithTrailers(["body"], ("x-trailer", "1"))));
        await using var proxy = await Start(upstream, () => Acting(hook, static f =>
        {
            if (!f.Callbacks.RequestHeaders.Contains("x-harmless"u8))
                f.Callbacks.SendLocalReply(new LocalReply(418, "teapot") { Body = "short and stout" });
        }));
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(PostTrailers);
            if (status > 0)
                Assert.That(await ReadFinal(client), Is.EqualTo(status));
            else
                await client.ReadToEndAsync();
        }

        var record = await proxy.AccessLog.NextAsync();
        if (status == 418)
            Assert.That(record.Details, Is.EqualTo("teapot"));
        await AssertQuiet(proxy);
        using var next = await proxy.ConnectAsync();
        await next.SendAsync("GET / HTTP/1.1\r\nhost: test\r\nx-harmless: 1\r\n\r\n");
        Assert.That(await ReadFinal(next), Is.EqualTo(200));
    }

    [Test]
    public async Task Reset_InEachHook_EndsTheStreamAtOnce([Values] Hook hook)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Informational(103, Answers.ChunkedWithTrailers(["body"], ("x-trailer", "1"))));
        var armed = true;
        await using var proxy = await Start(upstream, () => Volatile.Read(ref armed) ? Acting(hook, static f => f.Callbacks.Reset()) : new ScriptedFilter());
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(PostTrailers);
            if (hook == Hook.StreamEnd)
                Assert.That(await ReadFinal(client), Is.EqualTo(200));
            else
                await client.ReadToEndAsync();
        }

        await proxy.AccessLog.NextAsync();
        Volatile.Write(ref armed, false);
        await AssertQuiet(proxy);
        using var next = await proxy.ConnectAsync();
        await next.SendAsync(Get);
        Assert.That(await ReadFinal(next), Is.EqualTo(200));
    }

    [Test]
    public async Task FilterThatCannotBeMade_ResetsItsStreamOnly()
    {
        await using var upstream = new FakeUpstream();
        var made = 0;
        await using var proxy = await Start(upstream, () => Interlocked.Increment(ref made) == 1 ? throw new InvalidOperationException("no filter today") : new ScriptedFilter());
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Get);
            await client.ReadToEndAsync();
        }

        await AssertQuiet(proxy);
        await AssertServes(proxy);
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

    private static ScriptedFilter Acting(Hook hook, Action<ScriptedFilter> act)
    {
        FilterStatus Act(ScriptedFilter filter)
        {
            act(filter);
            return FilterStatus.Continue;
        }

        return hook switch
        {
            Hook.Attach => new ScriptedFilter { Attached = act },
            Hook.RequestHeaders => new ScriptedFilter { RequestHeaders = (f, _, _) => Act(f) },
            Hook.RequestData => new ScriptedFilter { RequestData = (f, _, _) => Act(f) },
            Hook.RequestTrailers => new ScriptedFilter { RequestTrailers = (f, _) => Act(f) },
            Hook.Informational => new ScriptedFilter { Informational = (f, _) => act(f) },
            Hook.ResponseHeaders => new ScriptedFilter { ResponseHeaders = (f, _, _) => Act(f) },
            Hook.ResponseData => new ScriptedFilter { ResponseData = (f, _, _) => Act(f) },
            Hook.ResponseTrailers => new ScriptedFilter { ResponseTrailers = (f, _) => Act(f) },
            _ => new ScriptedFilter { StreamEnd = act },
        };
    }

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
