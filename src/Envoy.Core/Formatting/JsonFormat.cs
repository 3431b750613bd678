using System.Text;
using System.Text.Json;
using Envoy.Buffers;

namespace Envoy.Formatting;

/// <summary>
/// A JSON object whose strings hold operators, compiled: text between values that are filled in. Keys are sorted, as Envoy sorts them.
/// Immutable.
/// </summary>
internal sealed class JsonFormat
{
    private readonly Part[] _parts;

    private JsonFormat(Part[] parts) => _parts = parts;

    /// <summary>Compiles a JSON object; null, and why, when it or an operator in it is wrong.</summary>
    public static JsonFormat? TryCompile(string json, bool omitEmpty, out string error)
    {
        error = "";
        try
        {
            using var document = JsonDocument.Parse(json);
            var parts = new List<Part>();
            var text = new StringBuilder();
            if (!Add(document.RootElement, omitEmpty, parts, text, ref error))
                return null;
            Flush(parts, text);
            return new JsonFormat([.. parts]);
        }
        catch (JsonException e)
        {
            error = "is not JSON: " + e.Message;
            return null;
        }
        catch (InvalidOperationException e)
        {
            // Half a surrogate pair, written as \uD800, is JSON's grammar and no text.
            error = "is not text: " + e.Message;
            return null;
        }
    }

    /// <summary>Appends the object and a line feed.</summary>
    public void Write(FormatContext context, ByteSink output)
    {
        foreach (ref readonly var part in _parts.AsSpan())
        {
            if (part.Format is not { } format)
                output.Append(part.Text);
            else if (format.Lone is { } lone)
                WriteLone(lone, context, output);
            else
                WriteString(format, context, output);
        }

        output.Append((byte)'\n');
    }

    private static void WriteLone(FormatOperator lone, FormatContext context, ByteSink output)
    {
        var start = output.Length;
        if (lone.Kind == FormatKind.Text)
            output.Append((byte)'"');
        if (lone.Write(context, output))
        {
            if (lone.Kind == FormatKind.Text)
                Close(output, start + 1);
            return;
        }

        output.Truncate(start);
        output.Append("null"u8);
    }

    private static void WriteString(SubstitutionFormat format, FormatContext context, ByteSink output)
    {
        output.Append((byte)'"');
        var start = output.Length;
        format.Write(context, output);
        Close(output, start);
    }

    /// <summary>Ends a string that begins at a place: what JSON does not take as it is, is escaped.</summary>
    private static void Close(ByteSink output, int start)
    {
        var raw = output.Written[start..];
        if (NeedsEscape(raw))
        {
            var escaped = JsonEncodedText.Encode(Encoding.UTF8.GetString(raw), System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
            output.Truncate(start);
            output.Append(escaped.EncodedUtf8Bytes);
        }

        output.Append((byte)'"');
    }

    private static bool NeedsEscape(ReadOnlySpan<byte> text) =>
        text.IndexOfAny((byte)'"', (byte)'\\') >= 0 || text.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7e) >= 0;

    private static bool Add(JsonElement value, bool omitEmpty, List<Part> parts, StringBuilder text, ref string error)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                var first = true;
                foreach (var property in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    if (!first)
                        text.Append(',');
                    first = false;
                    text.Append('"').Append(JsonEncodedText.Encode(property.Name)).Append("\":");
                    if (!Add(property.Value, omitEmpty, parts, text, ref error))
                        return false;
                }

                text.Append('}');
                return true;
            case JsonValueKind.Array:
                text.Append('[');
                for (var i = 0; i < value.GetArrayLength(); i++)
                {
                    if (i > 0)
                        text.Append(',');
                    if (!Add(value[i], omitEmpty, parts, text, ref error))
                        return false;
                }

                text.Append(']');
                return true;
            case JsonValueKind.String when value.GetString()!.Contains('%', StringComparison.Ordinal):
                var format = SubstitutionFormat.TryCompile(value.GetString()!, omitEmpty, out error);
                if (format is null)
                    return false;
                Flush(parts, text);
                parts.Add(new Part([], format));
                return true;
            default:
                text.Append(value.GetRawText());
                return true;
        }
    }

    private static void Flush(List<Part> parts, StringBuilder text)
    {
        if (text.Length == 0)
            return;
        parts.Add(new Part(Encoding.UTF8.GetBytes(text.ToString()), null));
        text.Clear();
    }

    private readonly record struct Part(byte[] Text, SubstitutionFormat? Format);
}
