using System.Collections.Concurrent;
using Envoy.Buffers;
using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Filters that end a stream, on purpose or not, in each hook.</summary>
public sealed partial class MisbehavingFilterTests
{
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
}
