using Envoy.Buffers;
using Envoy.Http.Headers;

namespace Envoy.Http.Hpack;

/// <summary>
/// Reads header blocks (RFC 7541), field by field: a sans-IO state machine with the connection's dynamic table. It wants a whole block at a time,
/// which the HTTP/2 codec has in one piece nearly always and otherwise gathers within a limit; so it needs no state in the middle of a number, and
/// fields that stand in the block as they are cost no copy. A block must be read to its end, or the tables are out of step. Worker-owned.
/// </summary>
internal sealed class HpackDecoder
{
    /// <summary>No number in a block is larger than a block, or a table, may be.</summary>
    public const int MaxInteger = 1 << 24;

    // Section 4.2: the smallest and the last of several changes.
    private const int MaxSizeUpdates = 2;

    private readonly HpackDynamicTable _table;
    private readonly ByteSink _name = new();
    private readonly ByteSink _value = new();
    private int _sizeLimit;
    private bool _mustShrink;
    private int _updatesLeft;

    /// <param name="tableSize">SETTINGS_HEADER_TABLE_SIZE as the peer knows it from the beginning: 4096.</param>
    public HpackDecoder(int tableSize = 4096)
    {
        _sizeLimit = tableSize;
        _table = new HpackDynamicTable(tableSize);
    }

    /// <summary>What is wrong after <see cref="HpackStep.Error"/>.</summary>
    public string Error { get; private set; } = "";

    /// <summary>How much the dynamic table holds.</summary>
    public int TableSize => _table.Size;

    /// <summary>The peer has taken note of another SETTINGS_HEADER_TABLE_SIZE: a smaller one it must follow in the next block (section 4.2).</summary>
    public void SetSizeLimit(int limit)
    {
        _sizeLimit = limit;
        _mustShrink = limit < _table.MaxSize;
    }

    /// <summary>A new block begins.</summary>
    public void BeginBlock() => _updatesLeft = MaxSizeUpdates;

    /// <summary>Takes the next field off <paramref name="block"/>.</summary>
    public HpackStep Next(scoped ref ReadOnlySpan<byte> block, out HpackField field)
    {
        field = default;
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0xe0) == 0x20)
            {
                if (!UpdateSize(ref block))
                    return HpackStep.Error;
                continue;
            }

            if (_mustShrink)
                return Fail("the table's new size is not followed");
            _updatesLeft = 0;
            return (first & 0x80) != 0 ? ReadIndexed(ref block, out field) : ReadLiteral(ref block, first, out field);
        }

        return HpackStep.End;
    }

    private bool UpdateSize(scoped ref ReadOnlySpan<byte> block)
    {
        if (_updatesLeft-- <= 0)
        {
            Error = "a size update stands behind a field, or is one too many";
            return false;
        }

        if (!TryReadInteger(ref block, 5, out var size) || size > _sizeLimit)
        {
            Error = "a size update above the limit";
            return false;
        }

        _table.Resize(size);
        _mustShrink = false;
        return true;
    }

    private HpackStep ReadIndexed(scoped ref ReadOnlySpan<byte> block, out HpackField field)
    {
        field = default;
        if (!TryReadInteger(ref block, 7, out var index) || !TryFind(index, out var id, out var name, out var value))
            return Fail("an index that has no entry");
        field = new HpackField(id, name, value, neverIndexed: false);
        return HpackStep.Field;
    }

    private HpackStep ReadLiteral(scoped ref ReadOnlySpan<byte> block, byte first, out HpackField field)
    {
        field = default;
        var indexes = (first & 0x40) != 0;
        if (!TryReadInteger(ref block, indexes ? 6 : 4, out var index))
            return Fail("a number is cut or too large");
        HeaderId id;
        ReadOnlySpan<byte> name;
        if (index == 0)
        {
            if (!TryReadString(ref block, _name, out name))
                return Fail("a name is cut or wrongly encoded");
            id = HeaderNames.Find(name);
        }
        else
        {
            if (!TryFind(index, out id, out name, out _))
                return Fail("an index that has no entry");
            if (indexes && index > HpackStaticTable.Count)
            {
                // Its entry may go, or move, for the one that is about to come.
                _name.Clear();
                _name.Append(name);
                name = _name.Written;
            }
        }

        if (!TryReadString(ref block, _value, out var value))
            return Fail("a value is cut or wrongly encoded");
        if (indexes)
            _table.Add(id, name, value);
        field = new HpackField(id, name, value, neverIndexed: (first & 0xf0) == 0x10);
        return HpackStep.Field;
    }

    private bool TryFind(int index, out HeaderId id, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        id = HeaderId.Other;
        name = value = default;
        if (index == 0 || index > HpackStaticTable.Count + _table.Count)
            return false;
        if (index > HpackStaticTable.Count)
        {
            _table.Get(index - HpackStaticTable.Count - 1, out id, out name, out value);
            return true;
        }

        id = HpackStaticTable.IdOf(index);
        name = HpackStaticTable.NameOf(index);
        value = HpackStaticTable.ValueOf(index);
        return true;
    }

    private static bool TryReadString(scoped ref ReadOnlySpan<byte> block, ByteSink room, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (block.IsEmpty)
            return false;
        var isHuffman = (block[0] & 0x80) != 0;
        if (!TryReadInteger(ref block, 7, out var length) || length > block.Length)
            return false;
        text = block[..length];
        block = block[length..];
        if (!isHuffman)
            return true;
        room.Clear();
        if (!HpackHuffman.TryDecode(text, room))
            return false;
        text = room.Written;
        return true;
    }

    // Section 5.1. What does not fit into four more bytes is larger than anything may be here; zeros that only pad are refused with it.
    private static bool TryReadInteger(scoped ref ReadOnlySpan<byte> block, int prefix, out int value)
    {
        value = 0;
        if (block.IsEmpty)
            return false;
        var most = (1 << prefix) - 1;
        value = block[0] & most;
        if (value < most)
        {
            block = block[1..];
            return true;
        }

        for (var (i, shift) = (1, 0); i < block.Length && shift <= 21; i++, shift += 7)
        {
            value += (block[i] & 0x7f) << shift;
            if ((block[i] & 0x80) != 0)
                continue;
            block = block[(i + 1)..];
            return value <= MaxInteger;
        }

        return false;
    }

    private HpackStep Fail(string error)
    {
        Error = error;
        return HpackStep.Error;
    }
}
