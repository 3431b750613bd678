using Envoy.Extensions;
using Envoy.FilterChains.Network;
using Envoy.Filters.Common.Rbac;
using Envoy.Filters.Network.Rbac;
using Envoy.Matching;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.Tls;

/// <summary>Connections of those who may, and of those who may not, with and without certificates.</summary>
[TestFixtureSource(typeof(Support.TestEngines), nameof(Support.TestEngines.All))]
public sealed class NetworkRbacTests(EngineKind engine) : TlsFixture(engine)
{
    private static readonly RbacRuleConfig Any = new RbacRuleConfig.Any();

    [TestCase("spiffe://test/client", true)]
    [TestCase("client.test", true)]
    [TestCase("CN=client", true)]
    [TestCase("spiffe://test/other", false)]
    public async Task Principal_IsOneOfTheCertificatesNames(string name, bool allowed)
    {
        await using var upstream = new FakeUpstream();
        var tls = ServerTls();
        await using var proxy = await Start(upstream, Allow(new RbacRuleConfig.Authenticated(StringMatcherConfig.Exact(name))), tls with { Common = tls.Common with { Validation = Trusts() } });
        await AssertServed(proxy, allowed, () => proxy.ConnectAsync(TrustingClient(certificate: Client)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task AnyPrincipal_IsWhoeverComesByTls(bool byTls)
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Allow(new RbacRuleConfig.Authenticated(null)), byTls ? ServerTls() : null);
        await AssertServed(proxy, byTls, () => byTls ? proxy.ConnectAsync(TrustingClient()) : proxy.ConnectAsync());
    }

    [TestCase("localhost", true)]
    [TestCase("elsewhere", false)]
    public async Task ServerName_IsTheOneThatWasAskedFor(string name, bool allowed)
    {
        await using var upstream = new FakeUpstream();
        var rules = new RbacConfig { Policies = [new RbacPolicyConfig("p", [new RbacRuleConfig.RequestedServerName(StringMatcherConfig.Exact(name))], [Any])] };
        await using var proxy = await Start(upstream, Of(rules), ServerTls());
        await AssertServed(proxy, allowed, () => proxy.ConnectAsync(TrustingClient()));
    }

    [TestCase(0, 65536, true)]
    [TestCase(0, 1, false)]
    public async Task Port_IsTheOneThatWasReached(int start, int end, bool allowed)
    {
        await using var upstream = new FakeUpstream();
        var rules = new RbacConfig { Policies = [new RbacPolicyConfig("p", [new RbacRuleConfig.DestinationPort(start, end)], [Any])] };
        await using var proxy = await Start(upstream, Of(rules), null);
        await AssertServed(proxy, allowed, () => proxy.ConnectAsync());
    }

    [Test]
    public async Task Denied_AfterADelay_IsHeldAndThenClosed()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, Of(new RbacConfig()) with { DelayDeny = TimeSpan.FromSeconds(3) }, null);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await proxy.WaitForAsync("edge.rbac.denied");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(2.9));
        await client.SendAsync(Get);
        await proxy.TurnAsync();
        Assert.That(proxy.Statistics["http.ingress.downstream_cx_active"], Is.EqualTo(1), "it waits");
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(0.1));
        Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        Assert.That(proxy.Statistics["edge.rbac.denied"], Is.EqualTo(1));
    }

    [TestCase(RbacEnforcement.OneTimeOnFirstByte, 1)]
    [TestCase(RbacEnforcement.Continuous, 2)]
    public async Task Rules_AreAskedOnce_OrForEachPiece(RbacEnforcement enforcement, int times)
    {
        await using var upstream = new FakeUpstream();
        var options = Of(new RbacConfig { Action = RbacAction.Deny }) with { EnforcementType = enforcement, ShadowRules = new RbacConfig(), ShadowRulesStatPrefix = "dark." };
        await using var proxy = await Start(upstream, options, null);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Get);
        await client.ExchangeAsync(Get);
        Assert.That(proxy.Statistics["edge.rbac.allowed"], Is.EqualTo(times));
        Assert.That(proxy.Statistics["edge.rbac.dark.shadow_denied"], Is.EqualTo(times));
    }

    private static NetworkRbacOptions Allow(RbacRuleConfig principal) => Of(new RbacConfig { Policies = [new RbacPolicyConfig("p", [Any], [principal])] });

    private static NetworkRbacOptions Of(RbacConfig rules) => new() { StatPrefix = "edge.", Rules = rules };

    private Task<TestProxy> Start(FakeUpstream upstream, NetworkRbacOptions rbac, DownstreamTlsOptions? tls) => TestProxy.ForwardTo(upstream, Options with
    {
        Configure = config =>
        {
            var listener = config.Listeners[0];
            var chain = listener.FilterChains[0];
            return config with
            {
                Listeners =
                [
                    listener with
                    {
                        FilterChains =
                        [
                            chain with
                            {
                                Filters = [new NetworkFilterConfig("rbac", rbac), .. chain.Filters],
                                TransportSocket = tls is null ? null : new DownstreamTransportSocketConfig("tls", tls),
                            },
                        ],
                    },
                ],
            };
        },
    });

    private static async Task AssertServed(TestProxy proxy, bool allowed, Func<Task<RawClient>> connect)
    {
        using var client = await connect();
        await client.SendAsync(Get);
        if (allowed)
            Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        else
            Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
        Assert.That(proxy.Statistics["edge.rbac." + (allowed ? "allowed" : "denied")], Is.EqualTo(1));
    }
}
