using System.Buffers;
using Envoy.Buffers;

namespace Envoy.Filters.Http.GrpcJsonTranscoder.Json;

/// <summary>
/// Finds the elements of a JSON array that comes in pieces, so that each can be converted as soon as it is whole. What an element holds is for
/// its reader to judge; here only strings and brackets count. Used again for stream after stream. Worker-owned.
/// </summary>
/// <remarks>
/// <code>
/// BeforeArray ─[─► BeforeElement ─► InElement ─► AfterElement ─]─► Done
///                        ▲  └──────────]──────────────│──────────────▲
///                        └────────────────,───────────┘
/// </code>
/// </remarks>
internal sealed class JsonArraySplitter
{
    private static readonly SearchValues<byte> EndsPlain = SearchValues.Create("\"\\"u8);

    private readonly ByteSink _element = new();
    private Phase _phase;
    private int _depth;
    private bool _inString;
    private bool _escaped;

    private enum Phase : byte
    {
        BeforeArray,
        BeforeElement,
        InElement,
        AfterElement,
        Done,
    }

    /// <summary>What is wrong; null: nothing so far.</summary>
    public string? Error { get; private set; }

    /// <summary>The element that <see cref="TryNext"/> has found; otherwise what there is of it.</summary>
    public ReadOnlySpan<byte> Element => _element.Written;

    /// <summary>How many bytes are kept.</summary>
    public int Length => _element.Length;

    public void Clear()
    {
        _element.Clear();
        _phase = Phase.BeforeArray;
        _depth = 0;
        _inString = _escaped = false;
        Error = null;
    }

    /// <summary>Goes on to the end of the next element; false: the bytes are used up, or something is wrong.</summary>
    public bool TryNext(ReadOnlySpan<byte> bytes, ref int position)
    {
        while (Error is null && position < bytes.Length)
        {
            var b = bytes[position];
            if (_phase != Phase.InElement && b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                position++;
                continue;
            }

            switch (_phase)
            {
                case Phase.BeforeArray:
                    position++;
                    if (b == '[')
                        _phase = Phase.BeforeElement;
                    else
                        Error = b == '{' ? "Expected an array instead of an object" : "Expected an array instead of a scalar value.";
                    break;
                case Phase.BeforeElement:
                    // A comma before the closing bracket is taken.
                    if (b == ']')
                        position++;
                    else if (b is (byte)',' or (byte)'}' or (byte)':')
                        Error = "Unexpected token.";
                    else
                        _element.Clear();
                    _phase = b == ']' ? Phase.Done : Phase.InElement;
                    break;
                case Phase.InElement:
                    if (Scan(bytes, ref position))
                    {
                        _phase = Phase.AfterElement;
                        return true;
                    }

                    break;
                case Phase.AfterElement:
                    _element.Clear();
                    position++;
                    if (b == ',')
                        _phase = Phase.BeforeElement;
                    else if (b == ']')
                        _phase = Phase.Done;
                    else
                        Error = "Expected , or ] after array value.";
                    break;
                default:
                    Error = "Parsing terminated before end of input.";
                    break;
            }
        }

        return false;
    }

    /// <summary>There will be no more; whether the array is whole.</summary>
    public bool TryEnd()
    {
        if (_phase == Phase.BeforeArray)
            Error ??= "Expected an array instead of an object";
        else if (_phase != Phase.Done)
            Error ??= "Unexpected end of string. Expected , or ] after array value.";
        return Error is null;
    }

    // Goes on in an element; true: it is whole.
    private bool Scan(ReadOnlySpan<byte> bytes, ref int position)
    {
        var start = position;
        while (position < bytes.Length)
        {
            if (_inString)
            {
                if (_escaped)
                {
                    _escaped = false;
                    position++;
                    continue;
                }

                var plain = bytes[position..].IndexOfAny(EndsPlain);
                if (plain < 0)
                {
                    position = bytes.Length;
                    break;
                }

                position += plain + 1;
                _escaped = bytes[position - 1] == '\\';
                _inString = _escaped;
                if (!_inString && _depth == 0)
                    return Keep(bytes[start..position]);
                continue;
            }

            switch (bytes[position])
            {
                case (byte)'"':
                    _inString = true;
                    break;
                case (byte)'{' or (byte)'[':
                    if (++_depth > JsonReader.MostDepth)
                        Error = "Message too deep. Max recursion depth reached.";
                    break;
                case (byte)'}' or (byte)']' when _depth > 0:
                    if (--_depth == 0)
                    {
                        position++;
                        return Keep(bytes[start..position]);
                    }

                    break;
                case (byte)']' or (byte)',' when _depth == 0:
                    // A number or word ends where the next thing begins.
                    return Keep(bytes[start..position]);
                default:
                    break;
            }

            if (Error is not null)
                return false;
            position++;
        }

        _element.Append(bytes[start..position]);
        return false;
    }

    private bool Keep(ReadOnlySpan<byte> bytes)
    {
        _element.Append(bytes);
        return true;
    }
}
