using System.Text;

namespace Envoy.Extensions;

/// <summary>
/// Reads <c>core.v3.DataSource</c> into the bytes it stands for; a file is read at load, as in Envoy, so that a missing one is an error
/// with a line. Thread-safe.
/// </summary>
internal static class DataSourceReader
{
    /// <summary>A file larger than this is surely not meant to be a canned answer.</summary>
    private const int MostFileBytes = 16 * 1024 * 1024;

    private static readonly FieldTable<Draft> Fields = new FieldTable<Draft>("envoy.config.core.v3.DataSource", new Draft([]))
        .Add("filename", ReadFile)
        .Add("inline_bytes", ConfigValues.ReadBytes)
        .Add("inline_string", ReadText)
        .NotYet("environment_variable", "watched_directory")
        .OneOf(required: true, "filename", "inline_bytes", "inline_string", "environment_variable");

    public static bool TryRead(ConfigNode node, ConfigReadContext context, out ValueList<byte> value)
    {
        value = Fields.Read(node, context).Bytes;
        return node.Kind == ConfigNodeKind.Mapping;
    }

    private static FieldTable<Draft> Add(this FieldTable<Draft> table, string name, ConfigValueReader<ValueList<byte>> read) =>
        table.Add(new ConfigField(name, name == "inline_bytes" ? "bytes" : "string", FieldSupport.Supported), d => d.Bytes, (_, v) => new Draft(v), read);

    private static bool ReadText(ConfigNode node, ConfigReadContext context, out ValueList<byte> value)
    {
        var right = ConfigValues.ReadString(node, context, out var text);
        value = ValueList.Create<byte>(Encoding.UTF8.GetBytes(text));
        return right;
    }

    private static bool ReadFile(ConfigNode node, ConfigReadContext context, out ValueList<byte> value)
    {
        value = [];
        if (!FieldKinds.ReadNonEmpty(node, context, out var path))
            return false;
        try
        {
            // A length of zero is an empty file, or a device or a FIFO, which must not be opened: they may never end.
            var file = new FileInfo(path);
            if (!file.Exists)
                context.Error(node, $"there is no file '{path}'");
            else if (file.Length > MostFileBytes)
                context.Error(node, $"'{path}' is larger than {MostFileBytes} bytes");
            else if (file.Length > 0)
                value = ValueList.Create<byte>(File.ReadAllBytes(path));
            return file.Exists;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            context.Error(node, $"'{path}' cannot be read: {e.Message}");
            return false;
        }
    }

    private sealed record Draft(ValueList<byte> Bytes);
}
