using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Envoy.Integration.Tests.Support;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Admin;

/// <summary>The admin interface over its own listener, as curl meets it.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed partial class AdminTests(EngineKind engine)
{
    [GeneratedRegex("""^(# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge|histogram|summary)|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="[^"]*",?)*\})? [-+0-9.eE]+|[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? (NaN|\+Inf)|)$""")]
    private static partial Regex PrometheusLine { get; }

    [Test]
    public async Task Ready_LiveProxy_SaysLive()
    {
        await using var proxy = await Start();
        using var admin = Client(proxy);
        using var response = await admin.GetAsync("/ready");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("LIVE\n"));
            Assert.That(response.Headers.CacheControl?.ToString(), Does.Contain("no-cache"));
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/plain"));
        }
    }

    [Test]
    public async Task Ready_DrainingProxy_Is503()
    {
        await using var proxy = await Start();
        using var admin = Client(proxy);
        await proxy.Proxy.DrainAsync();
        using var response = await admin.GetAsync("/ready");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("DRAINING\n"));
    }

    [Test]
    public async Task ServerInfo_Node_IsShown()
    {
        await using var proxy = await Start();
        using var admin = Client(proxy);
        using var info = JsonDocument.Parse(await admin.GetStringAsync("/server_info"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(info.RootElement.GetProperty("state").GetString(), Is.EqualTo("LIVE"));
            Assert.That(info.RootElement.GetProperty("version").GetString(), Is.Not.Empty);
            Assert.That(info.RootElement.GetProperty("node").GetProperty("id").GetString(), Is.EqualTo("me"));
        }
    }

    [Test]
    public async Task Stats_AfterTraffic_AreThoseOfTheTraffic()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream);
        using var client = proxy.CreateClient();
        for (var i = 0; i < 3; i++)
            await client.GetStringAsync("/");
        using var admin = Client(proxy);
        var text = await admin.GetStringAsync("/stats");
        Assert.That(text, Does.Contain("\nhttp.ingress.downstream_rq_2xx: 3\n").And.Contain("\ncluster.upstream.upstream_rq_total: 3\n").And.Contain("\nserver.live: 1\n"));

        var filtered = await admin.GetStringAsync("/stats?filter=^cluster\\.upstream\\.upstream_rq_2");
        Assert.That(filtered.TrimEnd().Split('\n'), Has.All.StartsWith("cluster.upstream.upstream_rq_2"));
        Assert.That(filtered, Does.Contain("cluster.upstream.upstream_rq_200: 3"));

        var used = await admin.GetStringAsync("/stats?usedonly");
        Assert.That(used.Split('\n'), Has.Length.LessThan(text.Split('\n').Length));
        Assert.That(used, Does.Contain("http.ingress.downstream_rq_2xx: 3").And.Not.Contain("downstream_rq_5xx:"));

        using var json = JsonDocument.Parse(await admin.GetStringAsync("/stats?format=json&filter=downstream_rq_2xx"));
        var stats = json.RootElement.GetProperty("stats").EnumerateArray().Where(s => s.TryGetProperty("name", out _))
            .ToDictionary(s => s.GetProperty("name").GetString()!, s => s.GetProperty("value").GetInt64());
        Assert.That(stats["http.ingress.downstream_rq_2xx"], Is.EqualTo(3));
        Assert.That((await admin.GetAsync("/stats?filter=(")).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Prometheus_EveryLine_Parses()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream);
        using var client = proxy.CreateClient();
        await client.GetStringAsync("/");
        using var admin = Client(proxy);
        using var response = await admin.GetAsync("/stats/prometheus");
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/plain"));
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n');
        Assert.That(lines.Where(l => !PrometheusLine.IsMatch(l)).Take(5), Is.Empty);
        Assert.That(lines, Does.Contain("envoy_cluster_upstream_rq_total{envoy_cluster_name=\"upstream\"} 1"));
        var types = lines.Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).ToList();
        Assert.That(types, Is.Unique, "a family is declared once");
        Assert.That(await admin.GetStringAsync("/stats?format=prometheus"), Does.Contain("# TYPE envoy_cluster_upstream_rq_total counter"));
    }

    [Test]
    public async Task Clusters_AfterTraffic_ShowTheHostsNumbers()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Ok(), Answers.Status(500));
        await using var proxy = await Start(upstream);
        using var client = proxy.CreateClient();
        for (var i = 0; i < 2; i++)
            await client.GetAsync("/");
        using var admin = Client(proxy);
        var host = $"upstream::{upstream.Address}::";
        var text = await admin.GetStringAsync("/clusters");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(text, Does.Contain($"{host}rq_total::2\n"));
            Assert.That(text, Does.Contain($"{host}rq_success::1\n"));
            Assert.That(text, Does.Contain($"{host}rq_error::1\n"));
            Assert.That(text, Does.Contain($"{host}cx_total::1\n"));
            Assert.That(text, Does.Contain($"{host}cx_active::1\n"));
            Assert.That(text, Does.Contain($"{host}health_flags::healthy\n"));
        }

        using var json = JsonDocument.Parse(await admin.GetStringAsync("/clusters?format=json"));
        Assert.That(json.RootElement.GetProperty("cluster_statuses")[0].GetProperty("name").GetString(), Is.EqualTo("upstream"));
    }

    [Test]
    public async Task Listeners_PortZero_ShowsTheRealPort()
    {
        await using var proxy = await Start();
        using var admin = Client(proxy);
        Assert.That(await admin.GetStringAsync("/listeners"), Is.EqualTo($"listener::127.0.0.1:{proxy.Port}\n"));
        using var json = JsonDocument.Parse(await admin.GetStringAsync("/listeners?format=json"));
        var address = json.RootElement.GetProperty("listener_statuses")[0].GetProperty("local_address").GetProperty("socket_address");
        Assert.That(address.GetProperty("port_value").GetInt32(), Is.EqualTo(proxy.Port));
    }

    [Test]
    public async Task QuitQuitQuit_Post_AsksForTheEnd_GetDoesNot()
    {
        await using var proxy = await Start();
        using var admin = Client(proxy);
        using (var wrong = await admin.GetAsync("/quitquitquit"))
            Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(proxy.Proxy.ShutdownRequested.IsCompleted, Is.False);
        using (var right = await admin.PostAsync("/quitquitquit", null))
        {
            Assert.That(right.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await right.Content.ReadAsStringAsync(), Is.EqualTo("OK\n"));
        }

        await proxy.Proxy.ShutdownRequested.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(proxy.Proxy.Completion.IsCompleted, Is.False, "it is asked for; the program decides");
    }

    [Test]
    public async Task ResetCounters_Post_SetsThemToZero()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream);
        using var client = proxy.CreateClient();
        await client.GetStringAsync("/");
        using var admin = Client(proxy);
        await admin.PostAsync("/reset_counters", null);
        Assert.That(await admin.GetStringAsync("/stats?filter=downstream_rq_2xx"), Does.Contain("http.ingress.downstream_rq_2xx: 0"));
    }

    [TestCase("/help", "admin commands are:")]
    [TestCase("/", "<title>Envoy Admin</title>")]
    [TestCase("/hot_restart_version", "")]
    public async Task Page_Get_IsThere(string path, string contains)
    {
        await using var proxy = await Start();
        using var admin = Client(proxy);
        Assert.That(await admin.GetStringAsync(path), Does.Contain(contains));
    }

    [Test]
    public async Task UnknownPath_Get_Is404WithTheHelp()
    {
        await using var proxy = await Start();
        using var admin = Client(proxy);
        using var response = await admin.GetAsync("/nowhere");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.StartWith("invalid path. admin commands are:"));
    }

    [Test]
    public async Task ManyRequests_OneConnection_AreAnswered()
    {
        await using var proxy = await Start();
        using var client = await RawClient.ConnectAsync(proxy.Proxy.AdminAddress!);
        for (var i = 0; i < 20; i++)
        {
            var head = await client.ExchangeAsync("GET /stats HTTP/1.1\r\nhost: admin\r\n\r\n");
            Assert.That(head.Status, Is.EqualTo(200));
            Assert.That(head.Body, Has.Length.EqualTo(int.Parse(head.Headers["content-length"]!, CultureInfo.InvariantCulture)));
            var post = await client.ExchangeAsync("POST /ready HTTP/1.1\r\nhost: admin\r\ncontent-length: 3\r\n\r\nabc");
            Assert.That(post.Status, Is.EqualTo(200));
        }
    }

    private async Task<TestProxy> Start(FakeUpstream? upstream = null)
    {
        var options = new TestProxyOptions
        {
            Engine = engine,
            Configure = c => c with { Admin = new() { Address = new Net.SocketAddressConfig("127.0.0.1", 0) }, Node = new() { Id = "me" } },
        };
        if (upstream is not null)
            return await TestProxy.ForwardTo(upstream, options);
        return await TestProxy.StartAsync(
            new ProxyConfigBuilder().AddListener("listener", l => l.Address("127.0.0.1", 0).AddEcho()).Build(), options);
    }

    private static HttpClient Client(TestProxy proxy) => new() { BaseAddress = new Uri($"http://{proxy.Proxy.AdminAddress}/") };
}
