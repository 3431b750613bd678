using Envoy.Buffers;

namespace Envoy.Http.Headers;

/// <summary>
/// The names of a message's headers as they were written, for peers that mind (<c>preserve_case</c>). The map itself has them in lower case.
/// Worker-owned.
/// </summary>
internal sealed class HeaderCases
{
    private readonly ByteSink _bytes = new();
    private int[] _ends = new int[16];
    private int _count;
    private int _begun;

    /// <summary>Forgets all names.</summary>
    public void Clear()
    {
        _bytes.Clear();
        _count = _begun = 0;
    }

    /// <summary>A name begins; what is left of an unfinished one goes.</summary>
    public void Begin() => _bytes.Truncate(_begun);

    /// <summary>The next piece of the name.</summary>
    public void Append(ReadOnlySpan<byte> piece) => _bytes.Append(piece);

    /// <summary>The name is whole.</summary>
    public void End()
    {
        if (_count == _ends.Length)
            Array.Resize(ref _ends, _count * 2);
        _ends[_count++] = _begun = _bytes.Length;
    }

    /// <summary>How a name in lower case was written first; false: it was not there.</summary>
    public bool TryFind(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> written)
    {
        ReadOnlySpan<byte> all = _bytes.Written;
        var start = 0;
        for (var i = 0; i < _count; i++)
        {
            written = all[start.._ends[i]];
            start = _ends[i];
            if (written.Length == name.Length && AsciiBytes.EqualsIgnoreCase(written, name))
                return true;
        }

        written = default;
        return false;
    }

    public void CopyFrom(HeaderCases other)
    {
        Clear();
        _bytes.Append(other._bytes.Written);
        if (_ends.Length < other._count)
            _ends = new int[other._ends.Length];
        other._ends.AsSpan(0, other._count).CopyTo(_ends);
        (_count, _begun) = (other._count, other._begun);
    }
}
