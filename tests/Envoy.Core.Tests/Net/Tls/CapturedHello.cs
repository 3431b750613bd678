using System.Net.Security;

namespace Envoy.Core.Tests.Net.Tls;

/// <summary>The first bytes that the platform's own TLS client sends.</summary>
internal static class CapturedHello
{
    public static byte[] Of(string serverName, params string[] protocols)
    {
        var capture = new Capture();
        using var tls = new SslStream(capture);
        var options = new SslClientAuthenticationOptions { TargetHost = serverName };
        if (protocols.Length > 0)
            options.ApplicationProtocols = [.. protocols.Select(p => new SslApplicationProtocol(p))];
        Assert.That(() => tls.AuthenticateAsClient(options), Throws.Exception);
        return capture.ToArray();
    }

    /// <summary>Keeps what is written, and ends when something is to be read.</summary>
    private sealed class Capture : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override int Read(Span<byte> buffer) => 0;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(0);
    }
}
