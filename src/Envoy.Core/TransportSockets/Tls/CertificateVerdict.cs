namespace Envoy.TransportSockets.Tls;

/// <summary>What came of checking a certificate.</summary>
internal enum CertificateVerdict
{
    /// <summary>It is good.</summary>
    Valid,

    /// <summary>Nothing was asked of it.</summary>
    NotChecked,

    /// <summary>Its chain, time, use or revocation.</summary>
    Chain,

    /// <summary>None of its names will do.</summary>
    Names,

    /// <summary>It is none of those listed by hash.</summary>
    Hash,
}
