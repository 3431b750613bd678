namespace Envoy.Http.Http1;

/// <summary>What the end of the peer's bytes means.</summary>
internal enum Http1EndOfStream
{
    /// <summary>Between messages: nothing is missing.</summary>
    Clean,

    /// <summary>It ends the message under way (RFC 9112 section 6.3 rule 8, or a tunnel); <see cref="Http1Step.MessageComplete"/> follows.</summary>
    Complete,

    /// <summary>The message under way is cut short (RFC 9112 section 8).</summary>
    Truncated,
}
