namespace Envoy.Http.Headers;

/// <summary>One header of a <see cref="HeaderMap"/>, seen while enumerating. The spans live until the map is next changed.</summary>
public readonly ref struct HeaderField
{
    internal HeaderField(HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool neverIndexed)
    {
        NeverIndexed = neverIndexed;
        Id = id;
        Name = name;
        Value = value;
    }

    /// <summary>The name's id; <see cref="HeaderId.Other"/> when it has none.</summary>
    public HeaderId Id { get; }

    /// <summary>The name, lower case.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The value, without spaces around it.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>It came as one that no HPACK table may hold (RFC 7541 section 6.2.3), and goes on as one.</summary>
    internal bool NeverIndexed { get; }

    /// <summary>True for <c>:method</c> and the other names that begin with a colon.</summary>
    public bool IsPseudo => Name.Length > 0 && Name[0] == (byte)':';
}
