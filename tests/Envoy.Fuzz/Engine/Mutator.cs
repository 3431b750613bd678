namespace Envoy.Fuzz.Engine;

/// <summary>Makes inputs of inputs. Used by one thread.</summary>
internal sealed class Mutator(FuzzRandom random, IReadOnlyList<byte[]> words, int mostBytes)
{
    private byte[] _bytes = new byte[mostBytes];
    private byte[] _other = new byte[mostBytes];
    private int _length;

    /// <summary>A changed <paramref name="parent"/>, perhaps with a part of <paramref name="donor"/>; it lives until the next call.</summary>
    public ReadOnlySpan<byte> Mutate(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> donor)
    {
        _length = Math.Min(parent.Length, mostBytes);
        parent[.._length].CopyTo(_bytes);
        do
            Change(donor);
        while (!random.OneIn(3));
        return _bytes.AsSpan(0, _length);
    }

    private void Change(ReadOnlySpan<byte> donor)
    {
        switch (random.Below(12))
        {
            case 0 when _length > 0:
                _bytes[random.Below(_length)] ^= (byte)(1 << random.Below(8));
                break;
            case 1 when _length > 0:
                _bytes[random.Below(_length)] = AnyByte();
                break;
            case 2:
                Span<byte> one = [AnyByte()];
                Replace(Position(), 0, one);
                break;
            case 3 when _length > 0:
                var from = Position();
                Replace(from, Math.Min(_length - from, SomeLength()), default);
                break;
            case 4 when _length > 0:
                var start = Position();
                var copy = _bytes.AsSpan(start, Math.Min(_length - start, SomeLength())).ToArray();
                Replace(Position(), 0, copy);
                break;
            case 5 or 6 when words.Count > 0:
                Replace(Position(), 0, words[random.Below(words.Count)]);
                break;
            case 7 when words.Count > 0:
                var word = words[random.Below(words.Count)];
                var at = Position();
                Replace(at, Math.Min(_length - at, word.Length), word);
                break;
            case 8 when donor.Length > 0:
                var begin = random.Below(donor.Length);
                Replace(Position(), 0, donor.Slice(begin, Math.Min(donor.Length - begin, SomeLength())));
                break;
            case 9 when donor.Length > 0:
                // The front of the one, the back of the other.
                var cut = Position();
                Replace(cut, _length - cut, donor[random.Below(donor.Length)..]);
                break;
            case 10:
                ChangeNumber();
                break;
            default:
                SwapLines();
                break;
        }
    }

    // What parsers care about more often than chance would have it.
    private byte AnyByte()
    {
        var special = "\r\n \t:;,=\"\\\0\x7f\x80\xff%?#/*{}[]()<>@.-_0123456789aAfFxX"u8;
        return random.OneIn(2) ? special[random.Below(special.Length)] : (byte)random.Next();
    }

    private int Position() => random.Below(_length + 1);

    private int SomeLength() => 1 + random.Below(random.OneIn(4) ? 64 : 8);

    private void ChangeNumber()
    {
        var at = _bytes.AsSpan(0, _length).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (at < 0)
            return;
        // One of the digits, not always the first.
        var skip = Position();
        var later = _bytes.AsSpan(skip, _length - skip).IndexOfAnyInRange((byte)'0', (byte)'9');
        at = later < 0 ? at : skip + later;
        if (random.OneIn(4))
        {
            ReadOnlySpan<byte> digits = random.Below(6) switch
            {
                0 => "0"u8,
                1 => "9223372036854775807"u8,
                2 => "18446744073709551616"u8,
                3 => "7fffffffffffffff"u8,
                4 => "-1"u8,
                _ => "4294967295"u8,
            };
            Replace(at, 1, digits);
            return;
        }

        _bytes[at] = (byte)('0' + random.Below(10));
    }

    private void SwapLines()
    {
        var bytes = _bytes.AsSpan(0, _length);
        var first = bytes.IndexOf((byte)'\n') + 1;
        if (first == 0)
            return;
        var skip = Position();
        var start = bytes[skip..].IndexOf((byte)'\n');
        start = start < 0 ? first : skip + start + 1;
        var length = bytes[start..].IndexOf((byte)'\n') + 1;
        if (length == 0)
            return;
        var line = bytes.Slice(start, length).ToArray();
        if (random.OneIn(2))
            Replace(start, length, default);
        Replace(Math.Min(first, _length), 0, line);
    }

    private void Replace(int start, int removed, ReadOnlySpan<byte> inserted)
    {
        var inserts = Math.Min(inserted.Length, mostBytes - start);
        var rest = Math.Min(_length - start - removed, mostBytes - start - inserts);
        _bytes.AsSpan(0, start).CopyTo(_other);
        inserted[..inserts].CopyTo(_other.AsSpan(start));
        _bytes.AsSpan(start + removed, rest).CopyTo(_other.AsSpan(start + inserts));
        (_bytes, _other) = (_other, _bytes);
        _length = start + inserts + rest;
    }
}
