using System.Runtime.InteropServices;
using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Http.Hpack;

/// <summary>
/// Writes header blocks (RFC 7541), field by field, with a dynamic table that the peer follows. What was written before is found through a hash of
/// one place each, in which the newest stands: a miss costs bytes, never a wrong index. Worker-owned.
/// </summary>
internal sealed class HpackEncoder
{
    private const int Places = 128;

    // Guessed values are the danger of a shared table (section 7.1.3): short cookies are guessed most easily.
    private const int ShortCookie = 20;

    private readonly HpackDynamicTable _table;
    private readonly int _ownLimit;

    // Numbers of insertions (from 1) by the hash of name and value, and by the name's.
    private readonly uint[] _fields = new uint[Places];
    private readonly uint[] _names = new uint[Places];
    private int _smallest = int.MaxValue;
    private int _pending = -1;

    /// <param name="ownLimit">The largest table that is kept, whatever the peer would allow (<c>hpack_table_size</c>).</param>
    public HpackEncoder(int ownLimit = 4096)
    {
        _ownLimit = ownLimit;
        // Until the peer says otherwise it keeps 4096 bytes (RFC 9113 section 6.5.2).
        _table = new HpackDynamicTable(4096);
        if (ownLimit < 4096)
            SetSizeLimit(ownLimit);
    }

    /// <summary>How much the dynamic table holds.</summary>
    public int TableSize => _table.Size;

    /// <summary>The peer has said another SETTINGS_HEADER_TABLE_SIZE; the next block tells what is made of it.</summary>
    public void SetSizeLimit(long limit)
    {
        var size = (int)Math.Min(limit, _ownLimit);
        if (_pending < 0 && size == _table.MaxSize)
            return;
        _smallest = Math.Min(_smallest, size);
        _pending = size;
    }

    /// <summary>Begins a block.</summary>
    public void BeginBlock(ByteSink output)
    {
        if (_pending < 0)
            return;
        // Section 4.2: the smallest in between, which made the peer forget, and the last.
        if (_smallest < _pending)
            Resize(_smallest, output);
        Resize(_pending, output);
        _pending = -1;
        _smallest = int.MaxValue;
    }

    /// <summary>Writes a field.</summary>
    /// <param name="id">The name's id, or <see cref="HeaderId.Other"/>.</param>
    /// <param name="name">The name, lower case.</param>
    /// <param name="value">The value.</param>
    /// <param name="neverIndexed">It came as one that nobody may put into a table.</param>
    /// <param name="output">Where to.</param>
    public void Write(HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool neverIndexed, ByteSink output)
    {
        var known = HpackStaticTable.Find(id, name);
        if (neverIndexed || IsSecret(id, name, value))
        {
            WriteLiteral(0x10, 4, known != 0 ? known : FindName(HashOf(name), name), name, value, output);
            return;
        }

        for (var i = known; i != 0 && i <= HpackStaticTable.Count && (i == known || HpackStaticTable.NameOf(i).SequenceEqual(name)); i++)
        {
            if (!HpackStaticTable.ValueOf(i).SequenceEqual(value) || (value.IsEmpty && id is not HeaderId.Authority))
                continue;
            WriteInteger(0x80, 7, i, output);
            return;
        }

        var nameHash = HashOf(name);
        if (!IsWorthKeeping(id) || name.Length + value.Length + HpackDynamicTable.Overhead > _table.MaxSize * 3 / 4)
        {
            WriteLiteral(0x00, 4, known != 0 ? known : FindName(nameHash, name), name, value, output);
            return;
        }

        var hash = HashOf(value, nameHash);
        if (FindField(hash, name, value) is > 0 and var index)
        {
            WriteInteger(0x80, 7, index, output);
            return;
        }

        WriteLiteral(0x40, 6, known != 0 ? known : FindName(nameHash, name), name, value, output);
        _table.Add(id, name, value);
        _fields[hash & (Places - 1)] = _names[nameHash & (Places - 1)] = (uint)_table.Inserted;
    }

    private static bool IsSecret(HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => id switch
    {
        HeaderId.Authorization => true,
        HeaderId.Cookie or HeaderId.SetCookie => value.Length < ShortCookie,
        HeaderId.Other => name.SequenceEqual("proxy-authorization"u8),
        _ => false,
    };

    // What is different each time would only push out what is not.
    private static bool IsWorthKeeping(HeaderId id) => id is not (HeaderId.Path or HeaderId.ContentLength or HeaderId.XRequestId or HeaderId.ETag
        or HeaderId.IfNoneMatch or HeaderId.IfModifiedSince or HeaderId.LastModified or HeaderId.Location or HeaderId.SetCookie or HeaderId.Range);

    private static void WriteLiteral(byte pattern, int prefix, int nameIndex, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ByteSink output)
    {
        WriteInteger(pattern, prefix, nameIndex, output);
        if (nameIndex == 0)
            WriteString(name, output);
        WriteString(value, output);
    }

    private static void WriteString(ReadOnlySpan<byte> text, ByteSink output)
    {
        var length = HpackHuffman.EncodedLength(text);
        if (length >= text.Length)
        {
            WriteInteger(0, 7, text.Length, output);
            output.Append(text);
            return;
        }

        WriteInteger(0x80, 7, length, output);
        HpackHuffman.Encode(text, output.GetSpan(length)[..length]);
        output.Advance(length);
    }

    private static void WriteInteger(byte pattern, int prefix, int value, ByteSink output)
    {
        var most = (1 << prefix) - 1;
        if (value < most)
        {
            output.Append((byte)(pattern | value));
            return;
        }

        output.Append((byte)(pattern | most));
        value -= most;
        while (value >= 0x80)
        {
            output.Append((byte)(value | 0x80));
            value >>= 7;
        }

        output.Append((byte)value);
    }

    private static ulong HashOf(ReadOnlySpan<byte> bytes, ulong seed = 0)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        var hash = seed ^ ((ulong)bytes.Length * Multiplier);
        while (bytes.Length >= 8)
        {
            hash = (hash ^ MemoryMarshal.Read<ulong>(bytes)) * Multiplier;
            hash ^= hash >> 29;
            bytes = bytes[8..];
        }

        foreach (var b in bytes)
            hash = (hash ^ b) * Multiplier;
        return hash ^ (hash >> 32);
    }

    private void Resize(int size, ByteSink output)
    {
        _table.Resize(size);
        WriteInteger(0x20, 5, size, output);
    }

    private int FindField(ulong hash, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var index = IndexOf(_fields[hash & (Places - 1)]);
        if (index < 0)
            return 0;
        _table.Get(index, out _, out var itsName, out var itsValue);
        return itsName.SequenceEqual(name) && itsValue.SequenceEqual(value) ? HpackStaticTable.Count + 1 + index : 0;
    }

    private int FindName(ulong hash, ReadOnlySpan<byte> name)
    {
        var index = IndexOf(_names[hash & (Places - 1)]);
        if (index < 0)
            return 0;
        _table.Get(index, out _, out var itsName, out _);
        return itsName.SequenceEqual(name) ? HpackStaticTable.Count + 1 + index : 0;
    }

    // The place among the newest; -1 for one that is gone. The numbers may wrap: what is found is compared.
    private int IndexOf(uint number)
    {
        var index = (uint)_table.Inserted - number;
        return number != 0 && index < _table.Count ? (int)index : -1;
    }
}
