using System.Text;
using Envoy.Integration.Tests.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;
using Google.Protobuf.WellKnownTypes;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>What calls and messages of gRPC and of the Connect protocol count.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class GrpcStatsFilterTests(EngineKind engine) : GrpcFilterFixture(engine)
{
    private const string Admin = "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }";

    [TestCase("stats_for_all_methods: true", "pkg.Service.Method.")]
    [TestCase("stats_for_all_methods: true, replace_dots_in_grpc_service_name: true", "pkg_Service.Method.")]
    [TestCase("individual_method_stats_allowlist: { services: [ { name: pkg.Service, method_names: [ Method ] } ] }", "pkg.Service.Method.")]
    [TestCase("individual_method_stats_allowlist: { services: [ { name: pkg.Service, method_names: [ Other ] } ] }", "")]
    [TestCase("stats_for_all_methods: false", "")]
    [TestCase("", "")]
    public async Task Call_IsCounted_UnderTheNameThatIsAskedFor(string fields, string name)
    {
        await using var upstream = Echo(9);
        await using var proxy = await Start(upstream, Filter(fields), options: OverHttp2);
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, [.. Message("a"), .. Message(""), .. Message("c")]);
        Assert.That((await client.ReadResponseAsync(1)).Trailers, Does.Contain(("grpc-status", "9")));
        using (Assert.EnterMultipleScope())
        {
            foreach (var (suffix, value) in new[] { ("9", 1), ("failure", 1), ("total", 1), ("request_message_count", 3), ("response_message_count", 3) })
                Assert.That(proxy.Statistics[$"cluster.upstream.grpc.{name}{suffix}"], Is.EqualTo(value), suffix);
        }
    }

    [Test]
    public async Task UpstreamTime_IsRecorded_WhereAskedFor()
    {
        await using var upstream = Echo();
        await using var proxy = await Start(upstream, Filter("enable_upstream_stats: true"), top: Admin, options: OverHttp2);
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Message("a"));
        await client.ReadResponseAsync(1);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.That(await AskAsync(proxy, "/stats?filter=upstream.grpc.upstream_rq_time"), Does.Contain("cluster.upstream.grpc.upstream_rq_time: P0("));
    }

    [Test]
    public async Task Methods_AreToldApart_UpToANumber()
    {
        await using var upstream = GrpcExchange.Serve(async c =>
        {
            _ = await c.AllAsync<Empty>();
            await c.RefuseAsync(12);
        });
        await using var proxy = await Start(upstream, Filter("stats_for_all_methods: true"), options: OverHttp2);
        using var client = await Http2Client.ConnectAsync(proxy);
        for (var i = 0; i <= 1000; i++)
        {
            var stream = (uint)((2 * i) + 1);
            await client.SendAsync(client.Headers(stream, true, (":method", "POST"), (":scheme", "http"), (":path", $"/s/m{i}"), (":authority", "test"), ("content-type", "application/grpc")));
            await client.ReadResponseAsync(stream);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.grpc.s.m999.total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.grpc.total"], Is.EqualTo(1), "the one above the limit");
        }
    }

    [TestCase(200, 1, 0)]
    [TestCase(404, 0, 1)]
    public async Task ConnectUnary_IsCountedByItsStatus(int status, int success, int failure)
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(status, "{}"));
        await using var proxy = await Start(upstream, Filter(""));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post("application/json", [.. "{}"u8], "connect-protocol-version: 1\r\n"));
        await client.ReadResponseAsync();
        AssertCounted(proxy, ("success", success), ("failure", failure), ("total", 1), ("request_message_count", 1), ("response_message_count", 1));
    }

    [TestCase("{}", 1, 0)]
    [TestCase("{\"error\":{\"code\":\"internal\"}}", 0, 1)]
    public async Task ConnectStreaming_IsCountedByItsLastFrame(string end, int success, int failure)
    {
        byte[] last = [2, 0, 0, 0, (byte)end.Length, .. Encoding.ASCII.GetBytes(end)];
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, Encoding.Latin1.GetString([.. Message("a"), .. Message("b"), .. last]), ("content-type", "application/connect+proto")));
        await using var proxy = await Start(upstream, Filter(""));
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post("application/connect+proto", Message("q"), "connect-protocol-version: 1\r\n"));
        await client.ReadResponseAsync();
        AssertCounted(proxy, ("success", success), ("failure", failure), ("total", 1), ("request_message_count", 1), ("response_message_count", 2));
    }

    [Test]
    public async Task OtherRequests_CountNothing()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("stats_for_all_methods: true"));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        Assert.That(proxy.Statistics["cluster.upstream.grpc.total"], Is.Zero);
    }

    // The cluster's own statistics: the status of a call stands in its trailers.
    [TestCase(0, 1, 0)]
    [TestCase(5, 1, 0)]
    [TestCase(14, 0, 1)]
    [TestCase(99, 0, 1)]
    public async Task Host_IsJudgedByTheStatusInTheTrailers(int status, int success, int error)
    {
        await using var upstream = Echo(status);
        await using var proxy = await Start(upstream, Filter(""), top: Admin, options: OverHttp2);
        using var client = await Http2Client.ConnectAsync(proxy);
        await CallAsync(client, 1, Message("a"));
        await client.ReadResponseAsync(1);
        Assert.That(await AskAsync(proxy, "/clusters"), Does.Contain($"rq_success::{success}\n").And.Contain($"rq_error::{error}\n"));
    }

    private static async Task<string> AskAsync(TestProxy proxy, string path)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://{proxy.Proxy.AdminAddress}{path}"));
    }

    private static void AssertCounted(TestProxy proxy, params (string Name, int Value)[] counters)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var (name, value) in counters)
                Assert.That(proxy.Statistics["cluster.upstream.grpc." + name], Is.EqualTo(value), name);
        }
    }

    private static string Filter(string fields) =>
        $$"""{ name: envoy.filters.http.grpc_stats, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig, {{fields}} } }""";
}
