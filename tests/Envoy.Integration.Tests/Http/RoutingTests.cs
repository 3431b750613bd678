using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>What a route does to a request and its response, on the wire.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class RoutingTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task HeaderChanges_AtThreeLevels_RunFromTheRouteToTheTable()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "ok", ("x-secret", "1")));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { RouteConfig = WithHeaders(h.RouteConfig) } });
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync("GET /a?b=c HTTP/1.1\r\nhost: test\r\nx-drop: 1\r\nx-set: old\r\n\r\n");
        var request = await upstream.ReceivedAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Headers.All("x-level"), Is.EqualTo(new[] { "route", "host", "table" }));
            Assert.That(request.Headers["x-path"], Is.EqualTo("/a?b=c via HTTP/1.1"));
            Assert.That(request.Headers["x-timeout"], Is.EqualTo("15000"), "what the router itself sets is there already");
            Assert.That(request.Headers["x-set"], Is.EqualTo("new"));
            Assert.That(request.Headers.Contains("x-drop"), Is.False);
            Assert.That(response.Headers["x-status"], Is.EqualTo("200 via_upstream"));
            Assert.That(response.Headers.Contains("x-secret"), Is.False);
        }
    }

    [Test]
    public async Task Rewrites_OfPathAndHost_KeepTheOriginals()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with
            {
                RegexRewrite = new RegexMatchAndSubstituteConfig("^/([^/]+)/([0-9]+)", @"/\2/\1"),
                HostRewrite = new LiteralHostRewriteConfig("inner"),
                AppendXForwardedHost = true,
            },
        });
        using var client = await proxy.ConnectAsync();

        _ = await client.ExchangeAsync("GET /users/17?q=1 HTTP/1.1\r\nhost: outer\r\n\r\n");
        var request = await upstream.ReceivedAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Path, Is.EqualTo("/17/users?q=1"));
            Assert.That(request.Headers["host"], Is.EqualTo("inner"));
            Assert.That(request.Headers["x-envoy-original-path"], Is.EqualTo("/users/17?q=1"));
            Assert.That(request.Headers["x-envoy-original-host"], Is.EqualTo("outer"));
            Assert.That(request.Headers["x-forwarded-host"], Is.EqualTo("outer"));
        }
    }

    [Test]
    public async Task ClusterHeader_ThatNamesNone_IsAnsweredAsConfigured()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { Cluster = "", ClusterHeader = "x-cluster", ClusterNotFoundResponseCode = 404 },
        });
        using var client = await proxy.ConnectAsync();

        Assert.That((await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: a\r\nx-cluster: upstream\r\n\r\n")).Status, Is.EqualTo(200));
        _ = await proxy.AccessLog.NextAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(404));
        await AssertLogged(proxy, 404, ResponseFlags.NoClusterFound, "cluster_not_found");
    }

    [Test]
    public async Task AttemptCount_WhereTheHostWantsIt_IsToldToBothSides()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Answers.Status(503));
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureRoute = r => r with { RetryPolicy = new RetryPolicyConfig { RetryOn = "5xx" } },
            ConfigureHttp = h => h with
            {
                RouteConfig = h.RouteConfig with
                {
                    VirtualHosts = [h.RouteConfig.VirtualHosts[0] with { IncludeRequestAttemptCount = true, IncludeAttemptCountInResponse = true, IncludeIsTimeoutRetryHeader = true }],
                },
            },
        });
        using var client = await proxy.ConnectAsync();

        await client.SendAsync(Get);
        await proxy.WaitForAsync("cluster.upstream.upstream_rq_retry", v => v == 1);
        await proxy.AdvanceAsync(TimeSpan.FromMilliseconds(250));

        Assert.That((await client.ReadResponseAsync()).Headers["x-envoy-attempt-count"], Is.EqualTo("2"));
        Assert.That((await upstream.ReceivedAsync(1)).Headers["x-envoy-attempt-count"], Is.EqualTo("1"));
        var second = await upstream.ReceivedAsync(2);
        Assert.That((second.Headers["x-envoy-attempt-count"], second.Headers["x-envoy-is-timeout-retry"]), Is.EqualTo(("2", "false")));
    }

    [Test]
    public async Task RequireTls_PlainRequest_IsRedirected()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            ConfigureHttp = h => h with { RouteConfig = h.RouteConfig with { VirtualHosts = [h.RouteConfig.VirtualHosts[0] with { RequireTls = TlsRequirement.All }] } },
        });
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync("GET /x?y HTTP/1.1\r\nhost: a.com\r\n\r\n");

        Assert.That((response.Status, response.Headers["location"]), Is.EqualTo((301, "https://a.com/x?y")));
    }

    [Test]
    public async Task InternalOnlyHeaders_OfAnyClient_AreTakenOff()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with { ConfigureHttp = h => h with { RouteConfig = h.RouteConfig with { InternalOnlyHeaders = ["X-Inside"] } } });
        using var client = await proxy.ConnectAsync();

        _ = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: a\r\nx-inside: 1\r\n\r\n");

        Assert.That((await upstream.ReceivedAsync()).Headers.Contains("x-inside"), Is.False);
    }

    private static RouteConfiguration WithHeaders(RouteConfiguration table)
    {
        var host = table.VirtualHosts[0];
        return table with
        {
            Headers = new HeaderMutationsConfig { RequestHeadersToAdd = [new("x-level", "table")] },
            VirtualHosts =
            [
                host with
                {
                    Headers = new HeaderMutationsConfig { RequestHeadersToAdd = [new("x-level", "host")], RequestHeadersToRemove = ["x-drop"] },
                    Routes =
                    [
                        host.Routes[0] with
                        {
                            Headers = new HeaderMutationsConfig
                            {
                                RequestHeadersToAdd =
                                [
                                    new("x-level", "route"),
                                    new("x-path", "%REQ(:PATH)% via %PROTOCOL%"),
                                    new("x-timeout", "%REQ(X-ENVOY-EXPECTED-RQ-TIMEOUT-MS)%"),
                                    new("x-set", "new") { AppendAction = HeaderAppendAction.OverwriteIfExists },
                                ],
                                ResponseHeadersToAdd = [new("x-status", "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%")],
                                ResponseHeadersToRemove = ["x-secret"],
                            },
                        },
                    ],
                },
            ],
        };
    }
}
