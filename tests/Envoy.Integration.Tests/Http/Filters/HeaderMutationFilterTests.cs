using Envoy.Filters.Http.HeaderMutation;
using Envoy.Integration.Tests.Support;
using Envoy.Matching;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The header mutation filter: changes one after another, at every level of a route table.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class HeaderMutationFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string Name = "envoy.filters.http.header_mutation";

    [Test]
    public async Task RequestAndResponse_AreChanged_InOrder()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "ok", ("x-secret", "1"), ("x-version", "9")));
        var options = new HeaderMutationOptions
        {
            Mutations = new MessageMutationsConfig
            {
                Request =
                [
                    Set("x-a", "1"), Set("x-a", "%REQ(x-a)%2"), new HeaderMutationConfig { Remove = "x-drop" },
                    Append("x-list", "b"), Add("x-host", "%REQ(:AUTHORITY)%"), Set(":path", "/changed?%REQ(x-a)%"),
                    new HeaderMutationConfig { RemoveOnMatch = new StringMatcherConfig(StringMatchKind.Prefix, "x-internal-") },
                ],
                Response = [new HeaderMutationConfig { Remove = "x-secret" }, Set("x-version", "%RESP(x-version)%0")],
            },
        };
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, options));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET /old HTTP/1.1\r\nhost: test\r\nx-drop: 1\r\nx-list: a\r\nx-host: mine\r\nx-internal-a: 1\r\nx-internal-b: 2\r\n\r\n");
        var request = await upstream.ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Path, Is.EqualTo("/changed?12"));
            Assert.That(request.Headers["x-a"], Is.EqualTo("12"), "each sees what those before it have left");
            Assert.That(request.Headers.Contains("x-drop"), Is.False);
            Assert.That(request.Headers.All("x-list"), Is.EqualTo(["a", "b"]));
            Assert.That(request.Headers["x-host"], Is.EqualTo("mine"), "added only where it was not there");
            Assert.That(request.Headers.Contains("x-internal-a") || request.Headers.Contains("x-internal-b"), Is.False);
            Assert.That(response.Headers.Contains("x-secret"), Is.False);
            Assert.That(response.Headers["x-version"], Is.EqualTo("90"));
        }
    }

    [TestCase(false, "host", TestName = "Levels_ByDefault_EndWithTheLeastSpecific")]
    [TestCase(true, "route", TestName = "Levels_WithMostSpecificWins_EndWithTheMostSpecific")]
    public async Task Levels_AllCount(bool mostSpecificWins, string last)
    {
        await using var upstream = new FakeUpstream();
        var options = With(Name, new HeaderMutationOptions
        {
            Mutations = new MessageMutationsConfig { Request = [Set("x-level", "filter")] },
            MostSpecificHeaderMutationsWins = mostSpecificWins,
        }, OfLevel("route"));
        await using var proxy = await TestProxy.ForwardTo(upstream, options with
        {
            ConfigureHttp = h =>
            {
                var http = options.ConfigureHttp!(h);
                var host = http.RouteConfig.VirtualHosts[0];
                return http with { RouteConfig = http.RouteConfig with { VirtualHosts = [host with { FilterOptions = [new RouteFilterConfig(Name, OfLevel("host"))] }] } };
            },
        });
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        var request = await upstream.ReceivedAsync();
        Assert.That(string.Join(',', request.Headers.All("x-seen")), Is.EqualTo(mostSpecificWins ? "host,route" : "route,host"));
        Assert.That(request.Headers["x-level"], Is.EqualTo(last));
    }

    [Test]
    public async Task Query_IsChanged()
    {
        await using var upstream = new FakeUpstream();
        var options = new HeaderMutationOptions
        {
            Mutations = new MessageMutationsConfig
            {
                QueryParameters =
                [
                    new QueryParameterMutationConfig("b") { Value = "2", Action = HeaderAppendAction.OverwriteIfExistsOrAdd },
                    new QueryParameterMutationConfig("drop"),
                    new QueryParameterMutationConfig("a") { Value = "x y" },
                    new QueryParameterMutationConfig("none") { Value = "1", Action = HeaderAppendAction.OverwriteIfExists },
                ],
            },
        };
        await using var proxy = await TestProxy.ForwardTo(upstream, With(Name, options));
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET /p?b=1&drop=1&a=0 HTTP/1.1\r\nhost: test\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync()).Path, Is.EqualTo("/p?a=0&a=x%20y&b=2"));
    }

    [Test]
    public async Task Trailers_AreChangedBothWays()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.ChunkedWithTrailers(["ok"], ("x-sum", "1")));
        var options = With(Name, new HeaderMutationOptions
        {
            Mutations = new MessageMutationsConfig { RequestTrailers = [Set("x-end", "2")], ResponseTrailers = [Append("x-sum", "2")] },
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, options with { ConfigureHttp = h => options.ConfigureHttp!(h) with { EnableTrailers = true } });
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-end: 1\r\n\r\n");
        Assert.That((await upstream.ReceivedAsync()).Trailers.All("x-end"), Is.EqualTo(["2"]));
        Assert.That(response.Trailers.All("x-sum"), Is.EqualTo(["1", "2"]));
    }

    [TestCaseSource(nameof(Wrong))]
    public async Task WrongMutation_IsRefused(HeaderMutationConfig mutation, string message)
    {
        await using var upstream = new FakeUpstream();
        var options = With(Name, new HeaderMutationOptions { Mutations = new MessageMutationsConfig { Request = [mutation] } });
        Assert.That(async () => await TestProxy.ForwardTo(upstream, options), Throws.ArgumentException.With.Message.Contains(message));
    }

    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return new TestCaseData(new HeaderMutationConfig(), "exactly one");
        yield return new TestCaseData(new HeaderMutationConfig { Remove = ":path" }, "cannot be removed");
        yield return new TestCaseData(new HeaderMutationConfig { Remove = "a b" }, "not a header's name");
        yield return new TestCaseData(Set("x", "%NOTHING%"), "NOTHING");
        yield return new TestCaseData(new HeaderMutationConfig { RemoveOnMatch = new StringMatcherConfig(StringMatchKind.Regex, "(") }, "remove_on_match");
    }

    private static HeaderMutationRouteOptions OfLevel(string level) => new()
    {
        Mutations = new MessageMutationsConfig { Request = [Set("x-level", level), Append("x-seen", level)] },
    };

    private static HeaderMutationConfig Set(string name, string value) => With(name, value, HeaderAppendAction.OverwriteIfExistsOrAdd);

    private static HeaderMutationConfig Append(string name, string value) => With(name, value, HeaderAppendAction.AppendIfExistsOrAdd);

    private static HeaderMutationConfig Add(string name, string value) => With(name, value, HeaderAppendAction.AddIfAbsent);

    private static HeaderMutationConfig With(string name, string value, HeaderAppendAction action) =>
        new() { Append = new HeaderValueOptionConfig(name, value) { AppendAction = action } };
}
