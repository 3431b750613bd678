using Envoy.Formatting;
using Envoy.Integration.Tests.Support;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>The cors filter answers preflights and marks responses, by the policies of all levels of the route table.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
public sealed class CorsFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string Filter = """{ name: envoy.filters.http.cors, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors } }""";
    private const string Origins = "allow_origin_string_match: [ { exact: 'https://good.test' }, { suffix: '.fine.test' } ]";
    private const string Full =
        Origins + ", allow_methods: 'GET, PUT', allow_headers: x-a, expose_headers: 'x-b, x-c', max_age: '600', allow_credentials: true, allow_private_network_access: true";

    [TestCase("https://good.test")]
    [TestCase("https://very.fine.test")]
    public async Task Preflight_OfAnAllowedOrigin_IsAnsweredHere(string origin)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await StartWith(upstream, Full);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight(origin, "access-control-request-private-network: true\r\n"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(response.Body, Is.Empty);
            Assert.That(response.Headers.All("access-control-allow-origin"), Is.EqualTo([origin]));
            Assert.That(response.Headers.All("access-control-allow-methods"), Is.EqualTo(["GET, PUT"]));
            Assert.That(response.Headers.All("access-control-allow-headers"), Is.EqualTo(["x-a"]));
            Assert.That(response.Headers.All("access-control-expose-headers"), Is.EqualTo(["x-b, x-c"]));
            Assert.That(response.Headers.All("access-control-max-age"), Is.EqualTo(["600"]));
            Assert.That(response.Headers.All("access-control-allow-credentials"), Is.EqualTo(["true"]));
            Assert.That(response.Headers.All("access-control-allow-private-network"), Is.EqualTo(["true"]));
            Assert.That(upstream.Connections, Is.Empty);
            Assert.That(proxy.Statistics["http.ingress.cors.origin_valid"], Is.EqualTo(1));
        }

        await AssertLogged(proxy, 200, ResponseFlags.None, "cors_response");
    }

    [Test]
    public async Task Preflight_WithStars_AllowsWhatIsAskedFor()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await StartWith(upstream, "allow_origin_string_match: [ { exact: '*' } ], allow_methods: '*', allow_headers: '*'");
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://any.test", "access-control-request-headers: x-one, x-two\r\n"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers["access-control-allow-origin"], Is.EqualTo("https://any.test"));
            Assert.That(response.Headers["access-control-allow-methods"], Is.EqualTo("DELETE"));
            Assert.That(response.Headers["access-control-allow-headers"], Is.EqualTo("x-one, x-two"));
            Assert.That(response.Headers.Contains("access-control-allow-credentials"), Is.False);
            Assert.That(response.Headers.Contains("access-control-max-age"), Is.False);
        }
    }

    [TestCase("", true)]
    [TestCase("forward_not_matching_preflights: true,", true)]
    [TestCase("forward_not_matching_preflights: false,", false)]
    public async Task Preflight_OfAnotherOrigin_IsForwardedUnlessToldOtherwise(string fields, bool forwarded)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await StartWith(upstream, fields + Full);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://bad.test"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Status, Is.EqualTo(200));
            Assert.That(upstream.Requests, Has.Count.EqualTo(forwarded ? 1 : 0));
            Assert.That(response.Headers.Contains("access-control-allow-origin"), Is.False);
            Assert.That(proxy.Statistics["http.ingress.cors.origin_invalid"], Is.EqualTo(1));
        }
    }

    [TestCase("OPTIONS / HTTP/1.1\r\nhost: test\r\norigin: https://good.test\r\n\r\n")]
    [TestCase("OPTIONS / HTTP/1.1\r\nhost: test\r\naccess-control-request-method: PUT\r\n\r\n")]
    [TestCase("GET / HTTP/1.1\r\nhost: test\r\norigin: https://good.test\r\naccess-control-request-method: PUT\r\n\r\n")]
    public async Task Request_ThatIsNoPreflight_IsForwarded(string request)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await StartWith(upstream, Full);
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(request)).BodyText, Is.EqualTo("ok"));
    }

    [Test]
    public async Task Response_ToAnAllowedOrigin_IsMarked_AndTheNextIsNot()
    {
        await using var upstream = new FakeUpstream().Answer(Answers.Status(200, "ok", ("access-control-allow-origin", "upstream's")));
        await using var proxy = await StartWith(upstream, Full);
        using var client = await proxy.ConnectAsync();
        var marked = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\norigin: https://good.test\r\n\r\n");
        var other = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\norigin: https://bad.test\r\n\r\n");
        var none = await client.ExchangeAsync(Get);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(marked.Headers.All("access-control-allow-origin"), Is.EqualTo(["https://good.test"]));
            Assert.That(marked.Headers["access-control-allow-credentials"], Is.EqualTo("true"));
            Assert.That(marked.Headers["access-control-expose-headers"], Is.EqualTo("x-b, x-c"));
            Assert.That(marked.Headers.Contains("access-control-allow-methods"), Is.False);
            Assert.That(other.Headers.All("access-control-allow-origin"), Is.EqualTo(["upstream's"]), "nothing is changed");
            Assert.That(none.Headers.All("access-control-allow-origin"), Is.EqualTo(["upstream's"]));
            Assert.That(proxy.Statistics["http.ingress.cors.origin_valid"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["http.ingress.cors.origin_invalid"], Is.EqualTo(1));
        }
    }

    [TestCase("filter_enabled: { default_value: { numerator: 0 } }", 0, false)]
    [TestCase("filter_enabled: { default_value: { numerator: 100 }, runtime_key: off }", 0, false)]
    [TestCase("filter_enabled: { default_value: { numerator: 0 } }, shadow_enabled: { default_value: { numerator: 100 } }", 1, false)]
    [TestCase("filter_enabled: { default_value: { numerator: 100 } }, shadow_enabled: { default_value: { numerator: 100 } }", 1, true)]
    public async Task Share_DecidesWhetherItCountsAndActs(string fields, int counted, bool acts)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await StartWith(upstream, $"{fields}, {Full}", top: "layered_runtime: { layers: [ { name: s, static_layer: { off: 0 } } ] }");
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://good.test"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["http.ingress.cors.origin_valid"], Is.EqualTo(counted));
            Assert.That(response.Headers.Contains("access-control-allow-origin"), Is.EqualTo(acts));
            Assert.That(upstream.Requests, Has.Count.EqualTo(acts ? 0 : 1));
        }
    }

    [Test]
    public async Task Levels_EachFillsWhatTheMoreSpecificLeavesOpen()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream,
            Filter,
            $$"""{ match: { prefix: / }, route: { cluster: upstream }, {{InNewPlace("allow_methods: PUT, allow_credentials: false")}} }""",
            host: InNewPlace($"{Origins}, allow_methods: GET, allow_headers: x-host, allow_credentials: true"));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://good.test"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers["access-control-allow-origin"], Is.EqualTo("https://good.test"));
            Assert.That(response.Headers["access-control-allow-methods"], Is.EqualTo("PUT"));
            Assert.That(response.Headers["access-control-allow-headers"], Is.EqualTo("x-host"));
            Assert.That(response.Headers.Contains("access-control-allow-credentials"), Is.False);
        }
    }

    [Test]
    public async Task DeprecatedFields_OfHostAndRoute_CountTogether()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream, Filter, "{ match: { prefix: / }, route: { cluster: upstream, cors: { allow_methods: PUT } } }", host: $"cors: {{ {Origins}, allow_methods: GET, max_age: '1' }}");
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://good.test"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers["access-control-allow-methods"], Is.EqualTo("PUT"));
            Assert.That(response.Headers["access-control-max-age"], Is.EqualTo("1"));
        }
    }

    [Test]
    public async Task DeprecatedField_BesideAPolicyInTheNewPlace_IsIgnored()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream,
            Filter,
            "{ match: { prefix: / }, route: { cluster: upstream, cors: { allow_methods: PUT, max_age: '1' } } }",
            host: InNewPlace($"{Origins}, allow_methods: GET"));
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(Preflight("https://good.test"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers["access-control-allow-methods"], Is.EqualTo("GET"));
            Assert.That(response.Headers.Contains("access-control-max-age"), Is.False);
        }
    }

    [TestCase("{ match: { prefix: / }, direct_response: { status: 200 } }")]
    [TestCase("{ match: { prefix: / }, route: { cluster: upstream } }", false)]
    public async Task Route_WithoutAPolicyOrForwarding_IsLeftAlone(string route, bool hasPolicy = true)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter, route, host: hasPolicy ? InNewPlace(Full) : "");
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\norigin: https://good.test\r\n\r\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers.Contains("access-control-allow-origin"), Is.False);
            Assert.That(proxy.Statistics["http.ingress.cors.origin_valid"], Is.Zero);
        }
    }

    private static string Preflight(string origin, string headers = "") =>
        $"OPTIONS / HTTP/1.1\r\nhost: test\r\norigin: {origin}\r\naccess-control-request-method: DELETE\r\n{headers}\r\n";

    private static string InNewPlace(string policy) =>
        $$"""typed_per_filter_config: { envoy.filters.http.cors: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy, {{policy}} } }""";

    private Task<TestProxy> StartWith(FakeUpstream upstream, string policy, string top = "") => Start(upstream, Filter, host: InNewPlace(policy), top: top);
}
