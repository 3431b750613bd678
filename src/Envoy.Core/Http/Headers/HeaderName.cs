using System.Buffers;
using System.Text;
using Envoy.Buffers;

namespace Envoy.Http.Headers;

/// <summary>A header's name from a configuration, looked up once: by id where it has one. Immutable.</summary>
internal readonly struct HeaderName
{
    private static readonly SearchValues<byte> Forbidden = SearchValues.Create("\0\r\n"u8);

    private readonly HeaderId _id;
    private readonly byte[] _name;

    /// <summary>The name in any case; one that is no name finds nothing.</summary>
    public HeaderName(string name)
    {
        _name = Encoding.UTF8.GetBytes(name.ToLowerInvariant());
        _id = HeaderNames.Find(_name);

        // On the wire and in a request's map it is the pseudo header.
        if (_id == HeaderId.Host)
            _id = HeaderId.Authority;
    }

    /// <summary>Whether a configuration may change or remove it: Envoy has other ways for <c>host</c> and for pseudo headers.</summary>
    public static bool IsModifiable(string name) =>
        (name.Length == 0 || name[0] != ':') && !string.Equals(name, "host", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is a token (RFC 9110 section 5.1).</summary>
    public static bool IsValid(string name)
    {
        var valid = name.Length > 0;
        foreach (var c in name)
            valid &= c < 128 && AsciiBytes.TokenLower[c] != 0;
        return valid;
    }

    public bool IsIn(HeaderMap headers) => _id == HeaderId.Other ? headers.Contains(_name) : headers.Contains(_id);

    public bool TryGet(HeaderMap headers, out ReadOnlySpan<byte> value) =>
        _id == HeaderId.Other ? headers.TryGet(_name, out value) : headers.TryGet(_id, out value);

    /// <summary>How many headers of the name there are.</summary>
    public int CountIn(HeaderMap headers)
    {
        if (_id != HeaderId.Other)
            return headers.CountOf(_id);
        var count = 0;
        foreach (var field in headers)
        {
            if (field.Id == HeaderId.Other && field.Name.SequenceEqual(_name))
                count++;
        }

        return count;
    }

    /// <summary>Appends the values of all headers of the name, with commas between them.</summary>
    public void JoinTo(HeaderMap headers, ByteSink output)
    {
        var first = true;
        foreach (var field in headers)
        {
            if (field.Id != _id || (_id == HeaderId.Other && !field.Name.SequenceEqual(_name)))
                continue;
            if (!first)
                output.Append((byte)',');
            first = false;
            output.Append(field.Value);
        }
    }

    /// <summary>Sets a value that may hold what no message may: such bytes become spaces.</summary>
    public void Set(HeaderMap headers, Span<byte> value)
    {
        Clean(value);
        if (_id == HeaderId.Other)
            headers.Set(_name, value);
        else
            headers.Set(_id, value);
    }

    /// <summary>Adds a value that may hold what no message may: such bytes become spaces.</summary>
    public void Add(HeaderMap headers, Span<byte> value)
    {
        Clean(value);
        if (_id == HeaderId.Other)
            headers.Add(_name, value);
        else
            headers.Add(_id, value);
    }

    public void RemoveFrom(HeaderMap headers)
    {
        if (_id == HeaderId.Other)
            headers.Remove(_name);
        else
            headers.Remove(_id);
    }

    public override string ToString() => Encoding.UTF8.GetString(_name);

    // What an operator yields may come from a peer; a value with NUL, CR or LF in it would split the message.
    private static void Clean(Span<byte> value) => value.ReplaceAny(Forbidden, (byte)' ');
}
