namespace Envoy.Http.Hpack;

/// <summary>What reading on in a header block has yielded.</summary>
internal enum HpackStep
{
    /// <summary>A field.</summary>
    Field,

    /// <summary>The block's end.</summary>
    End,

    /// <summary>A fault, after which the two tables are out of step: the connection is lost (RFC 7541 section 4: COMPRESSION_ERROR).</summary>
    Error,
}
