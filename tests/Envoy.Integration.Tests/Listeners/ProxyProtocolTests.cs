using System.Buffers.Binary;
using System.Net;
using Envoy.Extensions;
using Envoy.Filters.Listener.ProxyProtocol;
using Envoy.Integration.Tests.Support;
using Envoy.Listeners.Filters;
using Envoy.Proxy;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Listeners;

/// <summary>The header that a proxy before us sends is taken away and believed; without one, or with a wrong one, nobody is served.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class ProxyProtocolTests(EngineKind engine) : ListenerFilterFixture(engine)
{
    private const string V1 = "PROXY TCP4 192.0.2.7 198.51.100.2 1000 443\r\n";

    private static readonly byte[] V2 = Header(0x21, 0x11, "c0000207c633640203e801bb");

    [Test]
    public async Task Header_InAnyTwoPieces_IsTakenAway()
    {
        await using var upstream = new FakeUpstream().OnConnection(async c => await c.SendAsync(await c.ReadToEndAsync()));
        await using var proxy = await StartTcp(upstream);
        foreach (var header in (byte[][])[Bytes(V1), V2])
        {
            for (var first = 1; first <= header.Length; first++)
            {
                using var client = await proxy.ConnectAsync();
                await client.SendAsync(header.AsMemory(0, first));
                await proxy.TurnAsync();
                byte[] rest = [.. header.AsSpan(first), .. "payload"u8];
                await client.SendAsync(rest);
                client.ShutdownSend();
                Assert.That(Text((await client.ReadToEndAsync()).Bytes), Is.EqualTo("payload"), $"{first} bytes first");
                var record = await proxy.AccessLog.NextAsync();
                Assert.That(
                    (record.DownstreamRemoteAddress?.ToString(), record.DownstreamLocalAddress?.ToString(), (record.DownstreamDirectRemoteAddress as IPEndPoint)?.Address),
                    Is.EqualTo(("192.0.2.7:1000", "198.51.100.2:443", IPAddress.Loopback)));
            }
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["proxy_proto.versions.v1.found"], Is.EqualTo(V1.Length));
            Assert.That(proxy.Statistics["proxy_proto.versions.v2.found"], Is.EqualTo(V2.Length));
            Assert.That(proxy.Statistics["downstream_cx_proxy_proto_error"], Is.Zero);
        }
    }

    [Test]
    public async Task Header_ByteByByte_IsTakenAway()
    {
        await using var proxy = await Start(l => l.AddProxyProtocol().AddEcho());
        using var client = await proxy.ConnectAsync();
        foreach (var one in Bytes(V1 + "x"))
        {
            await client.SendAsync(new[] { one });
            await proxy.TurnAsync();
        }

        Assert.That(Text(await client.ReadExactlyAsync(1)), Is.EqualTo("x"));
    }

    [Test]
    public async Task Header_BeforeHttp_IsTheClientsAddress()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureHttp = h => h with { UseRemoteAddress = true },
            Configure = WithFilter(new ProxyProtocolOptions()),
        });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(V1 + "GET / HTTP/1.1\r\nhost: test\r\n\r\n");
        Assert.That(response.Status, Is.EqualTo(200));
        Assert.That(upstream.Requests[0].Headers["x-forwarded-for"], Is.EqualTo("192.0.2.7"));
        Assert.That((await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\n\r\n")).Status, Is.EqualTo(200), "the header comes once a connection");
        var record = await proxy.AccessLog.NextAsync();
        Assert.That(record.DownstreamRemoteAddress?.ToString(), Is.EqualTo("192.0.2.7:1000").Or.EqualTo("192.0.2.7:0"));
        Assert.That((record.DownstreamDirectRemoteAddress as IPEndPoint)?.Address, Is.EqualTo(IPAddress.Loopback));
    }

    [TestCase("PROXY UNKNOWN\r\n")]
    [TestCase("\r\n\r\n\0\r\nQUIT\n\u0020\0\0\0")]
    public async Task Header_OfTheProxyItself_LeavesTheAddresses(string header)
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.SendAsync("hi"));
        await using var proxy = await StartTcp(upstream);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(header);
        Assert.That(Text((await client.ReadToEndAsync()).Bytes), Is.EqualTo("hi"));
        client.Dispose();
        var record = await proxy.AccessLog.NextAsync();
        Assert.That(record.DownstreamRemoteAddress, Is.EqualTo(record.DownstreamDirectRemoteAddress));
        Assert.That(record.DownstreamLocalAddress, Is.EqualTo(proxy.Address));
    }

    [TestCase("GET / HTTP/1.1\r\n", "proxy_proto.not_found_disallowed")]
    [TestCase("PROXY TCP4 192.0.2.1\r\n", "proxy_proto.versions.v1.error")]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.2 1000 443 and so on without an end for so long that nobody waits for it any more ..........", "proxy_proto.versions.v1.error")]
    [TestCase("\r\n\r\n\0\r\nQUIT\n\u0011\u0011\0\u000c............", "proxy_proto.versions.v2.error")]
    [TestCase("\r\n\r\n\0\r\nQUIT\n!1\0\u000c............", "proxy_proto.versions.v2.error", Description = "a Unix socket")]
    public async Task Header_MissingOrWrong_ClosesAndCounts(string bytes, string statistic)
    {
        await using var proxy = await Start(l => l.AddProxyProtocol().AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(bytes);
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        await proxy.WaitForAsync(statistic);
        await proxy.WaitForAsync("downstream_cx_proxy_proto_error");
        await AssertQuiet(proxy);
    }

    [Test]
    public async Task Header_Missing_AllowedServesAsItIs()
    {
        await using var proxy = await Start(l => l.AddProxyProtocol(new() { AllowRequestsWithoutProxyProtocol = true, StatPrefix = "p" }).AddEcho());
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync("hello");
            Assert.That(Text(await client.ReadExactlyAsync(5)), Is.EqualTo("hello"));
        }

        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(V1 + "hello");
            Assert.That(Text(await client.ReadExactlyAsync(5)), Is.EqualTo("hello"));
        }

        Assert.That(proxy.Statistics["proxy_proto.p.not_found_allowed"], Is.EqualTo(1));
        Assert.That(proxy.Statistics["proxy_proto.p.versions.v1.found"], Is.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Version_Disallowed_ClosesOrIsNoHeader(bool allowsNone)
    {
        await using var proxy = await Start(l => l
            .AddProxyProtocol(new() { DisallowedVersions = [ProxyProtocolVersion.V1], AllowRequestsWithoutProxyProtocol = allowsNone }).AddEcho());
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(V1);
            if (allowsNone)
                Assert.That(Text(await client.ReadExactlyAsync(V1.Length)), Is.EqualTo(V1));
            else
                Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        }

        using (var client = await proxy.ConnectAsync())
        {
            byte[] bytes = [.. V2, .. "x"u8];
            await client.SendAsync(bytes);
            Assert.That(Text(await client.ReadExactlyAsync(1)), Is.EqualTo("x"));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["proxy_proto.versions.v1.disallowed"], Is.EqualTo(allowsNone ? 0 : 1));
            Assert.That(proxy.Statistics["proxy_proto.not_found_allowed"], Is.EqualTo(allowsNone ? 1 : 0));
            Assert.That(proxy.Statistics["proxy_proto.versions.v2.found"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Tlvs_AreNotedAndKept_AndALongHeaderIsWaitedFor()
    {
        var found = new TaskCompletionSource<(string? Value, int Kept)>();
        var long_ = new string('é', 1000);
        byte[] tlvs =
        [
            0xEA, 0, 3, (byte)'a', 0xFF, (byte)'b',
            0x04, (byte)(long_.Length >> 8), (byte)long_.Length, .. Bytes(long_),
            0x05, 0, 0,
        ];
        await using var proxy = await Start(l => l
            .AddProxyProtocol(new() { Rules = [new(0xEA, "id")], PassThrough = new() { IsAll = false, Types = [4, 5] } })
            .AddListenerFilter("see", new CustomListenerFilterOptions(() => new Seer(c => found.SetResult((
                c.Connection.Details?.Metadata?.GetValueOrDefault(("envoy.filters.listener.proxy_protocol", "id")), c.Connection.Details!.ProxyProtocolTlvs.Count)))))
            .AddEcho());
        using var client = await proxy.ConnectAsync();
        byte[] bytes = [.. Header(0x21, 0x11, "c0000207c633640203e801bb", tlvs), .. "x"u8];
        await client.SendAsync(bytes.AsMemory(0, 300));
        await proxy.TurnAsync();
        await client.SendAsync(bytes.AsMemory(300));
        Assert.That(Text(await client.ReadExactlyAsync(1)), Is.EqualTo("x"));
        Assert.That(await found.Task, Is.EqualTo(((string?)"a!b", 2)));
    }

    [Test]
    public async Task Tlvs_Broken_Close()
    {
        await using var proxy = await Start(l => l.AddProxyProtocol().AddEcho());
        foreach (var tlvs in (byte[][])[[1], [1, 0], [1, 0, 1], [1, 1, 0, 2]])
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync(Header(0x21, 0x11, "c0000207c633640203e801bb", tlvs));
            Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        }

        await proxy.WaitForAsync("proxy_proto.versions.v2.error", v => v == 4);
    }

    [Test]
    public async Task Header_NeverWhole_IsClosedInTime()
    {
        await using var proxy = await Start(l => l.AddProxyProtocol().AddEcho());
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Header(0x21, 0x11, "c0000207c633640203e801bb", new byte[60_000]).AsMemory(0, 30_000));
        await proxy.WaitForAsync("listener.l.downstream_pre_cx_active");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(15));
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        Assert.That(proxy.Statistics["listener.l.downstream_pre_cx_timeout"], Is.EqualTo(1));
    }

    private Task<TestProxy> StartTcp(FakeUpstream upstream) => Start(
        l => l.AddProxyProtocol().AddTcpProxy("t", "up"),
        b => b.AddCluster("up", c => c.Endpoint("127.0.0.1", upstream.Port)));

    private static Func<ProxyConfig, ProxyConfig> WithFilter(ListenerFilterOptions options) =>
        c => c with { Listeners = [c.Listeners[0] with { ListenerFilters = [new ListenerFilterConfig("test", options)] }] };

    private static byte[] Header(int versionAndCommand, int family, string addresses, byte[]? tlvs = null)
    {
        byte[] payload = [.. Convert.FromHexString(addresses), .. tlvs ?? []];
        byte[] header = [.. "\r\n\r\n\0\r\nQUIT\n"u8, (byte)versionAndCommand, (byte)family, 0, 0, .. payload];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)payload.Length);
        return header;
    }

    /// <summary>Looks at what the filters before it have found.</summary>
    private sealed class Seer(Action<ListenerFilterCallbacks> see) : IListenerFilter
    {
        public ListenerFilterStatus OnAccept(ListenerFilterCallbacks callbacks)
        {
            see(callbacks);
            return ListenerFilterStatus.Continue;
        }
    }
}
