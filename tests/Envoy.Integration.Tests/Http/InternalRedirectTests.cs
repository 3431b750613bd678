using Envoy.FilterChains.Http;
using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http;

/// <summary>Redirects of the upstream that the proxy follows itself.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class InternalRedirectTests(EngineKind engine) : HttpFixture(engine)
{
    [Test]
    public async Task Redirect_IsFollowed_AndTheClientSeesOnlyTheEnd()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Redirect(302, "http://other/new?x=1#part"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(new InternalRedirectPolicyConfig { ResponseHeadersToCopy = ["x-copied"] }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET /old HTTP/1.1\r\nhost: test:80\r\nx-request-id: id\r\n\r\n");
        var second = await upstream.ReceivedAsync(2);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((response.Status, response.BodyText), Is.EqualTo((200, "ok")));
            Assert.That(second.Path, Is.EqualTo("/new?x=1"));
            Assert.That(second.Headers["host"], Is.EqualTo("other"));
            Assert.That(second.Headers["x-envoy-original-url"], Is.EqualTo("http://test:80/old"));
            Assert.That(second.Headers["x-copied"], Is.EqualTo("yes"));
            Assert.That(second.Headers["x-request-id"], Is.EqualTo("id"));
        }

        await AssertLogged(proxy, 302, ResponseFlags.None, "internal_redirect");
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        await AssertQuiet(proxy);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["cluster.upstream.upstream_internal_redirect_succeeded_total"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_3xx"], Is.Zero);
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_2xx"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.downstream_rq_total"], Is.EqualTo(2));
        }

        // The connection serves on, and the count of redirects begins anew.
        upstream.AnswerNext(Redirect(302, "http://other/again"));
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Body_GoesAlong_AsDoTrailers()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Redirect(307, "http://test/new"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(new InternalRedirectPolicyConfig { RedirectResponseCodes = [307] }, h => h with { EnableTrailers = true }));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST /old HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-end: 1\r\n\r\n");
        var second = await upstream.ReceivedAsync(2);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That((second.Method, second.Path, second.BodyText), Is.EqualTo(("POST", "/new", "hello")));
            Assert.That(second.Trailers["x-end"], Is.EqualTo("1"));
        }
    }

    [Test]
    public async Task SeeOther_BecomesAGetWithoutBody()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Redirect(303, "http://test/new"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(new InternalRedirectPolicyConfig { RedirectResponseCodes = [303] }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("POST /old HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nhello");
        var second = await upstream.ReceivedAsync(2);
        Assert.That((second.Method, second.BodyText, second.Headers.Contains("content-length")), Is.EqualTo(("GET", "", false)));
    }

    [TestCaseSource(nameof(NotFollowed))]
    public async Task Redirect_ThatMayNotBeFollowed_GoesToTheClient(InternalRedirectPolicyConfig policy, string location, string? statistic)
    {
        await using var upstream = new FakeUpstream().Answer(Redirect(302, location));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(policy));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Get);
        Assert.That((response.Status, response.Headers["location"]), Is.EqualTo((302, location)));
        if (statistic is not null)
        {
            Assert.That(proxy.Statistics["http.ingress.passthrough_internal_redirect_" + statistic], Is.EqualTo(1));
            Assert.That(proxy.Statistics["cluster.upstream.upstream_internal_redirect_failed_total"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Redirect_WithoutARoute_GoesToTheClient()
    {
        await using var upstream = new FakeUpstream().Answer(Redirect(302, "http://elsewhere/"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(
            new InternalRedirectPolicyConfig(),
            h => h with { RouteConfig = h.RouteConfig with { VirtualHosts = [h.RouteConfig.VirtualHosts[0] with { Domains = ["test"] }] } }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(302));
        Assert.That(proxy.Statistics["http.ingress.passthrough_internal_redirect_no_route"], Is.EqualTo(1));
    }

    [Test]
    public async Task BodyThatIsTooLong_IsNotKept_AndTheRedirectGoesToTheClient()
    {
        await using var upstream = new FakeUpstream().Answer(Redirect(302, "http://test/new"));
        var options = Following(new InternalRedirectPolicyConfig());
        await using var proxy = await TestProxy.ForwardTo(upstream, options with
        {
            Configure = c => c with { Listeners = [c.Listeners[0] with { PerConnectionBufferLimitBytes = 1000 }] },
        });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync($"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 5000\r\n\r\n{new string('x', 5000)}");
        Assert.That(response.Status, Is.EqualTo(302));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_internal_redirect_failed_total"], Is.EqualTo(1));
    }

    [Test]
    public async Task PreviousRoutes_LetALoopEnd()
    {
        await using var upstream = new FakeUpstream().Answer(Redirect(302, "http://test/loop"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(new InternalRedirectPolicyConfig { MaxInternalRedirects = 10, Predicates = [new PreviousRoutesConfig()] }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(302));
        Assert.That(upstream.Requests, Has.Count.EqualTo(2));
        Assert.That(proxy.Statistics["http.ingress.passthrough_internal_redirect_predicate"], Is.EqualTo(1));
    }

    [Test]
    public async Task Filters_SeeEachRequestFromItsBeginning()
    {
        var filters = new List<ScriptedFilter>();
        await using var upstream = new FakeUpstream().AnswerNext(Redirect(302, "http://test/new"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(new InternalRedirectPolicyConfig()) with
        {
            Filters =
            [
                () =>
                {
                    var filter = new ScriptedFilter
                    {
                        RequestHeaders = (_, headers, _) =>
                        {
                            headers.Add("x-pass"u8, "1"u8);
                            return FilterStatus.Continue;
                        },
                    };
                    filters.Add(filter);
                    return filter;
                },
            ],
        });
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        await proxy.AccessLog.NextAsync();
        await proxy.AccessLog.NextAsync();
        Assert.That(filters.Select(f => f.Ends), Is.EqualTo([1, 1]));
        Assert.That((await upstream.ReceivedAsync(2)).Headers.All("x-pass"), Is.EqualTo(["1", "1"]));
    }

    [TestCase("http://test/public/../admin", 403)]
    [TestCase("http://test//admin", 403)]
    [TestCase("http://test./admin", 403)]
    [TestCase("http://test:80/%61dmin/%zz", 302)]
    public async Task Redirect_ByAnotherSpelling_IsTheRequestThatAClientWouldHaveMade(string location, int status)
    {
        await using var upstream = new FakeUpstream().Answer(Redirect(302, location));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(new InternalRedirectPolicyConfig(), h => h with
        {
            NormalizePath = true,
            MergeSlashes = true,
            StripTrailingHostDot = true,
            RouteConfig = h.RouteConfig with
            {
                VirtualHosts =
                [
                    h.RouteConfig.VirtualHosts[0] with
                    {
                        Domains = ["test"],
                        Routes =
                        [
                            new RouteConfig { Match = new() { Path = new PrefixMatchConfig("/admin") }, Action = new DirectResponseActionConfig(403) },
                            .. h.RouteConfig.VirtualHosts[0].Routes,
                        ],
                    },
                ],
            },
        }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(status));
        Assert.That(upstream.Requests, Has.Count.EqualTo(1));
        Assert.That(proxy.Statistics["http.ingress.passthrough_internal_redirect_bad_location"], Is.EqualTo(status == 302 ? 1 : 0));
    }

    [Test]
    public async Task Redirect_ThatIsNotFollowed_IsLoggedWithTheRouteThatServed()
    {
        await using var upstream = new FakeUpstream().Answer(Redirect(302, "http://test/other"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(new InternalRedirectPolicyConfig { Predicates = [new AllowListedRoutesConfig(["none"])] }, h => h with
        {
            RouteConfig = h.RouteConfig with
            {
                VirtualHosts =
                [
                    h.RouteConfig.VirtualHosts[0] with
                    {
                        Routes =
                        [
                            h.RouteConfig.VirtualHosts[0].Routes[0] with { Name = "other", Match = new() { Path = new PrefixMatchConfig("/other") } },
                            h.RouteConfig.VirtualHosts[0].Routes[0] with { Name = "first" },
                        ],
                    },
                ],
            },
        }));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(302));
        Assert.That((await proxy.AccessLog.NextAsync()).Route, Is.EqualTo("first"));
    }

    [Test]
    public async Task Redirect_ThatIsFollowed_IsStillTheClientsRequest()
    {
        await using var upstream = new FakeUpstream().AnswerNext(Redirect(302, "http://test/new"));
        await using var proxy = await TestProxy.ForwardTo(upstream, Following(new InternalRedirectPolicyConfig(), h => h with
        {
            RouteConfig = h.RouteConfig with { Headers = new() { RequestHeadersToAdd = [new("x-client", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%") { AppendAction = HeaderAppendAction.OverwriteIfExistsOrAdd }] } },
        }));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-forwarded-for: 192.0.2.9\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync(2)).Headers["x-client"], Is.EqualTo("192.0.2.9"));
    }

    private static IEnumerable<TestCaseData> NotFollowed()
    {
        yield return new TestCaseData(new InternalRedirectPolicyConfig(), "/relative", "bad_location");
        yield return new TestCaseData(new InternalRedirectPolicyConfig(), "http://me@test/", "bad_location");
        yield return new TestCaseData(new InternalRedirectPolicyConfig(), "https://test/", "unsafe_scheme");
        yield return new TestCaseData(new InternalRedirectPolicyConfig { MaxInternalRedirects = 3 }, "http://test/again", "too_many_redirects");
        yield return new TestCaseData(new InternalRedirectPolicyConfig { MaxInternalRedirects = 0 }, "http://test/", "too_many_redirects");
        yield return new TestCaseData(new InternalRedirectPolicyConfig { Predicates = [new AllowListedRoutesConfig(["x"])] }, "http://test/", "predicate");
        yield return new TestCaseData(new InternalRedirectPolicyConfig { RedirectResponseCodes = [301] }, "http://test/", null);
    }

    private static UpstreamHandler Redirect(int status, string location) => Answers.Status(status, "moved", ("location", location), ("x-copied", "yes"));

    private TestProxyOptions Following(
        InternalRedirectPolicyConfig policy, Func<ConnectionManager.HttpConnectionManagerOptions, ConnectionManager.HttpConnectionManagerOptions>? http = null) => Options with
        {
            ConfigureRoute = r => r with { InternalRedirectPolicy = policy },
            ConfigureHttp = http,
        };
}
