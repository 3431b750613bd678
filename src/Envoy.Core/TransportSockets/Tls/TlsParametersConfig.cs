using Envoy.Extensions;

namespace Envoy.TransportSockets.Tls;

/// <summary>What is offered in handshakes (<c>tls.v3.TlsParameters</c>). Immutable.</summary>
public sealed record TlsParametersConfig
{
    /// <summary>The lowest version. Default: 1.2.</summary>
    public TlsVersion MinimumVersion { get; init; }

    /// <summary>The highest version. Default: 1.3 for servers, 1.2 for clients.</summary>
    public TlsVersion MaximumVersion { get; init; }

    /// <summary>
    /// OpenSSL's names of the cipher suites for TLS 1.2, in their order; those of TLS 1.3 are always there. Default: the system's. On Linux only; with a
    /// list of its own a server does not resume sessions.
    /// </summary>
    public ValueList<string> CipherSuites { get; init; } = [];
}
