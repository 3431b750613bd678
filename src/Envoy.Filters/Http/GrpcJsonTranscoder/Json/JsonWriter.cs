using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Envoy.Buffers;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>
/// Writes JSON text. What breaks a page or a line when JSON is put into one (angle brackets, U+2028) is escaped; bytes that are no UTF-8
/// become U+FFFD. Worker-owned.
/// </summary>
internal sealed class JsonWriter(ByteSink sink)
{
    private static readonly SearchValues<byte> NeedsEscape = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\', (byte)'<', (byte)'>', 0x7f, .. Enumerable.Range(128, 128).Select(i => (byte)i)]);

    private readonly bool[] _hasMembers = new bool[256];
    private int _depth;
    private bool _named;

    /// <summary>Line breaks, and a space an indent and level.</summary>
    public bool Indents { get; set; }

    public int Depth => _depth;

    public void Reset()
    {
        _depth = 0;
        _named = false;
        _hasMembers[0] = false;
    }

    public void StartObject() => Start((byte)'{');

    public void EndObject() => End((byte)'}');

    public void StartArray() => Start((byte)'[');

    public void EndArray() => End((byte)']');

    /// <summary>A member's name, quoted and escaped already.</summary>
    public void Key(ReadOnlySpan<byte> quoted)
    {
        Separate();
        sink.Append(quoted);
        Colon();
    }

    /// <summary>A member's name that is data, such as a map's key.</summary>
    public void KeyText(ReadOnlySpan<byte> name)
    {
        Separate();
        WriteString(sink, name);
        Colon();
    }

    public void String(ReadOnlySpan<byte> value)
    {
        Separate();
        WriteString(sink, value);
    }

    /// <summary>A number or word that is JSON as it is.</summary>
    public void Raw(ReadOnlySpan<byte> value)
    {
        Separate();
        sink.Append(value);
    }

    /// <summary>Text of ours between quotes.</summary>
    public void Quoted(ReadOnlySpan<byte> plain)
    {
        Separate();
        sink.Append((byte)'"');
        sink.Append(plain);
        sink.Append((byte)'"');
    }

    public void Number(long value)
    {
        Separate();
        sink.Append(value);
    }

    public void Number(double value)
    {
        if (!double.IsFinite(value))
        {
            Quoted(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);
            return;
        }

        Separate();
        _ = value.TryFormat(sink.GetSpan(32), out var written, default, CultureInfo.InvariantCulture);
        sink.Advance(written);
    }

    public void Number(float value)
    {
        if (!float.IsFinite(value))
        {
            Number((double)value);
            return;
        }

        Separate();
        _ = value.TryFormat(sink.GetSpan(32), out var written, default, CultureInfo.InvariantCulture);
        sink.Advance(written);
    }

    public void Base64(ReadOnlySpan<byte> bytes)
    {
        Separate();
        sink.Append((byte)'"');
        _ = System.Buffers.Text.Base64.EncodeToUtf8(bytes, sink.GetSpan(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        sink.Advance(written);
        sink.Append((byte)'"');
    }

    public static void WriteString(ByteSink sink, ReadOnlySpan<byte> value)
    {
        sink.Append((byte)'"');
        while (true)
        {
            var plain = value.IndexOfAny(NeedsEscape);
            if (plain < 0)
                break;
            sink.Append(value[..plain]);
            value = value[plain..];
            var step = 1;
            if (value[0] < 0x80)
                Escape(sink, value[0]);
            else
                step = WriteRune(sink, value);
            value = value[step..];
        }

        sink.Append(value);
        sink.Append((byte)'"');
    }

    private static int WriteRune(ByteSink sink, ReadOnlySpan<byte> value)
    {
        var isValid = Rune.DecodeFromUtf8(value, out var rune, out var length) == OperationStatus.Done;
        if (!isValid)
            sink.Append("\ufffd"u8);
        else if (rune.Value is 0x2028 or 0x2029)
            sink.Append(rune.Value == 0x2028 ? "\\u2028"u8 : "\\u2029"u8);
        else
            sink.Append(value[..length]);
        return length;
    }

    private static void Escape(ByteSink sink, byte b)
    {
        sink.Append((byte)'\\');
        var letter = b switch
        {
            (byte)'\b' => (byte)'b',
            (byte)'\t' => (byte)'t',
            (byte)'\n' => (byte)'n',
            (byte)'\f' => (byte)'f',
            (byte)'\r' => (byte)'r',
            (byte)'"' or (byte)'\\' => b,
            _ => (byte)'u',
        };
        sink.Append(letter);
        if (letter != (byte)'u')
            return;
        sink.Append("00"u8);
        _ = Utf8Formatter.TryFormat(b, sink.GetSpan(2), out var written, new StandardFormat('x', 2));
        sink.Advance(written);
    }

    private void Start(byte bracket)
    {
        Separate();
        sink.Append(bracket);
        _hasMembers[++_depth] = false;
    }

    private void End(byte bracket)
    {
        var hadMembers = _hasMembers[_depth--];
        if (hadMembers)
            NewLine();
        sink.Append(bracket);
        if (_depth == 0 && Indents)
            sink.Append((byte)'\n');
    }

    private void Colon()
    {
        sink.Append((byte)':');
        if (Indents)
            sink.Append((byte)' ');
        _named = true;
    }

    // Before a value or a name: a comma where something was before it, but not between a name and its value.
    private void Separate()
    {
        if (_named)
        {
            _named = false;
            return;
        }

        if (_depth == 0)
            return;
        if (_hasMembers[_depth])
            sink.Append((byte)',');
        _hasMembers[_depth] = true;
        NewLine();
    }

    private void NewLine()
    {
        if (!Indents)
            return;
        sink.Append((byte)'\n');
        for (var i = 0; i < _depth; i++)
            sink.Append((byte)' ');
    }
}
