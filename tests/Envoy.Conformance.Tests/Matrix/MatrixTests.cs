using System.Diagnostics;
using System.Net;
using System.Net.Security;
using Envoy.Proxy;
using Envoy.Runtime;
using Envoy.Testing;

namespace Envoy.Conformance.Tests.Matrix;

/// <summary>
/// Every protocol of a client with every protocol of an upstream, by peers of somebody else's: bodies of all sizes arrive byte for byte, trailers come
/// last, answers may be early, and either side may give up. .NET's own client and Kestrel are always there; curl, nghttp and nghttpd where installed.
/// </summary>
[TestFixture(EngineKind.Auto)]
[TestFixture(EngineKind.Portable)]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class MatrixTests(EngineKind engine)
{
    private static readonly string[] Clients = ["h1", "h2", "h1s", "h2s"];
    private static readonly string[] Upstreams = ["h1", "h2", "h1s", "h2s"];

    private readonly TestAuthority _authority = new();
    private readonly Dictionary<string, HttpClient> _clients = [];
    private readonly Dictionary<string, ushort> _ports = [];
    private DirectoryInfo _folder = null!;
    private MatrixUpstream _upstream = null!;
    private MatrixProxy _proxy = null!;
    private Process? _nghttpd;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var certificate = _authority.Issue("localhost");
        _folder = Directory.CreateTempSubdirectory("matrix-");
        _upstream = await MatrixUpstream.StartAsync(certificate);
        foreach (var (name, port) in _upstream.Ports)
            _ports.Add(name, port);
        StartNghttpd();
        _proxy = await MatrixProxy.StartAsync(engine, certificate, _ports);
        foreach (var kind in Clients)
            _clients.Add(kind, CreateClient(kind));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        if (_upstream is not null)
            await _upstream.DisposeAsync();
        _nghttpd?.Kill(entireProcessTree: true);
        _nghttpd?.WaitForExit();
        _nghttpd?.Dispose();
        _folder.Delete(recursive: true);
        _authority.Dispose();
    }

    [Test]
    public async Task Body_OfAnySize_ComesBackByteForByte(
        [ValueSource(nameof(Clients))] string client, [ValueSource(nameof(Upstreams))] string upstream, [Values(0, 1, 16 * 1024, 10 * 1024 * 1024)] int size)
    {
        var body = Bytes(size);
        using var response = await SendAsync(client, upstream, "/echo", new ByteArrayContent(body));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Version, Is.EqualTo(VersionOf(client)));
        }

        Assert.That((await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(body), "the bytes");
    }

    // Kestrel sends none over HTTP/1.
    [Test]
    public async Task Trailers_ComeLast([ValueSource(nameof(Clients))] string client, [Values("h2", "h2s")] string upstream)
    {
        using var response = await SendAsync(client, upstream, "/trailers", new ByteArrayContent(Bytes(100_000)));
        Assert.That((await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(Bytes(100_000)), "the bytes");
        Assert.That(response.TrailingHeaders.GetValues("x-trailer"), Is.EqualTo(new[] { "the end" }));
    }

    // Over HTTP/1 this client looks for an answer only when it has sent its request.
    [Test]
    public async Task EarlyAnswer_ArrivesBeforeTheRequestHasEnded([Values("h2", "h2s")] string client, [ValueSource(nameof(Upstreams))] string upstream)
    {
        var gate = new TaskCompletionSource();
        var content = new GatedContent(gate.Task);
        using var response = await SendAsync(client, upstream, "/early", content);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("early"));
        gate.SetResult();
    }

    [Test]
    public async Task Reset_ByTheUpstream_EndsTheResponse([ValueSource(nameof(Clients))] string client, [ValueSource(nameof(Upstreams))] string upstream)
    {
        try
        {
            using var response = await SendAsync(client, upstream, "/reset", null);
            await response.Content.ReadAsByteArrayAsync();
            // A reset may destroy what was sent before it, the head too.
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), "an answer that was cut must not look whole");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Cut.
        }

        await Until($"cluster.{upstream}.upstream_rq_active", v => v == 0);
    }

    [Test]
    public async Task Reset_ByTheClient_ReachesTheUpstream([ValueSource(nameof(Clients))] string client, [ValueSource(nameof(Upstreams))] string upstream)
    {
        using var cancellation = new CancellationTokenSource();
        var asking = SendAsync(client, upstream, "/never", null, cancellation.Token);
        await Until($"cluster.{upstream}.upstream_rq_active", v => v == 1);
        await cancellation.CancelAsync();
        Assert.That(async () => await asking, Throws.InstanceOf<OperationCanceledException>());
        await Until($"cluster.{upstream}.upstream_rq_active", v => v == 0);
    }

    [Test]
    public async Task Curl_GetsTheSameBytes([ValueSource(nameof(Clients))] string client, [ValueSource(nameof(Upstreams))] string upstream)
    {
        var (sent, received) = (Path.Combine(_folder.FullName, "sent"), Path.Combine(_folder.FullName, "received"));
        await File.WriteAllBytesAsync(sent, Bytes(3_000_000));
        string[] version = client == "h2" ? ["--http2-prior-knowledge"] : client == "h2s" ? ["--http2"] : ["--http1.1"];
        var status = await RunAsync(
            "curl", [.. version, "-sk", "-H", "x-upstream: " + upstream, "-H", "expect:", "--data-binary", "@" + sent, "-o", received, "-w", "%{http_code} %{http_version}", Url(client, "/echo")]);
        Assert.That(status, Is.EqualTo("200 " + (VersionOf(client).Major == 2 ? "2" : "1.1")));
        Assert.That((await File.ReadAllBytesAsync(received)).AsSpan().SequenceEqual(Bytes(3_000_000)), "the bytes");
    }

    [Test]
    public async Task Nghttpd_EchoesWhatItIsSent([ValueSource(nameof(Clients))] string client, [Values(1, 16 * 1024, 3_000_000)] int size)
    {
        if (_nghttpd is null)
            Assert.Ignore("nghttpd is not installed: skipped.");
        var body = Bytes(size);
        using var response = await SendAsync(client, "h2-nghttpd", "/", new ByteArrayContent(body));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(body), "the bytes");
    }

    [Test]
    public async Task Nghttp_IsAnsweredInFull([Values("h2", "h2s")] string client, [ValueSource(nameof(Upstreams))] string upstream)
    {
        var sent = Path.Combine(_folder.FullName, "nghttp");
        await File.WriteAllBytesAsync(sent, Bytes(200_000));
        var said = await RunAsync("nghttp", ["-nsy", "-H", "x-upstream: " + upstream, "-d", sent, Url(client, "/echo")]);
        Assert.That(said, Does.Match(@"200\s+195K"));
    }

    private static Version VersionOf(string client) => client.StartsWith("h2", StringComparison.Ordinal) ? HttpVersion.Version20 : HttpVersion.Version11;

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static async Task<string> RunAsync(string command, string[] arguments)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore(command + " is not installed: skipped.");
            throw;
        }

        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Zero, await errors);
            return output;
        }
    }

    private string Url(string client, string path) =>
        $"http{(client.EndsWith('s') ? "s" : "")}://localhost:{_proxy.Port(client.EndsWith('s'))}{path}".Replace("localhost", "127.0.0.1", StringComparison.Ordinal);

    private static HttpClient CreateClient(string kind) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null },
        UseProxy = false,
        UseCookies = false,
    })
    {
        DefaultRequestVersion = VersionOf(kind),
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private async Task<HttpResponseMessage> SendAsync(string client, string upstream, string path, HttpContent? content, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(content is null ? HttpMethod.Get : HttpMethod.Post, Url(client, path))
        {
            Content = content,
            Version = VersionOf(client),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add("x-upstream", upstream);
        return await _clients[client].SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private async Task Until(string statistic, Func<long, bool> isRight)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            if (isRight(_proxy.Proxy.Statistics[statistic]))
                return;
            Assert.That(waited.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)), statistic);
            await Task.Yield();
        }
    }

    private void StartNghttpd()
    {
        // It takes no port of the system's choosing: another one is tried while it finds its port taken.
        for (var attempt = 0; attempt < 10 && _nghttpd is null; attempt++)
        {
            ushort port;
            using (var probe = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp))
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                port = (ushort)((IPEndPoint)probe.LocalEndPoint!).Port;
            }

            Process process;
            try
            {
                process = Process.Start(new ProcessStartInfo("nghttpd", ["--no-tls", "-a", "127.0.0.1", "--echo-upload", "-d", _folder.FullName, port.ToString(System.Globalization.CultureInfo.InvariantCulture)]))!;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return;
            }

            for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(10) && !process.HasExited && _nghttpd is null;)
            {
                using var client = new System.Net.Sockets.TcpClient();
                try
                {
                    client.Connect(IPAddress.Loopback, port);
                    _nghttpd = process;
                    _ports["h2-nghttpd"] = port;
                }
                catch (System.Net.Sockets.SocketException)
                {
                    // Not there yet; it does not tell when it is.
                    Thread.Yield();
                }
            }

            if (_nghttpd is null)
                process.Dispose();
        }
    }

    /// <summary>A body whose second half comes when it is let.</summary>
    private sealed class GatedContent(Task gate) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[1000]);
            await stream.FlushAsync();
            await gate;
            await stream.WriteAsync(new byte[1000]);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 2000;
            return true;
        }
    }
}
