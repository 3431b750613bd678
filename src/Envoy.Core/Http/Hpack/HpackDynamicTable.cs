using Envoy.Http.Headers;

namespace Envoy.Http.Hpack;

/// <summary>
/// The dynamic table of RFC 7541 section 2.3.2: the newest entry is the first, the oldest goes when there is no room. The bytes of all entries
/// lie one behind the other in an arena of twice the table's size: what is evicted leaves room at the beginning, and what lives is moved there
/// when the end is reached. Holds no memory until the first entry. Worker-owned.
/// </summary>
internal sealed class HpackDynamicTable
{
    /// <summary>What an entry counts beside its bytes (section 4.1).</summary>
    public const int Overhead = 32;

    private const int FirstArena = 2048;

    private byte[] _arena = [];
    private Entry[] _entries = [];
    private int _oldest;
    private int _end;

    /// <param name="maxSize">Its first size, in section 4.1's bytes.</param>
    public HpackDynamicTable(int maxSize) => MaxSize = maxSize;

    /// <summary>What all entries may count together.</summary>
    public int MaxSize { get; private set; }

    /// <summary>What they count now.</summary>
    public int Size { get; private set; }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many there ever were; the newest one's number.</summary>
    public long Inserted { get; private set; }

    /// <summary>The entry that is <paramref name="index"/>th newest, from 0.</summary>
    public void Get(int index, out HeaderId id, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        ref readonly var entry = ref _entries[(_oldest + Count - 1 - index) & (_entries.Length - 1)];
        id = entry.Id;
        name = _arena.AsSpan(entry.Offset, entry.NameLength);
        value = _arena.AsSpan(entry.Offset + entry.NameLength, entry.ValueLength);
    }

    /// <summary>Changes the size (section 4.3): what has no room goes.</summary>
    public void Resize(int maxSize)
    {
        MaxSize = maxSize;
        Evict(0);
        if (Count > 0)
            return;
        _end = 0;
        // A peer that says 0 and more again in each block must not cost an array each time.
        if (_arena.Length > Math.Max(FirstArena, maxSize * 2))
            _arena = [];
    }

    /// <summary>
    /// Adds an entry, for which older ones make room; one that is larger than the table empties it (section 4.4). The spans must not be this
    /// table's own.
    /// </summary>
    public void Add(HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Inserted++;
        var length = name.Length + value.Length;
        if (length + Overhead > MaxSize)
        {
            Evict(MaxSize);
            return;
        }

        Evict(length + Overhead);
        MakeRoom(length);
        name.CopyTo(_arena.AsSpan(_end));
        value.CopyTo(_arena.AsSpan(_end + name.Length));
        if (Count == _entries.Length)
            GrowEntries();
        _entries[(_oldest + Count) & (_entries.Length - 1)] = new Entry { Id = id, Offset = _end, NameLength = name.Length, ValueLength = value.Length };
        Count++;
        Size += length + Overhead;
        _end += length;
    }

    private void Evict(int room)
    {
        while (Count > 0 && Size > MaxSize - room)
        {
            ref readonly var entry = ref _entries[_oldest];
            Size -= entry.NameLength + entry.ValueLength + Overhead;
            _oldest = (_oldest + 1) & (_entries.Length - 1);
            Count--;
        }
    }

    private void MakeRoom(int length)
    {
        if (_arena.Length - _end >= length)
            return;
        var live = Count == 0 ? 0 : _end - _entries[_oldest].Offset;
        var from = _end - live;
        // Grows towards twice the size and no further: then at least half of it is free after a move.
        var wanted = Math.Min(Math.Max(FirstArena, MaxSize * 2), Math.Max(FirstArena, (live + length) * 2));
        var to = wanted > _arena.Length ? new byte[wanted] : _arena;
        _arena.AsSpan(from, live).CopyTo(to);
        _arena = to;
        for (var i = 0; i < Count; i++)
            _entries[(_oldest + i) & (_entries.Length - 1)].Offset -= from;
        _end = live;
    }

    private void GrowEntries()
    {
        var grown = new Entry[Math.Max(32, _entries.Length * 2)];
        for (var i = 0; i < Count; i++)
            grown[i] = _entries[(_oldest + i) & (_entries.Length - 1)];
        _entries = grown;
        _oldest = 0;
    }

    private struct Entry
    {
        public int Offset;
        public int NameLength;
        public int ValueLength;
        public HeaderId Id;
    }
}
