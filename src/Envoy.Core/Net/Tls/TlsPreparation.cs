namespace Envoy.Net.Tls;

/// <summary>What the beginning of a connection says about the handshake to come.</summary>
internal enum TlsPreparation
{
    /// <summary>More must come first.</summary>
    NeedMore,

    /// <summary>It can begin.</summary>
    Ready,

    /// <summary>There will be none.</summary>
    Refused,
}
