using System.Text.Json;
using Envoy.AccessLog;
using Envoy.Extensions;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Proxy;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>What access logs write, which exchanges they leave out, and when it is in the file.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class AccessLogTests(EngineKind engine) : HttpFixture(engine)
{
    private readonly string _folder = Directory.CreateTempSubdirectory("envoy-log-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "access.log");

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task File_WithoutFormat_WritesEnvoysLine()
    {
        await using var upstream = new FakeUpstream();
        await using (var proxy = await TestProxy.ForwardTo(upstream, Logging(new FileAccessLogOptions { Path = Path })))
        {
            using var client = await proxy.ConnectAsync();
            await client.ExchangeAsync("POST /path?q HTTP/1.1\r\nhost: test\r\nuser-agent: me\r\nx-request-id: id\r\ncontent-length: 5\r\n\r\nhello");
            await proxy.AccessLog.NextAsync();
        }

        var line = await File.ReadAllTextAsync(Path);
        Assert.That(line, Does.Match(
            """^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "POST /path\?q HTTP/1\.1" 200 - 5 2 0 0 "-" "me" "id" "test" "127\.0\.0\.1:\d+"\n$"""));
    }

    [Test]
    public async Task File_WithJson_KeepsTypesAndSortsKeys()
    {
        var json = new SubstitutionFormatConfig { Json = """{"status":"%RESPONSE_CODE%","agent":"%REQ(USER-AGENT)%","what":"%REQ(:METHOD)% %REQ(X-SAID)%","type":"%ACCESS_LOG_TYPE%"}""" };
        await using var upstream = new FakeUpstream();
        await using (var proxy = await TestProxy.ForwardTo(upstream, Logging(new FileAccessLogOptions { Path = Path, Format = json })))
        {
            using var client = await proxy.ConnectAsync();
            await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-said: \"hi\"\r\n\r\n");
            await proxy.AccessLog.NextAsync();
        }

        Assert.That(await File.ReadAllTextAsync(Path), Is.EqualTo(
            """{"agent":null,"status":200,"type":"DownstreamEnd","what":"GET \"hi\""}""" + "\n"));
    }

    [Test]
    public async Task Lines_WaitForTheInterval_OrForSomebodyWhoAsks()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Logging(Paths()));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET /1 HTTP/1.1\r\nhost: test\r\n\r\n");
        await proxy.AccessLog.NextAsync();
        Assert.That(await File.ReadAllTextAsync(Path), Is.Empty);
        Assert.That(proxy.Statistics["filesystem.write_buffered"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["filesystem.write_total_buffered"], Is.EqualTo(3));

        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        await proxy.WaitForAsync("filesystem.write_completed");
        await proxy.WaitForAsync("filesystem.write_total_buffered", v => v == 0);
        Assert.That(await File.ReadAllTextAsync(Path), Is.EqualTo("/1\n"));
        Assert.That(proxy.Statistics["filesystem.flushed_by_timer"], Is.EqualTo(1));

        await client.ExchangeAsync("GET /2 HTTP/1.1\r\nhost: test\r\n\r\n");
        await proxy.AccessLog.NextAsync();
        await proxy.Proxy.FlushAccessLogsAsync();
        Assert.That(await File.ReadAllTextAsync(Path), Is.EqualTo("/1\n/2\n"));
    }

    [Test]
    public async Task Lines_OfSeveralWorkersAndLogs_AreWholeInOneFile()
    {
        await using var upstream = new FakeUpstream();
        var log = Paths();
        await using (var proxy = await TestProxy.ForwardTo(upstream, Logging(log, log) with { Concurrency = 4, TimeProvider = TimeProvider.System }))
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async connection =>
            {
                using var client = await proxy.ConnectAsync();
                for (var i = 0; i < 50; i++)
                    await client.ExchangeAsync($"GET /{connection}/{i:D2}/{new string('x', 500)} HTTP/1.1\r\nhost: test\r\n\r\n");
            }));
        }

        var lines = await File.ReadAllLinesAsync(Path);
        var expected = from connection in Enumerable.Range(0, 8) from i in Enumerable.Range(0, 50) from twice in new[] { 1, 2 } select $"/{connection}/{i:D2}/{new string('x', 500)}";
        Assert.That(lines, Is.EquivalentTo(expected));
    }

    [Test]
    public async Task ReopenLogs_AfterTheFileWasMoved_WritesToANewOne()
    {
        await using var upstream = new FakeUpstream();
        var options = Logging(Paths()) with { Configure = c => c with { Admin = new AdminConfig { Address = new Net.SocketAddressConfig("127.0.0.1", 0) } } };
        await using var proxy = await TestProxy.ForwardTo(upstream, options);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET /old HTTP/1.1\r\nhost: test\r\n\r\n");
        await proxy.AccessLog.NextAsync();
        await proxy.Proxy.FlushAccessLogsAsync();
        File.Move(Path, Path + ".1");

        using var admin = await RawClient.ConnectAsync(proxy.Proxy.AdminAddress!);
        var answer = await admin.ExchangeAsync("POST /reopen_logs HTTP/1.1\r\nhost: admin\r\n\r\n");
        await client.ExchangeAsync("GET /new HTTP/1.1\r\nhost: test\r\n\r\n");
        await proxy.AccessLog.NextAsync();
        await proxy.Proxy.FlushAccessLogsAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.BodyText, Is.EqualTo("OK\n"));
            Assert.That(await File.ReadAllTextAsync(Path + ".1"), Is.EqualTo("/old\n"));
            Assert.That(await File.ReadAllTextAsync(Path), Is.EqualTo("/new\n"));
        }
    }

    [Test]
    public async Task FileThatCannotBeOpened_RefusesToStart()
    {
        await using var upstream = new FakeUpstream();
        var options = Logging(new FileAccessLogOptions { Path = System.IO.Path.Combine(_folder, "none", "access.log") });
        var error = await Assert.ThrowsAsync<ProxyStartException>(() => TestProxy.ForwardTo(upstream, options));
        Assert.That(error!.Message, Does.Contain("cannot write its access log").And.Contain("none"));
    }

    [Test]
    public async Task FileThatDoesNotKeepUp_LosesLinesAndCountsThem()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Ignore("needs a FIFO");
        var fifo = Path + ".fifo";
        using (var made = System.Diagnostics.Process.Start("mkfifo", fifo))
            await made.WaitForExitAsync();
        // Open for reading, or nobody could open it for writing; and never read before the end.
        using var reader = File.OpenHandle(fifo, FileMode.Open, FileAccess.ReadWrite);
        await using var upstream = new FakeUpstream();
        var text = new string('x', 40_000);
        var options = Logging(new FileAccessLogOptions { Path = fifo, Format = new SubstitutionFormatConfig { Text = text } });
        var proxy = await TestProxy.ForwardTo(upstream, options);
        using var client = await proxy.ConnectAsync();
        var sent = 0;
        while (proxy.Statistics["filesystem.write_dropped"] == 0)
        {
            await client.ExchangeAsync(Get);
            Assert.That(++sent, Is.LessThan(1000), "there must be a limit");
        }

        Assert.That(proxy.Statistics["filesystem.write_total_buffered"], Is.LessThanOrEqualTo(64 * 64 * 1024));
        // What waits is written once somebody reads; a byte of our own ends the last read.
        var stream = new FileStream(fifo, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        var read = 0L;
        var done = false;
        var reading = Task.Run(() =>
        {
            var buffer = new byte[1 << 16];
            while (!Volatile.Read(ref done))
                read += stream.Read(buffer);
        });
        await proxy.DisposeAsync();
        Volatile.Write(ref done, true);
        stream.WriteByte(0);
        await reading;
        await stream.DisposeAsync();
        Assert.That(read, Is.GreaterThan(10 * text.Length));
    }

    [TestCaseSource(nameof(Filters))]
    public async Task Filter_LetsThrough_WhatItSays(AccessLogFilterConfig filter, string expected)
    {
        await using var upstream = new FakeUpstream().Answer(r => r.Path == "/404", Answers.Status(404, "no"));
        var log = Paths();
        var options = Options with
        {
            Configure = WithRuntime,
            ConfigureHttp = h => h with
            {
                AccessLogs = [.. h.AccessLogs, new AccessLogConfig("file", log) { Filter = filter }],
                RouteConfig = h.RouteConfig with
                {
                    VirtualHosts =
                    [
                        h.RouteConfig.VirtualHosts[0] with
                        {
                            Routes = [h.RouteConfig.VirtualHosts[0].Routes[0] with { Match = new RouteMatchConfig { Path = new RegexMatchConfig("/200|/404") } }],
                        },
                    ],
                },
            },
        };
        await using (var proxy = await TestProxy.ForwardTo(upstream, options))
        {
            using var client = await proxy.ConnectAsync();
            foreach (var path in new[] { "/200", "/404", "/none" })
            {
                await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nhost: test\r\nx-request-id: 0000001e-0000\r\n\r\n");
                await proxy.AccessLog.NextAsync();
            }
        }

        Assert.That((await File.ReadAllTextAsync(Path)).Replace("\n", " ", StringComparison.Ordinal).Trim(), Is.EqualTo(expected));
    }

    [Test]
    public async Task Options_ForStartAndInterval_WriteEntriesBeforeTheEnd()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new FakeUpstream().Answer(async exchange =>
        {
            await held.Task;
            await exchange.RespondAsync(200, "ok");
        });
        var log = new FileAccessLogOptions { Path = Path, Format = new SubstitutionFormatConfig { Text = "%ACCESS_LOG_TYPE% %RESPONSE_CODE% %DURATION%\n" } };
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureHttp = h => h with
            {
                AccessLogs = [.. h.AccessLogs, new AccessLogConfig("file", log)],
                FlushAccessLogOnNewRequest = true,
                AccessLogFlushInterval = TimeSpan.FromSeconds(1),
            },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await upstream.StartedAsync();
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        held.SetResult();
        await client.ReadResponseAsync();
        await proxy.TurnAsync();
        await proxy.Proxy.FlushAccessLogsAsync();
        Assert.That(await File.ReadAllTextAsync(Path), Is.EqualTo("DownstreamStart 0 0\nDownstreamPeriodic 0 1000\nDownstreamEnd 200 1000\n"));
    }

    private static IEnumerable<TestCaseData> Filters()
    {
        static ComparisonConfig Is(ComparisonOperator op, uint value) => new(op, value);
        yield return new TestCaseData(new StatusCodeFilterConfig(Is(ComparisonOperator.Equal, 404)), "/404 /none");
        yield return new TestCaseData(new StatusCodeFilterConfig(Is(ComparisonOperator.NotEqual, 404)), "/200");
        yield return new TestCaseData(new StatusCodeFilterConfig(Is(ComparisonOperator.LessOrEqual, 399)), "/200");
        yield return new TestCaseData(new StatusCodeFilterConfig(new ComparisonConfig(ComparisonOperator.GreaterOrEqual, 100, "least")), "/404 /none");
        yield return new TestCaseData(new DurationFilterConfig(Is(ComparisonOperator.GreaterOrEqual, 1)), "");
        yield return new TestCaseData(new DurationFilterConfig(Is(ComparisonOperator.LessOrEqual, 0)), "/200 /404 /none");
        yield return new TestCaseData(new NotHealthCheckFilterConfig(), "/200 /404 /none");
        yield return new TestCaseData(new HeaderFilterConfig(new HeaderMatcherConfig(":path") { StringMatch = new StringMatcherConfig(StringMatchKind.Suffix, "0") }), "/200");
        yield return new TestCaseData(new ResponseFlagFilterConfig(), "/none");
        yield return new TestCaseData(new ResponseFlagFilterConfig { Flags = ["UH", "NR"] }, "/none");
        yield return new TestCaseData(new ResponseFlagFilterConfig { Flags = ["UH"] }, "");
        // 404 amounts to UNIMPLEMENTED, 200 to UNKNOWN as nothing says otherwise.
        yield return new TestCaseData(new GrpcStatusFilterConfig { Statuses = [12] }, "/404 /none");
        yield return new TestCaseData(new GrpcStatusFilterConfig { Statuses = [12], Exclude = true }, "/200");
        yield return new TestCaseData(new LogTypeFilterConfig { Types = [AccessLogType.DownstreamEnd] }, "/200 /404 /none");
        yield return new TestCaseData(new LogTypeFilterConfig { Types = [AccessLogType.DownstreamEnd], Exclude = true }, "");
        // The id's first digits are 30, below 31 of 100 and not below 30.
        yield return new TestCaseData(new RuntimeFilterConfig("unset") { PercentSampled = new FractionalPercentConfig(31) }, "/200 /404 /none");
        yield return new TestCaseData(new RuntimeFilterConfig("unset") { PercentSampled = new FractionalPercentConfig(30) }, "");
        yield return new TestCaseData(new RuntimeFilterConfig("all") { UseIndependentRandomness = true }, "/200 /404 /none");
        yield return new TestCaseData(
            new AndFilterConfig([new StatusCodeFilterConfig(Is(ComparisonOperator.Equal, 404)), new ResponseFlagFilterConfig()]), "/none");
        yield return new TestCaseData(
            new OrFilterConfig([new StatusCodeFilterConfig(Is(ComparisonOperator.Equal, 200)), new ResponseFlagFilterConfig()]), "/200 /none");
    }

    private static ProxyConfig WithRuntime(ProxyConfig config) => config with
    {
        LayeredRuntime = new RuntimeSettings.LayeredRuntimeConfig
        {
            Layers = [new RuntimeSettings.RuntimeLayerConfig("static") { Values = [new RuntimeSettings.RuntimeValueConfig("least", "400"), new RuntimeSettings.RuntimeValueConfig("all", "100")] }],
        },
    };

    private FileAccessLogOptions Paths() => new() { Path = Path, Format = new SubstitutionFormatConfig { Text = "%REQ(:PATH)%\n" } };

    private TestProxyOptions Logging(params AccessLogOptions[] logs) => Options with
    {
        ConfigureHttp = h => h with { AccessLogs = [.. h.AccessLogs, .. logs.Select(l => new AccessLogConfig("file", l))] },
    };
}
