using System.Net;
using Envoy.Integration.Tests.Support;
using Envoy.Listeners.Filters;
using Envoy.Listeners.Matching;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Listeners;

/// <summary>
/// Listener filters see a connection before anybody else, one after the other; they may wait, for bytes or for something else, and their time is bounded.
/// </summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class ListenerFilterTests(EngineKind engine) : ListenerFilterFixture(engine)
{
    [Test]
    public async Task OnData_Peeking_LeavesTheBytesForAll()
    {
        var seen = new List<string>();
        await using var proxy = await Start(l => Add(l, () => new Peeker(4, b => seen.Add("1:" + b)), () => new Peeker(6, b => seen.Add("2:" + b))).AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("abcdefgh");
        Assert.That(Text(await client.ReadExactlyAsync(8)), Is.EqualTo("abcdefgh"));
        Assert.That(seen, Is.EqualTo(new[] { "1:abcd", "2:abcdef" }));
    }

    [Test]
    public async Task OnData_InPieces_EachSeesAllFromTheBeginning()
    {
        var seen = new List<string>();
        await using var proxy = await Start(l => Add(l, () => new Peeker(4, seen.Add)).AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("ab");
        await proxy.WaitForAsync("listener.l.downstream_pre_cx_active");
        await WaitFor(proxy, () => seen.Count == 1);
        Assert.That(proxy.Statistics["listener.l.downstream_cx_total"], Is.Zero, "it has no filter chain yet");
        await client.SendAsync("cd");
        Assert.That(Text(await client.ReadExactlyAsync(4)), Is.EqualTo("abcd"));
        Assert.That(seen, Is.EqualTo(new[] { "ab", "abcd" }));
    }

    [Test]
    public async Task OnData_Drained_IsGoneForThoseAfter()
    {
        var seen = new List<string>();
        await using var proxy = await Start(l => Add(l, () => new Peeker(2, seen.Add) { Drains = 2 }, () => new Peeker(2, seen.Add)).AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("abcd");
        Assert.That(Text(await client.ReadExactlyAsync(2)), Is.EqualTo("cd"));
        Assert.That(seen, Is.EqualTo(new[] { "ab", "cd" }));
    }

    [Test]
    public async Task MostBytes_Growing_ShowsWhatIsThereAlready()
    {
        var seen = new List<string>();
        await using var proxy = await Start(l => Add(l, () => new Peeker(8, seen.Add) { FirstBytes = 2 }).AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("abcdefgh");
        Assert.That(Text(await client.ReadExactlyAsync(8)), Is.EqualTo("abcdefgh"));
        Assert.That(seen, Is.EqualTo(new[] { "ab", "abcdefgh" }));
    }

    [Test]
    public async Task MostBytes_MoreThanTheBufferLimit_IsReceivedAllTheSame()
    {
        await using var proxy = await Start(l => Add(l, () => new Peeker(10_000, _ => { })).AddEcho().With(c => c with { PerConnectionBufferLimitBytes = 1000 }));
        using var client = await proxy.ConnectAsync();
        var bytes = new byte[10_000];
        new Random(1).NextBytes(bytes);
        await client.SendAsync(bytes);
        Assert.That(await client.ReadExactlyAsync(bytes.Length), Is.EqualTo(bytes));
    }

    [Test]
    public async Task Continue_Later_GoesOnWithTheNextFilter()
    {
        var waiting = new TaskCompletionSource<ListenerFilterCallbacks>();
        var seen = new List<string>();
        await using var proxy = await Start(l => Add(l, () => new Waiter(waiting.SetResult), () => new Peeker(2, seen.Add)).AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("ab");
        var callbacks = await waiting.Task;
        await callbacks.Worker.InvokeAsync(callbacks.Continue);
        Assert.That(Text(await client.ReadExactlyAsync(2)), Is.EqualTo("ab"));
        await callbacks.Worker.InvokeAsync(callbacks.Continue);
        Assert.That(seen, Is.EqualTo(new[] { "ab" }), "once is enough");
    }

    [Test]
    public async Task Close_AtOnceOrLater_EndsTheConnection()
    {
        await using (var proxy = await Start(l => Add(l, () => new Decider(ListenerFilterStatus.Close)).AddEcho()))
        {
            using var client = await proxy.ConnectAsync();
            Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
            await AssertQuiet(proxy);
        }

        var waiting = new TaskCompletionSource<ListenerFilterCallbacks>();
        await using (var proxy = await Start(l => Add(l, () => new Waiter(waiting.SetResult)).AddEcho()))
        {
            using var client = await proxy.ConnectAsync();
            var callbacks = await waiting.Task;
            await callbacks.Worker.InvokeAsync(callbacks.Close);
            Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
            await AssertQuiet(proxy);
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Exception_OfAFilter_EndsItsConnectionOnly(bool inAccept)
    {
        var first = true;
        await using var proxy = await Start(l => Add(l, () =>
        {
            var throws = first;
            first = false;
            return new Peeker(1, _ => ThrowIf(throws && !inAccept)) { Accepting = () => ThrowIf(throws && inAccept) };
        }).AddEcho());
        using var broken = await proxy.ConnectAsync();
        await broken.SendAsync("x");
        Assert.That((await broken.ReadToEndAsync()).Bytes, Is.Empty);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("x");
        Assert.That(Text(await client.ReadExactlyAsync(1)), Is.EqualTo("x"));
        client.Dispose();
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Timeout_ClosesTheConnection()
    {
        var closed = 0;
        await using var proxy = await Start(l => Add(l, () => new Peeker(4, _ => { }) { Closing = () => closed++ }).AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("ab");
        await proxy.WaitForAsync("listener.l.downstream_pre_cx_active");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(14_999));
        Assert.That(proxy.Statistics["listener.l.downstream_pre_cx_active"], Is.EqualTo(1));
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["listener.l.downstream_pre_cx_timeout"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["listener.l.downstream_cx_total"], Is.Zero);
            Assert.That(closed, Is.EqualTo(1), "the filter was told");
        }
    }

    [Test]
    public async Task Timeout_Continuing_GoesOnWithWhatIsThere()
    {
        await using var proxy = await Start(l => Add(l, () => new Peeker(4, _ => { })).AddEcho()
            .With(c => c with { ContinueOnListenerFiltersTimeout = true, ListenerFiltersTimeout = TimeSpan.FromSeconds(1) }));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("ab");
        await proxy.WaitForAsync("listener.l.downstream_pre_cx_active");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.That(Text(await client.ReadExactlyAsync(2)), Is.EqualTo("ab"));
        Assert.That(proxy.Statistics["listener.l.downstream_pre_cx_timeout"], Is.EqualTo(1));
    }

    [Test]
    public async Task Timeout_Zero_IsNone()
    {
        await using var proxy = await Start(l => Add(l, () => new Peeker(4, _ => { })).AddEcho().With(c => c with { ListenerFiltersTimeout = TimeSpan.Zero }));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("ab");
        await proxy.WaitForAsync("listener.l.downstream_pre_cx_active");
        await proxy.AdvanceAsync(TimeSpan.FromDays(1));
        await client.SendAsync("cd");
        Assert.That(Text(await client.ReadExactlyAsync(4)), Is.EqualTo("abcd"));
    }

    [TestCase(false, "listener.l.downstream_listener_filter_remote_close")]
    [TestCase(true, "listener.l.downstream_listener_filter_error")]
    public async Task Client_GoneMeanwhile_IsCounted(bool reset, string statistic)
    {
        await using var proxy = await Start(l => Add(l, () => new Peeker(4, _ => { })).AddEcho());
        var client = await proxy.ConnectAsync();
        await client.SendAsync("ab");
        await proxy.WaitForAsync("listener.l.downstream_pre_cx_active");
        if (reset)
            client.Reset();
        client.Dispose();
        await proxy.WaitForAsync(statistic);
        await AssertQuiet(proxy);
        Assert.That(proxy.Statistics["listener.l.downstream_cx_total"], Is.Zero);
    }

    [Test]
    public async Task Disabled_ByPort_IsNotRun()
    {
        var calls = 0;
        ListenerFilterMatchConfig here = new PortRangeListenerMatchConfig(1, 65536);
        await using var proxy = await Start(l => l
            .AddListenerFilter("not here", Of(() => new Decider(ListenerFilterStatus.Close)), new OrListenerMatchConfig([new NotListenerMatchConfig(new AnyListenerMatchConfig()), here]))
            .AddListenerFilter("here", Of(() => new Decider(ListenerFilterStatus.Continue) { Asked = () => calls++ }), new AndListenerMatchConfig([here, new PortRangeListenerMatchConfig(1, 2)]))
            .AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("ab");
        Assert.That(Text(await client.ReadExactlyAsync(2)), Is.EqualTo("ab"));
        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    public async Task NoFilterChainMatches_ClosesAndCounts()
    {
        await using var proxy = await Start(l => l.FilterChain(new() { ServerNames = ["a.example"] }, c => c.AddEcho()));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        await proxy.WaitForAsync("listener.l.no_filter_chain_match");
        Assert.That(proxy.Statistics["listener.l.downstream_cx_total"], Is.Zero);
    }

    [Test]
    public async Task Found_ByAFilterOfCode_ChoosesTheChain()
    {
        await using var proxy = await Start(l => Add(l, () => new Decider(ListenerFilterStatus.Continue)
        {
            Finding = callbacks =>
            {
                callbacks.SetServerName("A.Example");
                callbacks.SetTransportProtocol("mine");
                callbacks.SetApplicationProtocols(["x", "y"]);
                callbacks.SetRemoteAddress(IPEndPoint.Parse("192.0.2.1:5"));
            },
        }).FilterChain(
            new()
            {
                ServerNames = ["a.example"],
                TransportProtocol = "mine",
                ApplicationProtocols = ["y"],
                SourcePrefixRanges = [new("192.0.2.0", 24)],
                DirectSourcePrefixRanges = [new("127.0.0.0", 8)],
                SourceType = ConnectionSourceType.External,
                SourcePorts = [5],
            },
            c => c.AddDirectResponse("chosen")).DefaultFilterChain(c => c.AddDirectResponse("default")));
        using var client = await proxy.ConnectAsync();
        Assert.That(Text((await client.ReadToEndAsync()).Bytes), Is.EqualTo("chosen"));
    }

    [Test]
    public async Task Redirected_ToAnotherListenersAddress_IsHandedOver()
    {
        IPEndPoint? wanted = null;
        await using var proxy = await Start(
            l => Add(l, () => new Decider(ListenerFilterStatus.Continue) { Finding = c => c.RestoreLocalAddress(wanted!) })
                .With(c => c with { UseOriginalDst = true }).AddDirectResponse("here"),
            b => b.AddListener("other", l => l.Address("127.0.0.1", 0).With(c => c with { StatPrefix = "other" }).AddDirectResponse("there")));
        wanted = (IPEndPoint)proxy.Proxy.GetListenerAddress("other")!;
        using (var client = await proxy.ConnectAsync())
            Assert.That(Text((await client.ReadToEndAsync()).Bytes), Is.EqualTo("there"));
        await proxy.WaitForAsync("listener.other.downstream_cx_total");
        Assert.That(proxy.Statistics["listener.l.downstream_cx_total"], Is.Zero);

        wanted = IPEndPoint.Parse("192.0.2.1:1");
        using (var client = await proxy.ConnectAsync())
            Assert.That(Text((await client.ReadToEndAsync()).Bytes), Is.EqualTo("here"), "nobody listens there");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task OriginalDst_NotRedirected_ServesItself()
    {
        Assume.That(OperatingSystem.IsLinux());
        await using var proxy = await Start(l => l.UseOriginalDst().AddDirectResponse("here"));
        using var client = await proxy.ConnectAsync();
        Assert.That(Text((await client.ReadToEndAsync()).Bytes), Is.EqualTo("here"));
    }

    [Test]
    public async Task LocalRateLimit_TooMany_AreClosedUntilTimeBringsTokens()
    {
        await using var proxy = await Start(l => l.AddLocalRateLimit("lim", new(2, TimeSpan.FromSeconds(10))).AddDirectResponse("in"));
        Assert.That(await Answers(4), Is.EqualTo("in,in,,"));
        await proxy.WaitForAsync("listener_local_ratelimit.lim.rate_limited", v => v == 2);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.That(await Answers(2), Is.EqualTo("in,"));

        async Task<string> Answers(int count)
        {
            var answers = new List<string>();
            for (var i = 0; i < count; i++)
            {
                using var client = await proxy.ConnectAsync();
                answers.Add(Text((await client.ReadToEndAsync()).Bytes));
            }

            return string.Join(',', answers);
        }
    }

    [Test]
    public async Task Stop_WithAWaitingConnection_EndsIt()
    {
        var proxy = await Start(l => Add(l, () => new Peeker(4, _ => { })).AddEcho());
        using var client = await proxy.ConnectAsync();
        await proxy.WaitForAsync("listener.l.downstream_pre_cx_active");
        await proxy.DisposeAsync();
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
    }

    private static ListenerBuilder Add(ListenerBuilder listener, params Func<IListenerFilter>[] filters)
    {
        for (var i = 0; i < filters.Length; i++)
            listener.AddListenerFilter($"test.{i}", Of(filters[i]));
        return listener;
    }

    private static CustomListenerFilterOptions Of(Func<IListenerFilter> create) => new(create);

    private static void ThrowIf(bool throws)
    {
        if (throws)
            throw new InvalidOperationException("as it was told");
    }

    private static async Task WaitFor(TestProxy proxy, Func<bool> isTrue)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isTrue())
            await proxy.TurnAsync(patience.Token);
    }

    /// <summary>Waits for so many bytes.</summary>
    private sealed class Peeker(int wanted, Action<string> see) : IListenerFilter
    {
        private ListenerFilterCallbacks _callbacks = null!;
        private bool _grown;

        public int FirstBytes { get; init; }

        public int Drains { get; init; }

        public Action? Accepting { get; init; }

        public Action? Closing { get; init; }

        public int MostBytes => FirstBytes > 0 && !_grown ? FirstBytes : wanted;

        public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
        {
            _callbacks = callbacks;
            Accepting?.Invoke();
            return ListenerFilterStatus.Wait;
        }

        public ListenerFilterStatus OnData(ReadOnlySpan<byte> received)
        {
            see(System.Text.Encoding.Latin1.GetString(received));
            _grown = true;
            if (received.Length < wanted)
                return ListenerFilterStatus.Wait;
            if (Drains > 0)
                _callbacks.Drain(Drains);
            return ListenerFilterStatus.Continue;
        }

        public void OnClose() => Closing?.Invoke();
    }

    /// <summary>Decides at once.</summary>
    private sealed class Decider(ListenerFilterStatus status) : IListenerFilter
    {
        public Action<ListenerFilterCallbacks>? Finding { get; init; }

        public Action? Asked { get; init; }

        public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
        {
            Asked?.Invoke();
            Finding?.Invoke(callbacks);
            return status;
        }
    }

    /// <summary>Waits for somebody else.</summary>
    private sealed class Waiter(Action<ListenerFilterCallbacks> tell) : IListenerFilter
    {
        public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
        {
            tell(callbacks);
            return ListenerFilterStatus.Wait;
        }
    }
}
