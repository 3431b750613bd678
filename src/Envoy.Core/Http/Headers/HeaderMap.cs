using System.Buffers;
using System.Text;

namespace Envoy.Http.Headers;

/// <summary>
/// The headers (or trailers) of one message, in order. Names are lower-case ASCII; values are bytes. All of them are slices of one byte
/// array that the map keeps when it is cleared, so that a pooled map allocates nothing for its next message. Looking up a known name costs
/// one array access, any other name a scan. Spans handed out live until the map is next changed. Worker-owned.
/// </summary>
/// <remarks>
/// Names and values given to <see cref="Add(HeaderId, ReadOnlySpan{byte})"/> and <see cref="Set(HeaderId, ReadOnlySpan{byte})"/> are checked:
/// a name that is no token or a value with NUL, CR or LF throws <see cref="ArgumentException"/>, as it would split the message on the wire.
/// What a codec read has been checked by the codec.
/// </remarks>
public sealed class HeaderMap
{
    // A map that had to hold more than this gives its memory back when cleared, so that one large message does not stay in the pool.
    private const int KeptArenaBytes = 16 * 1024;
    private const int KeptEntries = 256;
    private const int FirstArenaBytes = 1024;
    private const int FirstEntries = 16;

    private static readonly SearchValues<byte> ForbiddenInValue = SearchValues.Create("\0\r\n"u8);

    // Index of the first entry with that id, plus one.
    private readonly int[] _first = new int[HeaderNames.Count];
    private byte[] _arena = [];
    private int _arenaLength;
    private Entry[] _entries = [];
    private int _used;

    /// <summary>How many headers there are, pseudo headers included.</summary>
    public int Count { get; private set; }

    /// <summary>The sum of the lengths of all names and values, in bytes.</summary>
    public int ByteSize { get; private set; }

    /// <summary>The names as they were written; null: nobody minds.</summary>
    internal HeaderCases? Cases { get; set; }

    /// <summary>The memory that names and values live in, which codecs fill.</summary>
    internal byte[] Arena => _arena;

    /// <summary>How much of <see cref="Arena"/> is in use.</summary>
    internal int ArenaLength => _arenaLength;

    /// <summary>Whether there is a header <paramref name="id"/>.</summary>
    public bool Contains(HeaderId id) => id != HeaderId.Other && _first[(int)id] != 0;

    /// <summary>Whether there is a header <paramref name="name"/> (lower case).</summary>
    public bool Contains(ReadOnlySpan<byte> name) => IndexOf(name) >= 0;

    /// <summary>The first value of <paramref name="id"/>; false when there is none.</summary>
    public bool TryGet(HeaderId id, out ReadOnlySpan<byte> value)
    {
        var index = id == HeaderId.Other ? -1 : _first[(int)id] - 1;
        if (index < 0)
        {
            value = default;
            return false;
        }

        value = ValueOf(in _entries[index]);
        return true;
    }

    /// <summary>The first value of <paramref name="name"/> (lower case); false when there is none.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var index = IndexOf(name);
        value = index < 0 ? default : ValueOf(in _entries[index]);
        return index >= 0;
    }

    /// <summary>The first value of <paramref name="id"/>; empty when there is none.</summary>
    public ReadOnlySpan<byte> Get(HeaderId id)
    {
        _ = TryGet(id, out var value);
        return value;
    }

    /// <summary>How many headers <paramref name="id"/> there are.</summary>
    public int CountOf(HeaderId id)
    {
        var count = 0;
        if (Contains(id))
        {
            for (var i = _first[(int)id] - 1; i < _used; i++)
            {
                if (_entries[i].Id == id)
                    count++;
            }
        }

        return count;
    }

    /// <summary>The first value of <paramref name="id"/> as text (bytes above 127 as Latin-1); null when there is none.</summary>
    public string? GetString(HeaderId id) => TryGet(id, out var value) ? Encoding.Latin1.GetString(value) : null;

    /// <summary>The first value of <paramref name="name"/> (any case) as text; null when there is none.</summary>
    public string? GetString(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryGet(LowerName(name), out var value) ? Encoding.Latin1.GetString(value) : null;
    }

    /// <summary>Appends a header, after any with the same name.</summary>
    /// <exception cref="ArgumentException">The value may not stand in a message.</exception>
    public void Add(HeaderId id, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)id, (int)HeaderId.Other, nameof(id));
        CheckValue(id, value);
        AddUnchecked(id, value);
    }

    /// <summary>Appends a header, after any with the same name.</summary>
    /// <exception cref="ArgumentException">The name is no lower-case token, or the value may not stand in a message.</exception>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var id = HeaderNames.Find(name);
        if (id == HeaderId.Other)
            CheckName(name);
        CheckValue(id, value);
        AddUnchecked(id, name, value);
    }

    /// <summary>Appends a header given as text: the name in any case, the value as UTF-8.</summary>
    /// <exception cref="ArgumentException">The name is no token, or the value may not stand in a message.</exception>
    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        Add(LowerName(name), Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Gives <paramref name="id"/> this one value: the first header keeps its place, others of the name go.</summary>
    /// <exception cref="ArgumentException">The value may not stand in a message.</exception>
    public void Set(HeaderId id, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)id, (int)HeaderId.Other, nameof(id));
        CheckValue(id, value);
        SetAt(_first[(int)id] - 1, id, HeaderNames.Get(id), value);
    }

    /// <summary>Gives <paramref name="name"/> (lower case) this one value: the first header keeps its place, others of the name go.</summary>
    /// <exception cref="ArgumentException">The name is no lower-case token, or the value may not stand in a message.</exception>
    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var id = HeaderNames.Find(name);
        if (id == HeaderId.Other)
            CheckName(name);
        CheckValue(id, value);
        SetAt(IndexOf(name), id, name, value);
    }

    /// <summary>As <see cref="Set(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>, from text.</summary>
    /// <exception cref="ArgumentException">The name is no token, or the value may not stand in a message.</exception>
    public void Set(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        Set(LowerName(name), Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Removes every header <paramref name="id"/>; false when there was none.</summary>
    public bool Remove(HeaderId id)
    {
        if (!Contains(id))
            return false;
        RemoveFrom(_first[(int)id] - 1, id, default);
        _first[(int)id] = 0;
        return true;
    }

    /// <summary>Removes every header <paramref name="name"/> (lower case); false when there was none.</summary>
    public bool Remove(ReadOnlySpan<byte> name)
    {
        var id = HeaderNames.Find(name);
        if (id != HeaderId.Other)
            return Remove(id);
        var index = IndexOf(name);
        if (index >= 0)
            RemoveFrom(index, HeaderId.Other, name);
        return index >= 0;
    }

    /// <summary>Makes this map a copy of <paramref name="other"/>.</summary>
    public void CopyFrom(HeaderMap other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other))
            return;
        Clear();
        foreach (var field in other)
        {
            AddUnchecked(field.Id, field.Name, field.Value);
            if (field.NeverIndexed)
                MarkNeverIndexed();
        }

        if (other.Cases is not null)
            (Cases ??= new HeaderCases()).CopyFrom(other.Cases);
    }

    /// <summary>Forgets all headers, and keeps its memory for the next message unless that has grown large.</summary>
    public void Clear()
    {
        if (_used > 0)
            _first.AsSpan().Clear();
        _arenaLength = 0;
        _used = 0;
        Count = 0;
        ByteSize = 0;
        Cases?.Clear();
        if (_arena.Length > KeptArenaBytes)
            _arena = [];
        if (_entries.Length > KeptEntries)
            _entries = [];
    }

    /// <summary>The headers in order. The map must not be changed meanwhile.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Copies <paramref name="bytes"/> behind what the arena holds; returns where. Spans handed out before are void.</summary>
    internal int AppendRaw(ReadOnlySpan<byte> bytes)
    {
        var offset = _arenaLength;
        if (_arena.Length - offset < bytes.Length)
            Grow(bytes.Length);
        bytes.CopyTo(_arena.AsSpan(offset));
        _arenaLength = offset + bytes.Length;
        return offset;
    }

    /// <summary>Takes back what was last appended, down to <paramref name="length"/> bytes.</summary>
    internal void TruncateRaw(int length) => _arenaLength = length;

    /// <summary>Adds a header whose bytes lie in the arena already; a known name is not looked at.</summary>
    internal void AddSlice(HeaderId id, int nameOffset, int nameLength, int valueOffset, int valueLength)
    {
        if (_used == _entries.Length)
            Array.Resize(ref _entries, Math.Max(FirstEntries, _used * 2));
        _entries[_used++] = new Entry
        {
            Id = id,
            NameOffset = nameOffset,
            NameLength = nameLength,
            ValueOffset = valueOffset,
            ValueLength = valueLength,
        };
        if (id != HeaderId.Other && _first[(int)id] == 0)
            _first[(int)id] = _used;
        Count++;
        ByteSize += nameLength + valueLength;
    }

    /// <summary>For values that are known to be clean: constants, digits, what a codec read.</summary>
    internal void AddUnchecked(HeaderId id, ReadOnlySpan<byte> value)
    {
        var offset = AppendRaw(value);
        AddSlice(id, 0, HeaderNames.Get(id).Length, offset, value.Length);
    }

    /// <summary>As <see cref="Set(HeaderId, ReadOnlySpan{byte})"/>, for values that are known to be clean.</summary>
    internal void SetUnchecked(HeaderId id, ReadOnlySpan<byte> value) => SetAt(_first[(int)id] - 1, id, default, value);

    internal void AddUnchecked(HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (id != HeaderId.Other)
        {
            AddUnchecked(id, value);
            return;
        }

        // Both copied before either span can be made stale: name and value may be slices of this very map.
        if (_arena.Length - _arenaLength < name.Length + value.Length)
            Grow(name.Length + value.Length);
        var nameOffset = AppendRaw(name);
        var valueOffset = AppendRaw(value);
        AddSlice(HeaderId.Other, nameOffset, name.Length, valueOffset, value.Length);
    }

    /// <summary>The header that was added last must not stand in an HPACK table, here or anywhere further on.</summary>
    internal void MarkNeverIndexed() => _entries[_used - 1].NeverIndexed = true;

    /// <summary>The first header <paramref name="id"/> must not stand in an HPACK table; there is one.</summary>
    internal void MarkNeverIndexed(HeaderId id) => _entries[_first[(int)id] - 1].NeverIndexed = true;

    /// <summary>Whether the first header <paramref name="id"/> may not stand in an HPACK table.</summary>
    internal bool IsNeverIndexed(HeaderId id) => Contains(id) && _entries[_first[(int)id] - 1].NeverIndexed;

    private void SetAt(int index, HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (index < 0)
        {
            AddUnchecked(id, name, value);
            return;
        }

        ref var entry = ref _entries[index];
        ByteSize += value.Length - entry.ValueLength;
        if (value.Length <= entry.ValueLength)
            value.CopyTo(_arena.AsSpan(entry.ValueOffset));
        else
            entry.ValueOffset = AppendRaw(value);
        entry.ValueLength = value.Length;
        if (_used > index + 1)
            RemoveFrom(index + 1, id, id == HeaderId.Other ? NameOf(in entry) : default);
    }

    private void RemoveFrom(int index, HeaderId id, ReadOnlySpan<byte> name)
    {
        for (var i = index; i < _used; i++)
        {
            ref var entry = ref _entries[i];
            if (entry.Removed || entry.Id != id || (id == HeaderId.Other && !NameOf(in entry).SequenceEqual(name)))
                continue;
            // A tombstone: moving the entries behind it would mean renumbering the index.
            Count--;
            ByteSize -= entry.NameLength + entry.ValueLength;
            entry.Id = HeaderId.Other;
            entry.NameLength = -1;
        }
    }

    private int IndexOf(ReadOnlySpan<byte> name)
    {
        var id = HeaderNames.Find(name);
        if (id != HeaderId.Other)
            return _first[(int)id] - 1;
        for (var i = 0; i < _used; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.Id == HeaderId.Other && entry.NameLength == name.Length && NameOf(in entry).SequenceEqual(name))
                return i;
        }

        return -1;
    }

    private ReadOnlySpan<byte> NameOf(in Entry entry) =>
        entry.Id == HeaderId.Other ? _arena.AsSpan(entry.NameOffset, entry.NameLength) : HeaderNames.Get(entry.Id);

    private ReadOnlySpan<byte> ValueOf(in Entry entry) => _arena.AsSpan(entry.ValueOffset, entry.ValueLength);

    private void Grow(int more)
    {
        var wanted = Math.Max(FirstArenaBytes, Math.Max(_arena.Length * 2, _arenaLength + more));
        // The old array lives on behind spans that were handed out: a value may be a slice of the map it is added to.
        Array.Resize(ref _arena, wanted);
    }

    private static void CheckName(ReadOnlySpan<byte> name)
    {
        var valid = !name.IsEmpty;
        foreach (var b in name)
            valid &= AsciiBytes.TokenLower[b] == b && b != 0;
        if (!valid)
            throw new ArgumentException("A header name must be a lower-case token (RFC 9110 section 5.1).", nameof(name));
    }

    private static void CheckValue(HeaderId id, ReadOnlySpan<byte> value)
    {
        if (value.IndexOfAny(ForbiddenInValue) >= 0)
            throw new ArgumentException("A header value must not hold NUL, CR or LF (RFC 9110 section 5.5).", nameof(value));
        // These are parts of HTTP/1's first line, where a space would begin the next part.
        if (id is HeaderId.Method or HeaderId.Path or HeaderId.Authority && value.IndexOfAnyInRange((byte)0, (byte)0x20) >= 0)
            throw new ArgumentException("A method, path or authority must not hold spaces or control bytes.", nameof(value));
    }

    private static byte[] LowerName(string name)
    {
        foreach (var c in name)
        {
            if (c > 0x7f)
                throw new ArgumentException("A header name must be ASCII.", nameof(name));
        }

        var bytes = new byte[name.Length];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = AsciiBytes.ToLower((byte)name[i]);
        return bytes;
    }

    /// <summary>Walks the headers in order.</summary>
    public ref struct Enumerator
    {
        private readonly HeaderMap _map;
        private int _index;

        internal Enumerator(HeaderMap map)
        {
            _map = map;
            _index = -1;
        }

        /// <summary>The header it stands on.</summary>
        public readonly HeaderField Current
        {
            get
            {
                ref readonly var entry = ref _map._entries[_index];
                return new HeaderField(entry.Id, _map.NameOf(in entry), _map.ValueOf(in entry), entry.NeverIndexed);
            }
        }

        /// <summary>Steps to the next header; false at the end.</summary>
        public bool MoveNext()
        {
            while (++_index < _map._used)
            {
                if (!_map._entries[_index].Removed)
                    return true;
            }

            return false;
        }
    }

    private struct Entry
    {
        public int NameOffset;
        public int NameLength;
        public int ValueOffset;
        public int ValueLength;
        public HeaderId Id;
        public bool NeverIndexed;

        public readonly bool Removed => NameLength < 0;
    }
}
