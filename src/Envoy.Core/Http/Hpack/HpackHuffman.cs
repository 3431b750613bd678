using Envoy.Buffers;

namespace Envoy.Http.Hpack;

/// <summary>
/// The Huffman code of RFC 7541 appendix B. The code is canonical (codes of one length follow each other in the order of their symbols), so the
/// lengths are all there is to know; both directions' tables are made from them. Immutable.
/// </summary>
internal static class HpackHuffman
{
    private const int EndOfString = 256;

    // Of a decoder's cell: the symbol, the next state, and what else happens.
    private const uint Emits = 1 << 16;
    private const uint Fails = 1 << 17;

    private static readonly uint[] Codes = MakeCodes();

    // A cell for each state (an inner node of the code's tree) and each four bits: no code is shorter, so a step yields one symbol at most.
    private static readonly uint[] Cells = MakeCells(out Padding);

    // States that the end of the bytes may leave: less than eight bits, all ones (section 5.2).
    private static readonly bool[] Padding;

    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>How many bytes <paramref name="text"/> takes encoded.</summary>
    public static int EncodedLength(ReadOnlySpan<byte> text)
    {
        var bits = 0;
        var lengths = Lengths;
        foreach (var b in text)
            bits += lengths[b];
        return (bits + 7) >> 3;
    }

    /// <summary>Encodes <paramref name="text"/>; <paramref name="output"/> has exactly <see cref="EncodedLength"/> bytes.</summary>
    public static void Encode(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var (bits, count, to) = (0ul, 0, 0);
        var lengths = Lengths;
        foreach (var b in text)
        {
            bits = (bits << lengths[b]) | Codes[b];
            count += lengths[b];
            while (count >= 8)
            {
                count -= 8;
                output[to++] = (byte)(bits >> count);
            }
        }

        if (count > 0)
            output[to] = (byte)((bits << (8 - count)) | (0xffu >> count));
    }

    /// <summary>Appends what <paramref name="bytes"/> encode; false when they are no such code.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, ByteSink output)
    {
        // The shortest code has five bits.
        var room = output.GetSpan((bytes.Length * 8 / 5) + 1);
        var (state, length) = (0u, 0);
        foreach (var b in bytes)
        {
            var cell = Cells[(state << 4) | (uint)(b >> 4)];
            if ((cell & (Emits | Fails)) != 0)
            {
                if ((cell & Fails) != 0)
                    return false;
                room[length++] = (byte)cell;
            }

            cell = Cells[((cell >> 4) & 0xff0) | (uint)(b & 15)];
            if ((cell & (Emits | Fails)) != 0)
            {
                if ((cell & Fails) != 0)
                    return false;
                room[length++] = (byte)cell;
            }

            state = (cell >> 8) & 0xff;
        }

        output.Advance(length);
        return Padding[state];
    }

    private static uint[] MakeCodes()
    {
        var codes = new uint[EndOfString + 1];
        var code = 0u;
        for (var length = 5; length <= 30; length++)
        {
            code <<= 1;
            for (var symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (Lengths[symbol] == length)
                    codes[symbol] = code++;
            }
        }

        return codes;
    }

    private static uint[] MakeCells(out bool[] padding)
    {
        // Children of the inner nodes: another inner node, or below zero the complement of a symbol.
        var children = new int[256, 2];
        var nodes = 1;
        for (var symbol = 0; symbol <= EndOfString; symbol++)
        {
            var node = 0;
            for (var bit = Lengths[symbol] - 1; bit > 0; bit--)
            {
                ref var child = ref children[node, (Codes[symbol] >> bit) & 1];
                if (child == 0)
                    child = nodes++;
                node = child;
            }

            children[node, Codes[symbol] & 1] = ~symbol;
        }

        padding = new bool[256];
        for (var (node, ones) = (0, 0); ones < 8; ones++)
        {
            padding[node] = true;
            node = children[node, 1];
        }

        var cells = new uint[256 * 16];
        for (var i = 0; i < cells.Length; i++)
            cells[i] = MakeCell(children, i >> 4, i & 15);
        return cells;
    }

    private static uint MakeCell(int[,] children, int node, int nibble)
    {
        var cell = 0u;
        for (var bit = 3; bit >= 0; bit--)
        {
            node = children[node, (nibble >> bit) & 1];
            if (node >= 0)
                continue;
            // The end-of-string code must not appear (section 5.2).
            if (~node == EndOfString)
                return Fails;
            cell = Emits | (uint)~node;
            node = 0;
        }

        return cell | ((uint)node << 8);
    }
}
