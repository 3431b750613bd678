using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Envoy.Buffers;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>
/// Reads one JSON text from one run of bytes that a client sent (RFC 8259; a comma before a closing bracket is taken, as Envoy does). What is
/// wrong is <see cref="Error"/>, never an exception: bad JSON must not cost more than good. That the bytes are UTF-8 is the caller's check. A
/// copy of a reader looks ahead.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal ref struct JsonReader
{
    /// <summary>How deep objects and arrays may lie in each other: protobuf's own default.</summary>
    public const int MostDepth = 100;

    private static readonly SearchValues<byte> EndsPlainText = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    private readonly ReadOnlySpan<byte> _text;
    private readonly ByteSink _decoded;
    private int _position;
    private int _depth;

    /// <param name="text">The whole text.</param>
    /// <param name="decoded">Room for one string that has escapes.</param>
    public JsonReader(ReadOnlySpan<byte> text, ByteSink decoded)
    {
        _text = text;
        _decoded = decoded;
    }

    /// <summary>What is wrong; null: nothing so far.</summary>
    public string? Error { get; private set; }

    /// <summary>Where it stands, for messages.</summary>
    public readonly int Position => _position;

    public JsonKind Peek()
    {
        SkipSpace();
        if (_position >= _text.Length)
            return JsonKind.End;
        return _text[_position] switch
        {
            (byte)'{' => JsonKind.Object,
            (byte)'[' => JsonKind.Array,
            (byte)'"' => JsonKind.String,
            (byte)'t' => JsonKind.True,
            (byte)'f' => JsonKind.False,
            (byte)'n' => JsonKind.Null,
            (byte)'-' or (>= (byte)'0' and <= (byte)'9') => JsonKind.Number,
            _ => JsonKind.Wrong,
        };
    }

    /// <summary>Nothing but white space may be left.</summary>
    public bool TryEnd() => Peek() == JsonKind.End || Fail("Parsing terminated before end of input.");

    /// <summary>Steps into an object or array, which <see cref="Peek"/> has seen.</summary>
    public bool TryStart()
    {
        _position++;
        return ++_depth <= MostDepth || Fail("Message too deep. Max recursion depth reached.");
    }

    /// <summary>The next member's name; false at the end of the object, and when something is wrong.</summary>
    public bool TryMember(ref bool first, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!TryNext(ref first, (byte)'}', "Expected , or } after key:value pair."))
            return false;
        if (Peek() != JsonKind.String)
            return Fail("Expected an object key or }.");
        if (!TryString(out name))
            return false;
        SkipSpace();
        if (_position >= _text.Length || _text[_position] != ':')
            return Fail("Expected : between key:value pair.");
        _position++;
        return true;
    }

    /// <summary>Whether there is one more element; false at the end of the array, and when something is wrong.</summary>
    public bool TryElement(ref bool first) => TryNext(ref first, (byte)']', "Expected , or ] after array value.");

    /// <summary>A string's bytes, good until the next string is read.</summary>
    public bool TryString(out ReadOnlySpan<byte> value)
    {
        var start = ++_position;
        value = default;
        var plain = _text[start..].IndexOfAny(EndsPlainText);
        if (plain >= 0 && _text[start + plain] == '"')
        {
            value = _text.Slice(start, plain);
            _position = start + plain + 1;
            return true;
        }

        _decoded.Clear();
        while (plain >= 0)
        {
            _decoded.Append(_text.Slice(_position, plain));
            _position += plain;
            switch (_text[_position])
            {
                case (byte)'"':
                    _position++;
                    value = _decoded.Written;
                    return true;
                case (byte)'\\':
                    if (!TryEscape())
                        return false;
                    break;
                default:
                    return Fail("Control characters in strings must be escaped.");
            }

            plain = _text[_position..].IndexOfAny(EndsPlainText);
        }

        _position = _text.Length;
        return Fail("Closing quote expected in string.");
    }

    /// <summary>The bytes of a number.</summary>
    public bool TryNumber(out ReadOnlySpan<byte> value)
    {
        var start = _position;
        if (_text[_position] == '-')
            _position++;
        var digits = SkipDigits();
        var isRight = digits == 1 || (digits > 1 && _text[_position - digits] != '0');
        if (_position < _text.Length && _text[_position] == '.')
        {
            _position++;
            isRight &= SkipDigits() > 0;
        }

        if (_position < _text.Length && _text[_position] is (byte)'e' or (byte)'E')
        {
            _position++;
            if (_position < _text.Length && _text[_position] is (byte)'+' or (byte)'-')
                _position++;
            isRight &= SkipDigits() > 0;
        }

        value = _text[start.._position];
        return isRight || Fail("Unable to parse number.");
    }

    /// <summary><c>true</c>, <c>false</c> or <c>null</c>, whose first letter <see cref="Peek"/> has seen.</summary>
    public bool TryWord(scoped ReadOnlySpan<byte> word)
    {
        if (!_text[_position..].StartsWith(word))
            return Fail("Unexpected token.");
        _position += word.Length;
        return true;
    }

    /// <summary>Steps over a value, checking it.</summary>
    public bool TrySkip()
    {
        var first = true;
        switch (Peek())
        {
            case JsonKind.Object:
                if (!TryStart())
                    return false;
                while (TryMember(ref first, out _))
                {
                    if (!TrySkip())
                        return false;
                }

                return Error is null;
            case JsonKind.Array:
                if (!TryStart())
                    return false;
                while (TryElement(ref first))
                {
                    if (!TrySkip())
                        return false;
                }

                return Error is null;
            case JsonKind.String:
                return TryString(out _);
            case JsonKind.Number:
                return TryNumber(out _);
            case JsonKind.True:
                return TryWord("true"u8);
            case JsonKind.False:
                return TryWord("false"u8);
            case JsonKind.Null:
                return TryWord("null"u8);
            case JsonKind.End:
                return Fail("Unexpected end of string. Expected a value.");
            default:
                return Fail("Unexpected token.");
        }
    }

    private bool TryNext(ref bool first, byte closing, string expected)
    {
        if (Error is not null)
            return false;
        SkipSpace();
        var wasFirst = first;
        first = false;
        if (!wasFirst && _position < _text.Length && _text[_position] == ',')
        {
            _position++;
            SkipSpace();
            wasFirst = true;
        }

        if (_position >= _text.Length)
            return Fail("Unexpected end of string. " + expected);
        if (_text[_position] == closing)
        {
            _position++;
            _depth--;
            return false;
        }

        return wasFirst || Fail(expected);
    }

    private bool TryEscape()
    {
        if (_position + 1 >= _text.Length)
            return Fail("Closing quote expected in string.");
        var letter = _text[_position + 1];
        _position += 2;
        switch (letter)
        {
            case (byte)'"' or (byte)'\\' or (byte)'/':
                _decoded.Append(letter);
                return true;
            case (byte)'b':
                _decoded.Append((byte)'\b');
                return true;
            case (byte)'f':
                _decoded.Append((byte)'\f');
                return true;
            case (byte)'n':
                _decoded.Append((byte)'\n');
                return true;
            case (byte)'r':
                _decoded.Append((byte)'\r');
                return true;
            case (byte)'t':
                _decoded.Append((byte)'\t');
                return true;
            case (byte)'u':
                return TryUnicode();
            default:
                return Fail("Invalid escape sequence.");
        }
    }

    private bool TryUnicode()
    {
        if (!TryHex(out var code))
            return Fail("Invalid escape sequence.");
        var value = (int)code;
        if (char.IsHighSurrogate(code) && _text[_position..].StartsWith("\\u"u8))
        {
            _position += 2;
            if (!TryHex(out var low) || !char.IsLowSurrogate(low))
                return Fail("Invalid low surrogate.");
            value = char.ConvertToUtf32(code, low);
        }

        if (!Rune.IsValid(value))
            return Fail("Invalid unicode code point.");
        _decoded.Advance(new Rune(value).EncodeToUtf8(_decoded.GetSpan(4)));
        return true;
    }

    private bool TryHex(out char code)
    {
        code = '\0';
        if (_text.Length - _position < 4)
            return false;
        for (var i = 0; i < 4; i++)
        {
            var digit = (char)_text[_position++];
            if (!char.IsAsciiHexDigit(digit))
                return false;
            code = (char)((code << 4) | (digit > '9' ? (digit & 0xf) + 9 : digit & 0xf));
        }

        return true;
    }

    private int SkipDigits()
    {
        var start = _position;
        while (_position < _text.Length && _text[_position] is >= (byte)'0' and <= (byte)'9')
            _position++;
        return _position - start;
    }

    private void SkipSpace()
    {
        while (_position < _text.Length && _text[_position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            _position++;
    }

    private bool Fail(string error)
    {
        Error ??= error;
        return false;
    }
}
