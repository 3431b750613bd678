namespace Envoy.Clusters.Pools;

/// <summary>Which protocol a pool's connections speak.</summary>
internal enum PoolKind
{
    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2.</summary>
    Http2,

    /// <summary>Whichever their handshakes agree on.</summary>
    Negotiated,
}
