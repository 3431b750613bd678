using Envoy.Extensions;

namespace Envoy.Config.Documents;

/// <summary>
/// Text → <see cref="ConfigNode"/>. Text that begins like JSON is read as JSON first, since YAML's own rules refuse some of it (tabs, long
/// keys); what is not JSON is YAML. Thread-safe.
/// </summary>
internal static class DocumentReader
{
    /// <summary>Nesting allowed; protobuf's own limit for messages.</summary>
    public const int MostDepth = 100;

    /// <summary>Nodes allowed, each use of an alias counted in full. Some hundred thousand endpoints fit; an alias bomb does not.</summary>
    public const int MostNodes = 5_000_000;

    /// <summary>Reads one document; null, with errors reported, when it is none.</summary>
    public static ConfigNode? Read(string text, string file, ConfigReadContext context)
    {
        var start = text.AsSpan().TrimStart(" \t\r\n\uFEFF");
        if (start.Length > 0 && start[0] is '{' or '[')
        {
            var error = JsonDocumentReader.TryRead(text, file, context, out var node);
            if (error is null)
                return node;

            // Flow-style YAML looks like JSON too: YAML has the last word, unless the name says what it is.
            if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            {
                context.Add(error);
                return null;
            }
        }

        return YamlDocumentReader.Read(text, file, context);
    }

    /// <summary>Adds an entry, or reports that its key is there already.</summary>
    public static void Add(List<ConfigEntry> entries, HashSet<string> keys, ConfigEntry entry, string file, ConfigReadContext context)
    {
        if (keys.Add(entry.Key))
        {
            entries.Add(entry);
            return;
        }

        var first = entries.Find(e => e.Key == entry.Key);
        context.Add(new ConfigError(file, entry.Line, entry.Column, "", $"the key '{entry.Key}' is there twice", first is null ? "" : $"first in line {first.Line}"));
    }
}
