namespace Envoy.Net.Tls;

/// <summary>What the first bytes of a connection are.</summary>
internal enum ClientHelloStatus
{
    /// <summary>The beginning of a ClientHello, perhaps.</summary>
    NeedMore,

    /// <summary>A ClientHello.</summary>
    Found,

    /// <summary>No TLS.</summary>
    NotTls,

    /// <summary>TLS, and broken.</summary>
    Malformed,

    /// <summary>A ClientHello larger than may be.</summary>
    TooLarge,
}
