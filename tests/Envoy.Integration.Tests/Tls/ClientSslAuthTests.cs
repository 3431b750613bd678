using System.Security.Cryptography;
using Envoy.Clusters;
using Envoy.FilterChains.Network;
using Envoy.Filters.Network.ClientSslAuth;
using Envoy.Net;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.Tls;

/// <summary>Clients whose certificates a service approves, and others.</summary>
[TestFixtureSource(typeof(Support.TestEngines), nameof(Support.TestEngines.All))]
public sealed class ClientSslAuthTests(EngineKind engine) : TlsFixture(engine)
{
    private string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(Client.Certificate.RawData));

    [Test]
    public async Task Client_IsServedWhileItsCertificateIsApproved()
    {
        await using var service = new FakeUpstream().Answer(Answers.Ok(List(Fingerprint, "00")));
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, service, new ClientSslAuthOptions());
        await proxy.WaitForAsync("auth.clientssl.edge.update_success");
        Assert.That(proxy.Statistics["auth.clientssl.edge.total_principals"], Is.EqualTo(2));
        Assert.That((service.Requests[0].Method, service.Requests[0].Path, service.Requests[0].Headers["host"]), Is.EqualTo(("GET", "/v1/certs/list/approved", "service")));
        await AssertServed(proxy, Client, served: true);
        await AssertServed(proxy, null, served: false);
        await AssertServed(proxy, Authority.Issue("other", new TestCertificateOptions { ForServers = false }), served: false);

        service.Answer(Answers.Ok(List("00")));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(120));
        await proxy.WaitForAsync("auth.clientssl.edge.update_success", v => v == 2);
        await AssertServed(proxy, Client, served: false);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Statistics["auth.clientssl.edge.total_principals"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["auth.clientssl.edge.auth_digest_match"], Is.EqualTo(1));
            Assert.That(proxy.Statistics["auth.clientssl.edge.auth_digest_no_match"], Is.EqualTo(3));
        }
    }

    [TestCase("no JSON", 200)]
    [TestCase("[]", 200)]
    [TestCase("""{"certificates": [{"fingerprint": "00"}]}""", 200)]
    [TestCase("""{"certificates": []}""", 500)]
    public async Task Answer_ThatIsNoList_LeavesWhatWasBefore(string body, int status)
    {
        await using var service = new FakeUpstream().Answer(Answers.Ok(List(Fingerprint)));
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, service, new ClientSslAuthOptions());
        await proxy.WaitForAsync("auth.clientssl.edge.update_success");
        service.Answer(Answers.Status(status, body));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(120));
        await proxy.WaitForAsync("auth.clientssl.edge.update_failure");
        await AssertServed(proxy, Client, served: true);
    }

    [Test]
    public async Task Service_ThatDoesNotAnswer_ApprovesNobody_AndIsAskedAgain()
    {
        await using var service = new FakeUpstream().Answer(Answers.Never());
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, service, new ClientSslAuthOptions());
        await proxy.WaitForAsync("cluster.service.upstream_rq_active");
        await AssertServed(proxy, Client, served: false);
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(1));
        await proxy.WaitForAsync("auth.clientssl.edge.update_failure");
        service.Answer(Answers.Ok(List(Fingerprint)));
        await proxy.AdvanceAsync(TimeSpan.FromSeconds(120));
        await proxy.WaitForAsync("auth.clientssl.edge.update_success");
        await AssertServed(proxy, Client, served: true);
    }

    [TestCase(true, "auth_ip_allowlist")]
    [TestCase(false, "auth_no_ssl")]
    public async Task Clients_OfTheListOrWithoutTls_Pass(bool byTls, string statistic)
    {
        await using var service = new FakeUpstream().Answer(Answers.Ok(List()));
        await using var upstream = new FakeUpstream();
        var options = new ClientSslAuthOptions { IpAllowList = byTls ? [new CidrRangeConfig("127.0.0.0", 8)] : [] };
        await using var proxy = await Start(upstream, service, options, byTls);
        using var client = byTls ? await proxy.ConnectAsync(TrustingClient()) : await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That(proxy.Statistics["auth.clientssl.edge." + statistic], Is.EqualTo(1));
    }

    private static string List(params string[] fingerprints) =>
        "{\"certificates\": [" + string.Join(',', fingerprints.Select(f => "{\"fingerprint_sha256\": \"" + f + "\"}")) + "]}";

    private async Task AssertServed(TestProxy proxy, TestCertificate? certificate, bool served)
    {
        using var client = await proxy.ConnectAsync(TrustingClient(certificate: certificate));
        await client.SendAsync(Get);
        if (served)
            Assert.That((await client.ReadResponseAsync()).Status, Is.EqualTo(200));
        else
            Assert.That((await client.ReadToEndAsync()).Bytes, Is.Empty);
    }

    private Task<TestProxy> Start(FakeUpstream upstream, FakeUpstream service, ClientSslAuthOptions auth, bool tls = true) => TestProxy.ForwardTo(upstream, Options with
    {
        Configure = config =>
        {
            var listener = config.Listeners[0];
            var chain = listener.FilterChains[0];
            var server = ServerTls();
            var filter = new NetworkFilterConfig("auth", auth with { AuthApiCluster = "service", StatPrefix = "edge" });
            return config with
            {
                Clusters =
                [
                    .. config.Clusters,
                    new ClusterConfig { Name = "service", Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(service.Address)] }] },
                ],
                Listeners =
                [
                    listener with
                    {
                        FilterChains =
                        [
                            chain with
                            {
                                Filters = [filter, .. chain.Filters],
                                TransportSocket = tls ? new DownstreamTransportSocketConfig("tls", server with { Common = server.Common with { Validation = Trusts() } }) : null,
                            },
                        ],
                    },
                ],
            };
        },
    });
}
