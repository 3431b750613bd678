using System.Text;
using System.Text.Json;
using Envoy.Extensions;

namespace Envoy.Config.Documents;

/// <summary>JSON text → <see cref="ConfigNode"/>. Used by one thread.</summary>
internal sealed class JsonDocumentReader
{
    private readonly byte[] _text;
    private readonly string _file;
    private readonly ConfigReadContext _context;
    private int _nodes;

    // Where the line and column of the last asked offset were, so that asking for rising offsets costs one pass over the text.
    private int _offset;
    private int _line = 1;
    private int _column = 1;

    private JsonDocumentReader(byte[] text, string file, ConfigReadContext context)
    {
        _text = text;
        _file = file;
        _context = context;
    }

    /// <summary>Reads one JSON value; the error when the text is not JSON, of which the context has not been told.</summary>
    public static ConfigError? TryRead(string text, string file, ConfigReadContext context, out ConfigNode? node)
    {
        var bytes = Encoding.UTF8.GetBytes(text.TrimStart('\uFEFF'));
        var inner = new ConfigReadContext(context.Extensions);
        var reader = new JsonDocumentReader(bytes, file, inner);
        try
        {
            var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = DocumentReader.MostDepth });
            _ = json.Read();
            node = reader.ReadValue(ref json);
            _ = json.Read();
        }
        catch (JsonException e)
        {
            node = null;

            // The exception's own words end with the position, which is ours to tell.
            var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            return new ConfigError(
                file, (int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1, "", "is not JSON: " + (end < 0 ? e.Message : e.Message[..end]).TrimEnd('.'), "");
        }
        catch (InvalidOperationException)
        {
            // A string with half of a surrogate pair.
            node = null;
            return new ConfigError(file, reader._line, reader._column, "", "is not JSON: a string holds half of a surrogate pair", "");
        }

        foreach (var error in inner.Errors)
            context.Add(error);
        return null;
    }

    private ConfigNode ReadValue(ref Utf8JsonReader json)
    {
        var (line, column) = PositionOf((int)json.TokenStartIndex);
        if (++_nodes > DocumentReader.MostNodes)
            throw new JsonException($"more than {DocumentReader.MostNodes} values", null, line - 1, column - 1);
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<ConfigEntry>();
                var keys = new HashSet<string>(StringComparer.Ordinal);
                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                {
                    var (keyLine, keyColumn) = PositionOf((int)json.TokenStartIndex);
                    var key = json.GetString()!;
                    _ = json.Read();
                    DocumentReader.Add(entries, keys, new ConfigEntry(key, keyLine, keyColumn, ReadValue(ref json)), _file, _context);
                }

                return ConfigNode.Mapping(entries.ToArray(), _file, line, column);
            case JsonTokenType.StartArray:
                var items = new List<ConfigNode>();
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                    items.Add(ReadValue(ref json));
                return ConfigNode.List(items.ToArray(), _file, line, column);
            case JsonTokenType.Null:
                return ConfigNode.Null(_file, line, column);
            case JsonTokenType.String:
                return ConfigNode.Scalar(json.GetString()!, isQuoted: true, _file, line, column);
            default:
                return ConfigNode.Scalar(Encoding.UTF8.GetString(json.ValueSpan), isQuoted: false, _file, line, column);
        }
    }

    private (int Line, int Column) PositionOf(int offset)
    {
        for (; _offset < offset; _offset++)
        {
            var b = _text[_offset];
            if (b == '\n')
            {
                _line++;
                _column = 1;
            }
            else if (b is < 0x80 or >= 0xC0)
            {
                // Columns are UTF-16 units: a lead byte of four bytes stands for two of them, continuation bytes for none.
                _column += b >= 0xF0 ? 2 : 1;
            }
        }

        return (_line, _column);
    }
}
