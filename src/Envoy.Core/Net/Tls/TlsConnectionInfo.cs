using Envoy.Extensions;

namespace Envoy.Net.Tls;

/// <summary>What a TLS handshake has established. Worker-owned.</summary>
public sealed class TlsConnectionInfo
{
    /// <summary><c>TLSv1.2</c> or <c>TLSv1.3</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The cipher suite as OpenSSL calls it, such as <c>TLS_AES_128_GCM_SHA256</c>.</summary>
    public required string CipherSuite { get; init; }

    /// <summary>The cipher suite's IANA number.</summary>
    public required ushort CipherSuiteId { get; init; }

    /// <summary>The group of the key exchange, such as <c>X25519</c>; empty if it is not known.</summary>
    public string Group { get; init; } = "";

    /// <summary>The protocol agreed on (ALPN); empty: none.</summary>
    public string ApplicationProtocol { get; init; } = "";

    /// <summary>The server name that the client asked for; empty: none.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>The session's id in hexadecimal; empty if it has none, as with TLS 1.3.</summary>
    public string SessionId { get; init; } = "";

    /// <summary>The keys of an earlier connection were used again.</summary>
    public bool IsResumed { get; init; }

    /// <summary>The peer's certificate; null if it showed none.</summary>
    public CertificateDetails? Peer { get; init; }

    /// <summary>The certificates above the peer's that it sent along, its own first.</summary>
    internal ValueList<CertificateDetails> PeerChain { get; init; } = [];

    /// <summary>Our certificate; null if we showed none.</summary>
    public CertificateDetails? Local { get; init; }

    /// <summary>The peer's certificate was checked and is good.</summary>
    public bool IsPeerValidated { get; init; }
}
