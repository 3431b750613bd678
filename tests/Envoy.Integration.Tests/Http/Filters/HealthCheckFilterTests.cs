using System.Net;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The health check filter answers for the proxy, for its clusters, or with what the upstream said a moment ago.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class HealthCheckFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string Check = "GET /health HTTP/1.1\r\nhost: test\r\n\r\n";
    private const string Node = "node: { id: n, cluster: mine }";

    [TestCase(Check)]
    [TestCase("POST /health HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\nbody")]
    [TestCase("POST /health HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx-trailer: 1\r\n\r\n")]
    public async Task Check_WithoutPassThrough_IsAnsweredHere(string request)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("pass_through_mode: false"), top: Node);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(request);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Body, Is.Empty);
            Assert.That(response.Headers["x-envoy-upstream-healthchecked-cluster"], Is.EqualTo("mine"));
            Assert.That(upstream.Connections, Is.Empty);
            Assert.That(proxy.Statistics["http.ingress.health_check.request_total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.health_check.ok"], Is.EqualTo(1));
        }

        await AssertLogged(proxy, 200, ResponseFlags.None, "health_check_ok");
    }

    [Test]
    public async Task OtherRequest_IsForwarded()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("pass_through_mode: false"), top: Node);
        using var client = await proxy.ConnectAsync();
        // The pooled filter has answered one before.
        await client.ExchangeAsync(Check);
        var response = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.BodyText, Is.EqualTo("ok"));
            Assert.That(response.Headers.Contains("x-envoy-upstream-healthchecked-cluster"), Is.False);
            Assert.That(response.Headers.Contains("x-envoy-immediate-health-check-fail"), Is.False);
        }
    }

    [Test]
    public async Task Check_SetsWhatTheAccessLogTells()
    {
        var checks = new System.Collections.Concurrent.ConcurrentQueue<bool>();
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter("pass_through_mode: false"), options: Options with
        {
            Filters = [() => new ScriptedFilter { StreamEnd = f => checks.Enqueue(f.Callbacks.StreamInfo.IsHealthCheck) }],
        });
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Check);
        await client.ExchangeAsync(Get);
        await proxy.WaitForAsync("http.ingress.downstream_rq_active", v => v == 0);
        Assert.That(checks, Is.EqualTo([true, false]));
    }

    [TestCase("upstream: { value: 100 }", 200, "health_check_ok_cluster_healthy", "ok")]
    [TestCase("empty: { value: 0 }", 200, "health_check_ok_cluster_healthy", "ok")]
    [TestCase("upstream: { value: 100 }, empty: { value: 1 }", 503, "health_check_failed_cluster_empty", "failed_cluster_empty")]
    [TestCase("nobody: { value: 0 }", 503, "health_check_failed_no_cluster_found", "failed_cluster_not_found")]
    public async Task Clusters_DecideAboutTheAnswer(string percentages, int status, string details, string statistic)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"pass_through_mode: false, cluster_min_healthy_percentages: {{ {percentages} }}"), options: Options with
        {
            Configure = p => p with { Clusters = [.. p.Clusters, p.Clusters[0] with { Name = "empty", Endpoints = [] }] },
        });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Check)).Status, Is.EqualTo(status));
        await AssertLogged(proxy, status, status == 200 ? ResponseFlags.None : ResponseFlags.FailedLocalHealthCheck, details);
        Assert.That(proxy.Statistics["http.ingress.health_check." + statistic], Is.EqualTo(1));
    }

    [Test]
    public async Task PassThrough_WithoutACache_AsksEachTime()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(503), Answers.Ok());
        await using var proxy = await Start(upstream, Filter("pass_through_mode: true"), top: Node);
        using var client = await proxy.ConnectAsync();
        var first = await client.ExchangeAsync(Check);
        var second = await client.ExchangeAsync(Check);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Status, Is.EqualTo(503));
            Assert.That(first.Headers["x-envoy-upstream-healthchecked-cluster"], Is.EqualTo("mine"));
            Assert.That(second.Status, Is.EqualTo(200));
        }

        await AssertLogged(proxy, 503, ResponseFlags.None, "via_upstream");
    }

    [Test]
    public async Task PassThrough_WithACache_AsksOnceInItsTime()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(503, "", ("x-envoy-degraded", "")), Answers.Ok());
        await using var proxy = await Start(upstream, Filter("pass_through_mode: true, cache_time: 10s"), top: Node);
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Check)).Status, Is.EqualTo(503));
        await AssertLogged(proxy, 503, ResponseFlags.None, "via_upstream");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(9_999));
        var cached = await client.ExchangeAsync(Check);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(cached.Status, Is.EqualTo(503));
            Assert.That(cached.Headers.Contains("x-envoy-degraded"), Is.True);
            Assert.That(cached.Headers["x-envoy-upstream-healthchecked-cluster"], Is.EqualTo("mine"));
            Assert.That(upstream.Requests, Has.Count.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.health_check.cached_response"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.health_check.degraded"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.health_check.failed"], Is.EqualTo(1));
        }

        await AssertLogged(proxy, 503, ResponseFlags.FailedLocalHealthCheck, "health_check_cached");
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        Assert.That((await client.ExchangeAsync(Check)).Status, Is.EqualTo(200));
        Assert.That(upstream.Requests, Has.Count.EqualTo(2));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task HealthcheckFail_OfTheAdmin_FailsChecksUntilOk(bool passThrough)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream,
            Filter("pass_through_mode: " + (passThrough ? "true" : "false")),
            top: "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }");
        using var admin = new HttpClient { BaseAddress = new Uri($"http://{(IPEndPoint)proxy.Proxy.AdminAddress!}/") };
        using (var failed = await admin.PostAsync("/healthcheck/fail", null))
            Assert.That(await failed.Content.ReadAsStringAsync(), Is.EqualTo("OK\n"));
        using (var client = await proxy.ConnectAsync())
        {
            var check = await client.ExchangeAsync(Check);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(check.Status, Is.EqualTo(503));
                Assert.That(check.Headers["connection"], Is.EqualTo("close"), "whoever is to leave keeps no connection");
                Assert.That(upstream.Connections, Is.Empty);
            }
        }

        await AssertLogged(proxy, 503, ResponseFlags.FailedLocalHealthCheck, "health_check_failed");
        using (var client = await proxy.ConnectAsync())
        {
            var other = await client.ExchangeAsync(Get);
            Assert.That(other.Status, Is.EqualTo(200));
            Assert.That(other.Headers["x-envoy-immediate-health-check-fail"], Is.EqualTo("true"));
        }

        using (var ready = await admin.GetAsync("/ready"))
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        using (await admin.PostAsync("/healthcheck/ok", null))
        {
            using var client = await proxy.ConnectAsync();
            var check = await client.ExchangeAsync(Check);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(check.Status, Is.EqualTo(200));
                Assert.That(check.Headers.Contains("connection"), Is.False);
            }
        }

        Assert.That(await admin.GetStringAsync("/ready"), Is.EqualTo("LIVE\n"));
    }

    private static string Filter(string fields) => $$"""
        { name: envoy.filters.http.health_check, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck,
        headers: [ { name: ":path", string_match: { exact: /health } } ], {{fields}} } }
        """;
}
