using Envoy.Formatting;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Integration.Tests.Http.Filters;

/// <summary>Requests of those who may, and of those who may not.</summary>
[TestFixtureSource(typeof(Support.TestEngines), nameof(Support.TestEngines.All))]
public sealed class RbacFilterTests(EngineKind engine) : FilterFixture(engine)
{
    private const string Admins = """{ policies: { "the admins": { permissions: [ { url_path: { path: { prefix: /admin } } } ], principals: [ { header: { name: x-user, string_match: { exact: root } } } ] }, everybody: { permissions: [ { not_rule: { url_path: { path: { prefix: /admin } } } } ], principals: [ { any: true } ] } } }""";

    private const string NoGuests = """{ action: DENY, policies: { guests: { permissions: [ { any: true } ], principals: [ { header: { name: x-user, string_match: { exact: guest } } } ] } } }""";

    [Test]
    public async Task Request_IsAllowedOrRefused_AndCounted()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"rules: {Admins}, shadow_rules: {NoGuests}, shadow_rules_stat_prefix: s_, track_per_rule_stats: true"));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Of("/", "guest"))).Status, Is.EqualTo(200));
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        Assert.That((await client.ExchangeAsync(Of("/admin", "root"))).Status, Is.EqualTo(200));
        await AssertLogged(proxy, 200, ResponseFlags.None, "via_upstream");
        var refused = await client.ExchangeAsync(Of("/admin?x", "guest"));
        Assert.That((refused.Status, refused.BodyText), Is.EqualTo((403, "RBAC: access denied")));
        await AssertLogged(proxy, 403, ResponseFlags.None, "rbac_access_denied_matched_policy[none]");
        using (Assert.EnterMultipleScope())
        {
            foreach (var (name, value) in new[]
            {
                ("allowed", 2), ("denied", 1), ("policy.everybody.allowed", 1), ("policy.the admins.allowed", 1),
                ("s_.shadow_allowed", 1), ("s_.shadow_denied", 2), ("s_.policy.guests.shadow_denied", 2),
            })
            {
                Assert.That(proxy.Statistics["http.ingress.rbac." + name], Is.EqualTo(value), name);
            }
        }
    }

    [Test]
    public async Task DeniedByAPolicy_IsLoggedWithItsName()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Filter($"rules: {NoGuests}"));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Of("/", "guest"))).Status, Is.EqualTo(403));
        await AssertLogged(proxy, 403, ResponseFlags.None, "rbac_access_denied_matched_policy[guests]");
        Assert.That((await client.ExchangeAsync(Of("/", "root"))).Status, Is.EqualTo(200));
    }

    [TestCase("rbac: { rules: { action: DENY } }", 200)]
    [TestCase("", 200)]
    [TestCase("rbac: { rules: {} }", 403)]
    public async Task Route_HasItsOwnRules(string fields, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream, Filter("rules: {}"),
            $$"""{ match: { prefix: / }, route: { cluster: upstream }, typed_per_filter_config: { envoy.filters.http.rbac: { "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute, {{fields}} } } }""");
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(status));
    }

    // The client by x-forwarded-for, the peer by its connection.
    [TestCase("remote_ip", "10.0.0.0", 200)]
    [TestCase("remote_ip", "127.0.0.0", 403)]
    [TestCase("direct_remote_ip", "10.0.0.0", 403)]
    [TestCase("direct_remote_ip", "127.0.0.0", 200)]
    [TestCase("source_ip", "127.0.0.0", 200)]
    public async Task Addresses_AreThoseThatTheirNamesSay(string rule, string network, int status)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(
            upstream,
            Filter($$"""rules: { policies: { p: { permissions: [ { destination_ip: { address_prefix: 127.0.0.1, prefix_len: 32 } } ], principals: [ { {{rule}}: { address_prefix: {{network}}, prefix_len: 8 } } ] } } }"""),
            options: Options with { ConfigureHttp = h => h with { UseRemoteAddress = false } });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: test\r\nx-forwarded-for: 10.1.1.1\r\n\r\n")).Status, Is.EqualTo(status));
    }

    private static string Of(string path, string user) => $"GET {path} HTTP/1.1\r\nhost: test\r\nx-user: {user}\r\n\r\n";

    private static string Filter(string fields) =>
        $$"""{ name: envoy.filters.http.rbac, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC, {{fields}} } }""";
}
