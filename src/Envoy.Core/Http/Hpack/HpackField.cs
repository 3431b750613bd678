using Envoy.Http.Headers;

namespace Envoy.Http.Hpack;

/// <summary>A field of a header block. The spans live until the decoder reads on.</summary>
internal readonly ref struct HpackField(HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool neverIndexed)
{
    /// <summary>The name's id; <see cref="HeaderId.Other"/> when it has none, or is not lower case.</summary>
    public HeaderId Id { get; } = id;

    public ReadOnlySpan<byte> Name { get; } = name;

    public ReadOnlySpan<byte> Value { get; } = value;

    /// <summary>Whoever passes it on must not put it into a table either (RFC 7541 section 6.2.3).</summary>
    public bool NeverIndexed { get; } = neverIndexed;
}
