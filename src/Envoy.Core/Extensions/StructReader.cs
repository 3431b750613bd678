namespace Envoy.Extensions;

/// <summary>
/// Reads <c>google.protobuf.Struct</c> and what is made of it. A scalar without quotes is what it looks like to Envoy's YAML loader: a truth value, a
/// number, or else a text. Thread-safe.
/// </summary>
internal static class StructReader
{
    // What a double holds exactly; Envoy takes greater numbers as texts.
    private const double MostExact = 9007199254740991;

    /// <summary>Reads <c>core.v3.Metadata.filter_metadata</c>.</summary>
    public static bool TryReadFilterMetadata(ConfigNode node, ConfigReadContext context, out MetadataConfig value)
    {
        value = MetadataConfig.Empty;
        if (!TryReadMapping(node, context, out var filters))
            return false;
        foreach (var entry in node.Entries)
        {
            if (entry.Value.Kind != ConfigNodeKind.Mapping)
                return ConfigValues.Wrong(entry.Value, context, "a mapping (Struct)");
        }

        value = new MetadataConfig { Filters = filters };
        return true;
    }

    /// <summary>Reads a mapping.</summary>
    public static bool TryReadMapping(ConfigNode node, ConfigReadContext context, out StructValue value)
    {
        value = StructValue.EmptyMapping;
        if (node.Kind != ConfigNodeKind.Mapping)
            return ConfigValues.Wrong(node, context, "a mapping (Struct)");
        value = Read(node);
        return true;
    }

    private static StructValue Read(ConfigNode node) => node.Kind switch
    {
        ConfigNodeKind.Null => StructValue.Null,
        ConfigNodeKind.List => StructValue.ListOf(node.Items.Select(Read)),
        ConfigNodeKind.Mapping => StructValue.MappingOf(node.Entries.Select(e => new StructField(e.Key, Read(e.Value)))),
        _ => node.IsQuoted ? StructValue.Of(node.Value) : ReadPlain(node),
    };

    private static StructValue ReadPlain(ConfigNode node)
    {
        switch (node.Value.Length <= 5 ? node.Value.ToLowerInvariant() : "")
        {
            case "true" or "yes" or "on" or "y":
                return StructValue.Of(true);
            case "false" or "no" or "off" or "n":
                return StructValue.Of(false);
            default:
                return ConfigValues.TryNumber(node, out var number) && Math.Abs(number) <= MostExact ? StructValue.Of(number) : StructValue.Of(node.Value);
        }
    }
}
