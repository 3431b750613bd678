using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Envoy.Clusters;
using Envoy.ConnectionManager;
using Envoy.Extensions;
using Envoy.Matching;
using Envoy.Runtime;
using Envoy.Testing;
using Envoy.TransportSockets.Tls;

namespace Envoy.Integration.Tests.Tls;

/// <summary>What strangers try: certificates that look like others', names and records that nobody would make by accident.</summary>
[TestFixtureSource(typeof(Support.TestEngines), nameof(Support.TestEngines.All))]
public sealed class TlsTrustTests(EngineKind engine) : TlsFixture(engine)
{
    // Its own key, and the authority's name and serial number, which are anybody's to read.
    private X509Certificate2 Forged(bool asClient)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Authority.Certificate.SubjectName, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(asClient ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")], critical: false));
        var now = DateTimeOffset.UtcNow;
        using var made = request.Create(
            Authority.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now.AddDays(-1), now.AddDays(1), Convert.FromHexString(Authority.Certificate.SerialNumber));
        using var whole = made.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }

    [Test]
    public async Task ClientWithTheAuthoritysNameAndSerial_IsRefused()
    {
        await using var upstream = new FakeUpstream();
        var tls = ServerTls();
        await using var proxy = await Start(upstream, tls with { Common = tls.Common with { Validation = Trusts() }, RequireClientCertificate = true });
        using var forged = Forged(asClient: true);
        var client = TrustingClient();
        client.ClientCertificates = [forged];
        await AssertRefused(proxy, client);
        await proxy.WaitForAsync(Listener(proxy, "fail_verify_error"));
    }

    [Test]
    public async Task ServerWithTheAuthoritysNameAndSerial_IsRefused()
    {
        using var forged = Forged(asClient: false);
        await using var upstream = new FakeUpstream(new SslServerAuthenticationOptions { ServerCertificate = forged });
        await using var proxy = await Start(upstream, new UpstreamTlsOptions { Sni = "localhost", Common = new CommonTlsConfig { Validation = Trusts() } });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(503));
        Assert.That(proxy.Statistics["cluster.upstream.ssl.fail_verify_error"], Is.EqualTo(1));
    }

    [TestCase("localhost", 200)]
    [TestCase("other.test", 503)]
    [TestCase("a.a.a.a.a.a.a.a", 503)]
    public async Task RequestsHost_ThatTheCertificateIsNotFor_IsRefused(string host, int status)
    {
        if (host.StartsWith("a.", StringComparison.Ordinal))
            host = string.Join('.', Enumerable.Repeat(new string('a', 60), 6));
        await using var upstream = new FakeUpstream(UpstreamServer());
        await using var proxy = await Start(upstream, new UpstreamTlsOptions { Common = new CommonTlsConfig { Validation = Trusts() } }, c => c with { AutoSni = true, AutoSanValidation = true });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync($"GET / HTTP/1.1\r\nhost: {host}\r\n\r\n")).Status, Is.EqualTo(status));
    }

    // Both must agree: the names that are configured, and the request's host.
    [TestCase("localhost", 200)]
    [TestCase("elsewhere", 503)]
    public async Task ConfiguredNames_CountBesideTheRequestsHost(string name, int status)
    {
        await using var upstream = new FakeUpstream(UpstreamServer());
        var checks = Trusts() with { SubjectNames = [new(SubjectNameKind.Dns, StringMatcherConfig.Exact(name))] };
        await using var proxy = await Start(upstream, new UpstreamTlsOptions { Sni = "localhost", Common = new CommonTlsConfig { Validation = checks } }, c => c with { AutoSanValidation = true });
        using var client = await proxy.ConnectAsync();
        Assert.That((await client.ExchangeAsync("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task SubjectThatIsNotWhatItsTypeSays_IsToldAsBytes()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // A PrintableString with a star in it.
        var name = new X500DistinguishedName([0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3, 0x13, 2, (byte)'*', (byte)'a']);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        await using var upstream = new FakeUpstream();
        var tls = ServerTls();
        await using var proxy = await Start(upstream, tls with { Common = tls.Common with { Validation = Trusts() with { AcceptUntrusted = true } } }, Options with
        {
            ConfigureHttp = h => h with { ForwardClientCertDetails = ForwardClientCertDetails.SanitizeSet, CurrentClientCertDetails = new ClientCertDetailsConfig { Uri = true, Subject = true } },
        });
        var client = TrustingClient();
        client.ClientCertificates = [certificate];
        using var connection = await proxy.ConnectAsync(client);
        Assert.That((await connection.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        Assert.That((await upstream.ReceivedAsync()).Headers["x-forwarded-client-cert"], Does.Contain("Subject=\"#300D310B3009060355040313022A61\""));
        Assert.That(proxy.Statistics[Listener(proxy, "fail_verify_error")], Is.EqualTo(1), "accepted, and counted");
    }

    [TestCase(SslProtocols.Tls12)]
    [TestCase(SslProtocols.Tls13)]
    public async Task Goodbye_ThatComesWithTheLastBytes_EndsTheResponse(SslProtocols version)
    {
        var over = new TaskCompletionSource();
        await using var upstream = new FakeUpstream().OnConnection(async connection =>
        {
            using var wire = new HeldStream(connection);
            await using var tls = new SslStream(wire);
            var options = UpstreamServer();
            options.EnabledSslProtocols = version;
            await tls.AuthenticateAsServerAsync(options);
            _ = await tls.ReadAsync(new byte[4096]);
            wire.IsHolding = true;
            await tls.WriteAsync("HTTP/1.1 200 OK\r\n\r\nhello"u8.ToArray());
            await tls.ShutdownAsync();
            await wire.ReleaseAsync();
            // The connection itself does not end.
            await over.Task;
        });
        await using var proxy = await Start(upstream, new UpstreamTlsOptions
        {
            Common = new CommonTlsConfig { Validation = Trusts(), Parameters = new TlsParametersConfig { MaximumVersion = TlsVersion.Tls13 } },
        });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        Assert.That((await client.ReadResponseAsync()).BodyText, Is.EqualTo("hello"));
        over.SetResult();
    }

    [Test]
    public async Task HelloInTinyRecords_IsRefused_BeforeItCostsMuch()
    {
        await using var upstream = new FakeUpstream();
        await using var proxy = await Start(upstream, ServerTls());
        using var client = await proxy.ConnectAsync();
        byte[] hello = [1, 0, 0x3e, 0x80];
        await client.SendAsync((byte[])[.. Enumerable.Range(0, 6000).SelectMany(i => new byte[] { 22, 3, 1, 0, 1, i < 4 ? hello[i] : (byte)0 })]);
        var (_, end) = await client.ReadToEndAsync();
        Assert.That(end, Is.Not.EqualTo(ConnectionEnd.Open));
        await proxy.WaitForAsync(Listener(proxy, "connection_error"));
    }

    [Test]
    public async Task SessionsOfClientsWithCertificates_AreNotResumed_AndServed()
    {
        await using var upstream = new FakeUpstream();
        var tls = ServerTls();
        await using var proxy = await Start(upstream, tls with { Common = tls.Common with { Validation = Trusts() }, RequireClientCertificate = true });
        var options = TrustingClient(certificate: Client);
        for (var i = 0; i < 3; i++)
        {
            using var client = await proxy.ConnectAsync(options);
            Assert.That((await client.ExchangeAsync(Get)).Status, Is.EqualTo(200));
        }

        Assert.That(proxy.Statistics[Listener(proxy, "session_reused")], Is.Zero);
    }

    /// <summary>A fake's connection as a stream that keeps what is written until it is told.</summary>
    private sealed class HeldStream(FakeConnection connection) : Stream
    {
        private readonly MemoryStream _held = new();

        public bool IsHolding { get; set; }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public Task ReleaseAsync() => connection.SendAsync(_held.ToArray());

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => await connection.ReadAsync(buffer);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (IsHolding)
                _held.Write(buffer.Span);
            else
                await connection.SendAsync(buffer.ToArray());
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
