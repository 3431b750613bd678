namespace Envoy.Http.Http1;

/// <summary>How a message that we write tells where it ends.</summary>
internal enum Http1BodyFraming
{
    /// <summary>No body, and no header about it.</summary>
    None,

    /// <summary>No body, said with <c>content-length: 0</c>.</summary>
    ZeroLength,

    /// <summary>The map's own <c>content-length</c>. (An answer to HEAD has the header and no body.)</summary>
    Length,

    /// <summary>The chunked coding, announced with <c>transfer-encoding: chunked</c>.</summary>
    Chunked,

    /// <summary>An answer to HEAD that a GET would have got chunked: the header, and no body.</summary>
    ChunkedWithoutBody,

    /// <summary>The connection's end ends the body: HTTP/1.0 clients.</summary>
    UntilClose,

    /// <summary>What follows is opaque: CONNECT or an upgrade.</summary>
    Tunnel,
}
