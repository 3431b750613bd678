using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Envoy.AccessLog;
using Envoy.Buffers;
using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.FilterChains.Http;
using Envoy.FilterChains.Network;
using Envoy.Filters.Http.Buffer;
using Envoy.Filters.Http.Cors;
using Envoy.Filters.Http.Fault;
using Envoy.Filters.Http.GrpcStats;
using Envoy.Filters.Http.GrpcWeb;
using Envoy.Filters.Http.HeaderMutation;
using Envoy.Filters.Http.HealthCheck;
using Envoy.Filters.Network.TcpProxy;
using Envoy.Http.Hpack;
using Envoy.Http.Http2;
using Envoy.Integration.Tests.Support;
using Envoy.Listeners;
using Envoy.Matching;
using Envoy.Net;
using Envoy.Proxy;
using Envoy.Routing;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets;
using Envoy.TransportSockets.ProxyProtocol;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.Http;

/// <summary>In the steady state nothing is allocated on the worker's thread, which does all of the proxy's work.</summary>
[TestFixtureSource(typeof(TestEngines), nameof(TestEngines.All))]
[NonParallelizable]
public sealed class SteadyStateTests(EngineKind engine) : HttpFixture(engine)
{
    private const int WarmUp = 2_000;
    private const int Exchanges = 10_000;

    // Small bodies in one packet, and one of more than a slab, which is received and sent in several turns.
    [TestCase(1024, Exchanges, false, false, false, false)]
    [TestCase(200_000, 500, false, false, false, false)]
    [TestCase(1024, Exchanges, true, false, false, false)]
    [TestCase(1024, Exchanges, true, true, false, false)]
    [TestCase(1024, Exchanges, false, false, true, false)]
    [TestCase(1024, Exchanges, false, false, false, true)]
    public async Task HttpRequests_OnKeptConnections_AllocateNothing(int bodySize, int count, bool logged, bool routed, bool filtered, bool told)
    {
        byte[] request = [.. "POST /path?query HTTP/1.1\r\nhost: test\r\nuser-agent: test/1\r\naccept: */*\r\norigin: https://good.test\r\ncontent-length: 5\r\n\r\nhello"u8];
        byte[] head = [.. "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: "u8, .. System.Text.Encoding.ASCII.GetBytes($"{bodySize}\r\n\r\n")];
        byte[] response = [.. head, .. new byte[bodySize]];
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var buffer = new byte[4096];
            while (await ReadRequest(c, buffer))
                await c.SendAsync(response);
        });
        if (told)
            upstream.ExpectProxyHeader();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            TimeProvider = TimeProvider.System,
            ConfigureCluster = c => told ? c with { TransportSocket = new("header", new UpstreamProxyProtocolOptions()) } : c,
            ConfigureHttp = h => (routed ? Routed(h) : filtered ? WithFilters(h) : h) with { AccessLogs = logged ? [new AccessLogConfig("file", new FileAccessLogOptions { Path = "/dev/null" })] : [] },
        });
        await AssertAllocatesNothing(proxy, Math.Min(WarmUp, count), count, Exchange, large: bodySize > 100_000);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_2xx"], Is.GreaterThan(count));
        if (filtered)
            Assert.That(proxy.Statistics["http.ingress.cors.origin_valid"], Is.GreaterThan(count), "the filters were there");

        void Exchange(Socket client, byte[] buffer)
        {
            client.Send(request);
            // The head's length is the same for all: digits of the request's service time may differ, and a date never does.
            var received = 0;
            var length = int.MaxValue;
            while (received < length)
            {
                var n = client.Receive(buffer, received, buffer.Length - received, SocketFlags.None);
                if (n == 0)
                    throw new EndOfStreamException();
                received += n;
                var end = buffer.AsSpan(0, received).IndexOf("\r\n\r\n"u8);
                if (end >= 0)
                    length = end + 4 + bodySize;
            }
        }
    }

    [Test]
    public async Task GrpcWebCalls_AllocateNothing()
    {
        byte[] frame = [0, 0, 0, 0, 5, .. "hello"u8];
        var text = Convert.ToBase64String(frame);
        var request = System.Text.Encoding.ASCII.GetBytes(
            $"POST /pkg.Service/Method HTTP/1.1\r\nhost: test\r\ncontent-type: application/grpc-web-text\r\naccept: application/grpc-web-text\r\ncontent-length: {text.Length}\r\n\r\n{text}");
        byte[] response = [.. "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ntransfer-encoding: chunked\r\n\r\na\r\n"u8, .. frame, .. "\r\n0\r\ngrpc-status: 0\r\n\r\n"u8];
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var buffer = new byte[4096];
            while (await ReadRequest(c, buffer, "hello\r\n0\r\n\r\n"))
                await c.SendAsync(response);
        });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            TimeProvider = TimeProvider.System,
            ConfigureHttp = h => h with
            {
                AccessLogs = [],
                HttpFilters = [new HttpFilterConfig("web", new GrpcWebOptions()), new HttpFilterConfig("stats", new GrpcStatsOptions { StatsForAllMethods = true, EnableUpstreamStats = true }), .. h.HttpFilters],
            },
        });
        await AssertAllocatesNothing(proxy, WarmUp, Exchanges, Exchange);
        Assert.That(proxy.Statistics["cluster.upstream.grpc-web.pkg.Service.Method.success"], Is.GreaterThan(Exchanges));
        Assert.That(proxy.Statistics["cluster.upstream.grpc.pkg.Service.Method.response_message_count"], Is.GreaterThan(Exchanges));

        void Exchange(Socket client, byte[] buffer)
        {
            client.Send(request);
            var received = 0;
            while (!buffer.AsSpan(0, received).EndsWith("\r\n0\r\n\r\n"u8))
            {
                var n = client.Receive(buffer, received, buffer.Length - received, SocketFlags.None);
                if (n == 0)
                    throw new EndOfStreamException();
                received += n;
            }
        }
    }

    [TestCase(1024, Exchanges, false)]
    [TestCase(1024, Exchanges, true)]
    [TestCase(200_000, 500, true)]
    public async Task TlsRequests_OnKeptConnections_AllocateNothing(int bodySize, int count, bool tlsUpstream)
    {
        using var authority = new TestAuthority();
        var certificate = authority.Issue("server");
        byte[] request = [.. "POST /path?query HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nhello"u8];
        byte[] response = [.. System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {bodySize}\r\n\r\n"), .. new byte[bodySize]];
        await using var upstream = tlsUpstream ? new FakeUpstream(new SslServerAuthenticationOptions { ServerCertificate = certificate.Certificate }) : new FakeUpstream();
        upstream.OnConnection(async c =>
        {
            var buffer = new byte[4096];
            while (await ReadRequest(c, buffer))
                await c.SendAsync(response);
        });
        var server = new DownstreamTlsOptions
        {
            Common = new CommonTlsConfig
            {
                Certificates = [new TlsCertificateConfig { CertificateChain = DataSourceConfig.Inline(certificate.ChainPem), PrivateKey = DataSourceConfig.Inline(certificate.PrivateKeyPem) }],
            },
        };
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            TimeProvider = TimeProvider.System,
            ConfigureHttp = h => h with { AccessLogs = [] },
            ConfigureCluster = c => tlsUpstream ? c with { TransportSocket = new UpstreamTransportSocketConfig("tls", new UpstreamTlsOptions()) } : c,
            Configure = c => c with
            {
                Listeners = [c.Listeners[0] with { FilterChains = [c.Listeners[0].FilterChains[0] with { TransportSocket = new DownstreamTransportSocketConfig("tls", server) }] }],
            },
        });
        SslStream? tls = null;
        await AssertAllocatesNothing(proxy, Math.Min(WarmUp, count), count, Exchange, large: bodySize > 100_000);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_2xx"], Is.GreaterThan(count));
        if (tls is not null)
            await tls.DisposeAsync();

        void Exchange(Socket client, byte[] buffer)
        {
            if (tls is null)
            {
                tls = new SslStream(new NetworkStream(client), leaveInnerStreamOpen: false, (_, shown, _, _) => shown is not null);
                tls.AuthenticateAsClient("localhost");
            }

            tls.Write(request);
            var received = 0;
            var length = int.MaxValue;
            while (received < length)
            {
                var n = tls.Read(buffer, received, buffer.Length - received);
                if (n == 0)
                    throw new EndOfStreamException();
                received += n;
                var end = buffer.AsSpan(0, received).IndexOf("\r\n\r\n"u8);
                if (end >= 0)
                    length = end + 4 + bodySize;
            }
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Http2Requests_OnKeptConnections_AllocateNothing(bool http2Upstream)
    {
        byte[] response = [.. "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1024\r\n\r\n"u8, .. new byte[1024]];
        await using var upstream = new FakeUpstream().OnConnection(async c =>
        {
            var buffer = new byte[4096];
            while (await ReadRequest(c, buffer))
                await c.SendAsync(response);
        });
        // With HTTP/2 on both sides: a proxy behind this one turns it into HTTP/1 again.
        await using var inner = await TestProxy.ForwardTo(upstream, Options with { TimeProvider = TimeProvider.System, ConfigureHttp = h => h with { AccessLogs = [] } });
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            TimeProvider = TimeProvider.System,
            ConfigureHttp = h => h with { AccessLogs = [] },
            ConfigureCluster = c => !http2Upstream ? c : c with
            {
                HttpProtocol = UpstreamHttpProtocol.Http2,
                Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(new SocketAddressConfig("127.0.0.1", (ushort)inner.Port))] }],
            },
        });
        var id = 0u;
        var encoder = new HpackEncoder();
        var block = new ByteSink();
        var request = new byte[512];
        await AssertAllocatesNothing(proxy, WarmUp / 2, Exchanges / 2, Exchange);
        Assert.That(proxy.Statistics["http.ingress.downstream_rq_2xx"], Is.GreaterThan(Exchanges / 2));
        Assert.That(proxy.Statistics["cluster.upstream.upstream_cx_http2_total"] > 0, Is.EqualTo(http2Upstream));

        void Exchange(Socket client, byte[] buffer)
        {
            if (id == 0)
            {
                client.Send((byte[])[.. Http2Connection.Preface, .. Frame(Http2FrameType.Settings, 0, 0, []), .. Frame(Http2FrameType.WindowUpdate, 0, 0, [0x70, 0, 0, 0])]);
                id = 1;
            }

            block.Clear();
            encoder.BeginBlock(block);
            encoder.Write(Envoy.Http.Headers.HeaderId.Method, ":method"u8, "POST"u8, false, block);
            encoder.Write(Envoy.Http.Headers.HeaderId.Scheme, ":scheme"u8, "http"u8, false, block);
            encoder.Write(Envoy.Http.Headers.HeaderId.Path, ":path"u8, "/path?query"u8, false, block);
            encoder.Write(Envoy.Http.Headers.HeaderId.Authority, ":authority"u8, "test"u8, false, block);
            encoder.Write(Envoy.Http.Headers.HeaderId.ContentLength, "content-length"u8, "5"u8, false, block);
            new Http2FrameHeader(block.Length, Http2FrameType.Headers, Http2FrameFlags.EndHeaders, id).Write(request);
            block.Written.CopyTo(request.AsSpan(9));
            var at = 9 + block.Length;
            new Http2FrameHeader(5, Http2FrameType.Data, Http2FrameFlags.EndStream, id).Write(request.AsSpan(at));
            "hello"u8.CopyTo(request.AsSpan(at + 9));
            client.Send(request, at + 14, SocketFlags.None);
            id += 2;
            // Until the frame that ends the stream has come; frames are not cut in the middle of their headers for want of room.
            for (var (start, received) = (0, 0); ;)
            {
                var n = client.Receive(buffer, received, buffer.Length - received, SocketFlags.None);
                if (n == 0)
                    throw new EndOfStreamException();
                received += n;
                while (received - start >= 9 && Http2FrameHeader.Read(buffer.AsSpan(start)) is var frame && received - start >= 9 + frame.Length)
                {
                    start += 9 + frame.Length;
                    if (frame.Type == Http2FrameType.Data && frame.Has(Http2FrameFlags.EndStream))
                        return;
                }
            }
        }

        static byte[] Frame(Http2FrameType type, Http2FrameFlags flags, uint stream, byte[] payload)
        {
            var bytes = new byte[9 + payload.Length];
            new Http2FrameHeader(payload.Length, type, flags, stream).Write(bytes);
            payload.CopyTo(bytes, 9);
            return bytes;
        }
    }

    /// <summary>Every filter of Envoy's that we have, each with something to do for the request.</summary>
    private static HttpConnectionManagerOptions WithFilters(HttpConnectionManagerOptions manager)
    {
        var mutation = new HeaderMutationConfig { Append = new HeaderValueOptionConfig("x-from", "%DOWNSTREAM_REMOTE_ADDRESS%") };
        return manager with
        {
            HttpFilters =
            [
                new HttpFilterConfig("health", new HealthCheckOptions { Headers = [new HeaderMatcherConfig(":path") { StringMatch = StringMatcherConfig.Exact("/health") }] }),
                new HttpFilterConfig("cors", new CorsOptions()),
                new HttpFilterConfig("fault", new FaultOptions
                {
                    Abort = new FaultAbortConfig { FromHeader = true, Percentage = new FractionalPercentConfig(100) },
                    Headers = [new HeaderMatcherConfig("accept")],
                }),
                new HttpFilterConfig("mutation", new HeaderMutationOptions { Mutations = new MessageMutationsConfig { Request = [mutation], Response = [mutation] } }),
                new HttpFilterConfig("buffer", new BufferOptions { MaxRequestBytes = 1000 }),
                .. manager.HttpFilters,
            ],
            RouteConfig = manager.RouteConfig with
            {
                FilterOptions = [new RouteFilterConfig("cors", new CorsPolicyOptions { AllowOrigins = [StringMatcherConfig.Suffix("good.test")], ExposeHeaders = "x-a" })],
            },
        };
    }

    /// <summary>Five header changes with values that are made afresh, a regular expression, retries, a virtual cluster, normalised paths.</summary>
    private static HttpConnectionManagerOptions Routed(HttpConnectionManagerOptions http)
    {
        var host = http.RouteConfig.VirtualHosts[0];
        var forward = (ForwardActionConfig)host.Routes[0].Action!;
        var route = host.Routes[0] with
        {
            Match = new RouteMatchConfig { Path = new RegexMatchConfig("/[a-z]+"), Headers = [new HeaderMatcherConfig("accept") { PresentMatch = true }] },
            Action = forward with { RetryPolicy = new RetryPolicyConfig { RetryOn = "5xx,reset" }, PrefixRewrite = "", RegexRewrite = new RegexMatchAndSubstituteConfig("^/[a-z]+", "/v1") },
            StatPrefix = "counted",
            Headers = new HeaderMutationsConfig
            {
                RequestHeadersToAdd =
                [
                    new("x-client", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
                    new("x-path", "%REQ(:PATH)%") { AppendAction = HeaderAppendAction.OverwriteIfExistsOrAdd },
                    new("x-agent", "<%REQ(USER-AGENT)%>") { AppendAction = HeaderAppendAction.AddIfAbsent },
                ],
                RequestHeadersToRemove = ["accept"],
                ResponseHeadersToAdd = [new("x-status", "%RESPONSE_CODE%")],
            },
        };
        return http with
        {
            UseRemoteAddress = true,
            NormalizePath = true,
            Via = "edge",
            RouteConfig = http.RouteConfig with
            {
                VirtualHosts =
                [
                    host with
                    {
                        VirtualClusters = [new VirtualClusterConfig("posts") { Headers = [new HeaderMatcherConfig(":method") { StringMatch = StringMatcherConfig.Exact("POST") }] }],
                        Routes = [route],
                    },
                ],
            },
        };
    }

    [Test]
    public async Task Measurement_SeesAFilterThatAllocates()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await TestProxy.ForwardTo(upstream, Options with
        {
            TimeProvider = TimeProvider.System,
            ConfigureHttp = h => h with { AccessLogs = [] },
            Filters = [() => new ScriptedFilter()],
        });
        var request = System.Text.Encoding.ASCII.GetBytes(Get);
        var allocated = await Measure(proxy, 100, 100, (client, buffer) =>
        {
            client.Send(request);
            var received = 0;
            while (!buffer.AsSpan(0, received).EndsWith("\r\n\r\nok"u8))
                received += client.Receive(buffer, received, buffer.Length - received, SocketFlags.None);
        });
        Assert.That(allocated, Has.All.GreaterThan(100 * 24));
    }

    [Test]
    public async Task TcpEchoes_AllocateNothing()
    {
        await using var upstream = new FakeUpstream().OnConnection(c => c.EchoAsync());
        var tcp = new TcpProxyOptions { StatPrefix = "tcp", Cluster = TestProxy.ClusterName };
        await using var proxy = await TestProxy.StartAsync(new ProxyConfig
        {
            Listeners =
            [
                new ListenerConfig
                {
                    Name = TestProxy.ListenerName,
                    Address = new SocketAddressConfig("127.0.0.1", 0),
                    FilterChains = [new FilterChainConfig { Filters = [new NetworkFilterConfig("envoy.filters.network.tcp_proxy", tcp)] }],
                },
            ],
            Clusters = [new ClusterConfig { Name = TestProxy.ClusterName, Endpoints = [new LocalityEndpointsConfig { LbEndpoints = [new EndpointConfig(upstream.Address)] }] }],
        }, Options with { TimeProvider = TimeProvider.System });
        var message = Bytes(1024);
        await AssertAllocatesNothing(proxy, WarmUp, Exchanges, (client, buffer) =>
        {
            client.Send(message);
            for (var received = 0; received < message.Length;)
            {
                var n = client.Receive(buffer, received, message.Length - received, SocketFlags.None);
                if (n == 0)
                    throw new EndOfStreamException();
                received += n;
            }
        });
    }

    private async Task AssertAllocatesNothing(TestProxy proxy, int warmUp, int count, Action<Socket, byte[]> exchange, bool large = false)
    {
        var allocated = await Measure(proxy, warmUp, count, exchange);
        // Of three runs one must be without any allocation: the others may hold what happens once in a process's life, such as a queue that
        // grows deeper than ever before (its nodes are kept). When the system's buffer is full the framework's own sockets make an object now
        // and then, which is its affair; that it is less than the smallest object for every third exchange shows that none is ours.
        var most = large && Options.Engine == EngineKind.Portable ? count * 8 : 0;
        Assert.That(allocated, Has.Some.LessThanOrEqualTo(most), $"bytes allocated on the worker's thread by {count} exchanges ({Options.Engine})");
    }

    private static async Task<IReadOnlyList<long>> Measure(TestProxy proxy, int warmUp, int count, Action<Socket, byte[]> exchange)
    {
        var meter = new Meter(proxy.Proxy.Runtime.Workers[0]);
        var buffer = new byte[512 * 1024];
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
        await client.ConnectAsync((IPEndPoint)proxy.Address);
        Run(warmUp);
        meter.Read();
        Run(warmUp);
        var allocated = new List<long>();
        do
        {
            var before = meter.Read();
            Run(count);
            allocated.Add(meter.Read() - before);
        }
        while (allocated[^1] > 0 && allocated.Count < 3);

        return allocated;

        void Run(int times)
        {
            for (var i = 0; i < times; i++)
                exchange(client, buffer);
        }
    }

    /// <summary>Reads what a worker's thread has allocated, without anything being allocated there for the asking.</summary>
    private sealed class Meter(Worker worker)
    {
        private long _value;

        public long Read()
        {
            Volatile.Write(ref _value, -1);
            worker.Post(static state => Volatile.Write(ref ((Meter)state!)._value, GC.GetAllocatedBytesForCurrentThread()), this);
            // A task's completion would be paid for by the worker.
            var spin = new SpinWait();
            while (Volatile.Read(ref _value) < 0)
                spin.SpinOnce(sleep1Threshold: -1);
            return Volatile.Read(ref _value);
        }
    }

    private static async Task<bool> ReadRequest(FakeConnection connection, byte[] buffer, string end = "hello")
    {
        var last = System.Text.Encoding.ASCII.GetBytes(end);
        var received = 0;
        while (true)
        {
            var n = await connection.ReadAsync(buffer.AsMemory(received));
            if (n == 0)
                return false;
            received += n;
            if (buffer.AsSpan(0, received).EndsWith(last))
                return true;
        }
    }
}
