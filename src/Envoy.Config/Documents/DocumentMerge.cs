using Envoy.Extensions;

namespace Envoy.Config.Documents;

/// <summary>
/// One document over another, by protobuf's rules for merging messages: mappings are merged field by field, lists are joined, and a scalar
/// of the second replaces the first's. Thread-safe.
/// </summary>
internal static class DocumentMerge
{
    // Lists for which one mapping may stand: two of them are two items, not one item in two parts.
    private static readonly string[] Lists = ["listeners", "clusters"];

    public static ConfigNode Merge(ConfigNode first, ConfigNode second) => (first.Kind, second.Kind) switch
    {
        (ConfigNodeKind.Mapping, ConfigNodeKind.Mapping) => MergeMappings(first, second),
        (ConfigNodeKind.List, ConfigNodeKind.List) => Join(first, second),

        // An empty document, or a field without a value, says nothing.
        (_, ConfigNodeKind.Null) => first,
        _ => second,
    };

    private static ConfigNode MergeMappings(ConfigNode first, ConfigNode second)
    {
        var entries = new List<ConfigEntry>(first.Entries);
        foreach (var entry in second.Entries)
        {
            var index = entries.FindIndex(e => string.Equals(e.Key, entry.Key, StringComparison.Ordinal));
            if (index < 0)
                entries.Add(entry);
            else if (Array.IndexOf(Lists, entry.Key) >= 0)
                entries[index] = entries[index] with { Value = Join(entries[index].Value, entry.Value) };
            else
                entries[index] = entries[index] with { Value = Merge(entries[index].Value, entry.Value) };
        }

        return ConfigNode.Mapping([.. entries], first.File, first.Line, first.Column);
    }

    private static ConfigNode Join(ConfigNode first, ConfigNode second) =>
        ConfigNode.List([.. Items(first), .. Items(second)], first.File, first.Line, first.Column);

    private static IReadOnlyList<ConfigNode> Items(ConfigNode node) => node.Kind switch
    {
        ConfigNodeKind.List => node.Items,
        ConfigNodeKind.Null => [],
        _ => [node],
    };
}
