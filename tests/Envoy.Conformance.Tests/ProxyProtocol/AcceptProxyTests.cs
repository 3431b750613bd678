using Envoy.Clusters;
using Envoy.Conformance.Tests.Smuggling;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Net;
using Envoy.Proxy.Building;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.ProxyProtocol;
using Envoy.TransportSockets.Tls;

namespace Envoy.Conformance.Tests.ProxyProtocol;

/// <summary>nginx and HAProxy, which believe the PROXY protocol's header, see our clients as we do. Skipped where they are not installed.</summary>
[TestFixture(EngineKind.Auto)]
[TestFixture(EngineKind.Portable)]
[Platform("Linux")]
public sealed class AcceptProxyTests(EngineKind engine)
{
    private const string Get = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";

    private readonly TestProxyOptions _options = new() { Engine = engine };
    private readonly FakeUpstream _nobody = FakeUpstream.ThatRefuses();
    private TestAuthority _authority = null!;
    private DirectoryInfo _folder = null!;

    [OneTimeSetUp]
    public void Make()
    {
        _authority = new TestAuthority();
        _folder = Directory.CreateTempSubdirectory("accept-");
        var certificate = _authority.Issue("server");
        File.WriteAllText(Path.Combine(_folder.FullName, "all.pem"), certificate.ChainPem + certificate.PrivateKeyPem);
    }

    [OneTimeTearDown]
    public async Task Forget()
    {
        await _nobody.DisposeAsync();
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    [Test]
    public async Task Client_IsSeenBehindUs(
        [Values("nginx", "HAProxy")] string name, [Values] ProxyProtocolHeaderVersion version, [Values] bool tls, [Values] bool http, [Values("127.0.0.1", "::1")] string address)
    {
        var socket = Path.Combine(_folder.FullName, $"{name}{version}{tls}{http}{address.Length}.sock");
        using var peer = await StartAsync(name, socket, tls);
        Assume.That(peer, Is.Not.Null, $"{name} is not installed");
        await using var proxy = await StartAsync(socket, version, tls, http, address);
        for (var i = 0; i < 2; i++)
        {
            using var client = await proxy.ConnectAsync();
            for (var j = 0; j < 2; j++)
            {
                var response = await client.ExchangeAsync(Get);
                var from = (System.Net.IPEndPoint)client.LocalEndPoint!;
                Assert.That((response.Status, response.BodyText.Trim()), Is.EqualTo((200, $"{from.Address} {from.Port} {proxy.Port}")));
            }
        }
    }

    [Test]
    public async Task Extension_IsSeenByHAProxy()
    {
        var socket = Path.Combine(_folder.FullName, "extension.sock");
        using var peer = await StartAsync("HAProxy", socket, tls: false, "%[fc_pp_authority]");
        Assume.That(peer, Is.Not.Null, "HAProxy is not installed");
        await using var proxy = await StartAsync(socket, ProxyProtocolHeaderVersion.V2, tls: false, http: true, "127.0.0.1", new ProxyProtocolTlv(2, [.. "name.test"u8]));
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).BodyText.Trim(), Is.EqualTo("name.test"));
    }

    private Task<TestProxy> StartAsync(string socket, ProxyProtocolHeaderVersion version, bool tls, bool http, string address, params ProxyProtocolTlv[] added)
    {
        var header = new UpstreamProxyProtocolOptions { Config = new ProxyProtocolConfig { Version = version, AddedTlvs = [.. added] } };
        if (tls)
        {
            header = header with
            {
                TransportSocket = new("tls", new UpstreamTlsOptions
                {
                    Sni = "localhost",
                    Common = new CommonTlsConfig { Validation = new CertificateValidationConfig { TrustedCa = DataSourceConfig.Inline(_authority.CertificatePem) } },
                }),
            };
        }

        ClusterConfig With(ClusterConfig cluster) => cluster with
        {
            TransportSocket = new UpstreamTransportSocketConfig("header", header),
            Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(new PipeAddressConfig(socket))] }],
        };
        var listen = new SocketAddressConfig(address, 0);
        if (!http)
        {
            var config = new ProxyConfigBuilder()
                .AddListener("tcp", l => l.Address("127.0.0.1", 0).AddFilter("tcp", new TcpProxyOptions { StatPrefix = "t", Cluster = "c" }))
                .AddCluster(With(new ClusterConfig { Name = "c" })).Build();
            return TestProxy.StartAsync(config, _options.MapListener("tcp", listen));
        }

        return TestProxy.ForwardTo(_nobody, _options with { Address = listen, ConfigureCluster = With });
    }

    private async Task<Peer?> StartAsync(string name, string socket, bool tls, string says = "%[src] %[src_port] %[dst_port]")
    {
        var folder = _folder.CreateSubdirectory(Path.GetFileNameWithoutExtension(socket));
        var pem = Path.Combine(_folder.FullName, "all.pem");
        var file = Path.Combine(folder.FullName, "peer.cfg");
        if (name == "nginx")
        {
            File.WriteAllText(file, $$"""
                daemon off; master_process off; pid {{folder}}/nginx.pid; error_log stderr crit;
                events { worker_connections 64; }
                http {
                  access_log off; client_body_temp_path {{folder}}/b; proxy_temp_path {{folder}}/p; fastcgi_temp_path {{folder}}/f; uwsgi_temp_path {{folder}}/u; scgi_temp_path {{folder}}/s;
                  {{(tls ? $"ssl_certificate {pem}; ssl_certificate_key {pem};" : "")}}
                  server { listen unix:{{socket}} {{(tls ? "ssl" : "")}} proxy_protocol; location / { return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_port"; } }
                }
                """);
            return await Peer.TryStartAsync(name, socket, "nginx", "-p", folder.FullName, "-c", file, "-e", "stderr");
        }

        File.WriteAllText(file, $"""
            global
              maxconn 64
            defaults
              mode http
              timeout client 20s
              timeout server 20s
              timeout connect 5s
            frontend f
              bind unix@{socket} accept-proxy{(tls ? $" ssl crt {pem}" : "")}
              http-request return status 200 content-type text/plain lf-string "{says}"

            """);
        return await Peer.TryStartAsync(name, socket, "haproxy", "-db", "-q", "-f", file);
    }
}
